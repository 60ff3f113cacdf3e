import ZooFormats
import ZooRuntime
import ZooTypes

extension ModelReport {
  /// The report as JSON.
  ///
  /// Shapes of layers are those for the lengths in `axes`.
  var json: JSON {
    .object([
      ("name", .text(model.name)), ("type", .text("model")), ("title", .text(model.title)), ("about", .text(model.about)),
      ("reference", .text(model.reference)), ("licence", .text(model.licence)), ("tags", .array(model.tags.map { .text($0) })),
      ("path", .text(path)), ("settings", JSON(.object(model.settings))),
      ("axes", .object(lengths.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
      ("graph", .text(entry.name)), ("graphs", .array(model.graphs.map(describe))),
      ("inputs", .array(entry.graph.inputs.map(describe))),
      ("outputs", .array(zip(entry.graph.outputs, summary.outputs).map(describe))),
      ("layers", .array(summary.layers.map(describe))),
      ("parameters", .array(summary.parameters.map(describe))),
      (
        "totals",
        .object([
          ("parameters", .integer(summary.trainableCount)), ("buffers", .integer(summary.bufferCount)),
          ("weight_bytes", .integer(summary.parameterBytes)), ("packed_bytes", .integer(summary.program.packedBytes)),
          ("activation_bytes", .integer(summary.program.arenaBytes)), ("activation_bytes_least", .integer(summary.program.peakBytes)),
          ("flops", .number(summary.flops)),
        ])
      ),
      ("training", model.training.map(describe) ?? nil),
    ])
  }

  private func describe(_ entry: EntryPoint) -> JSON {
    .object([
      ("name", .text(entry.name)), ("about", .text(entry.about)), ("inputs", .array(entry.graph.inputs.map { .text($0.name) })),
      ("outputs", .array(entry.graph.outputs.map { .text($0.name) })),
    ])
  }

  private func describe(_ input: GraphInput) -> JSON {
    let shape = input.shape.map { dimension -> JSON in
      switch dimension {
      case .fixed(let length): .integer(length)
      case .named(let name): .text(name)
      }
    }
    return .object([
      ("name", .text(input.name)), ("dtype", .text("\(input.dtype)")), ("shape", .array(shape)),
      ("codec", input.codec.map { .text($0.codec.name) } ?? nil), ("sample", input.sample.map { .text($0) } ?? nil),
      ("about", .text(input.about)),
    ])
  }

  private func describe(_ output: GraphOutput, _ spec: Spec) -> JSON {
    .object([
      ("name", .text(output.name)), ("dtype", .text("\(spec.dtype)")), ("shape", shape(spec)),
      ("codec", output.codec.map { .text($0.codec.name) } ?? nil), ("about", .text(output.about)),
    ])
  }

  private func describe(_ layer: ModelSummary.Layer) -> JSON {
    let outputs = layer.outputs.map { spec -> JSON in .object([("dtype", .text("\(spec.dtype)")), ("shape", shape(spec))]) }
    var members: [(name: String, value: JSON)] = [
      ("path", .text(layer.path)), ("kind", .text(layer.kind)), ("outputs", .array(outputs)),
      ("parameters", .integer(layer.parameterCount)), ("shared", .boolean(layer.isShared)), ("flops", .number(layer.flops)),
    ]
    if !layer.layers.isEmpty { members.append(("layers", .array(layer.layers.map(describe)))) }
    return .object(members)
  }

  private func describe(_ parameter: ModelSummary.Parameter) -> JSON {
    .object([
      ("path", .text(parameter.path)), ("dtype", .text("\(parameter.spec.dtype)")), ("shape", shape(parameter.spec)),
      ("trainable", .boolean(parameter.isTrainable)),
    ])
  }

  private func describe(_ training: TrainingSection) -> JSON {
    let steps = training.steps.map { step -> JSON in
      .object([
        ("minimize", .text(step.name)), ("update", .array(step.updated.map { .text($0) })), ("optimizer", .text(step.optimizer.kind.name)),
        ("rate", .number(step.optimizer.rate)),
      ])
    }
    return .object([
      ("data", .array(training.files.map { .text($0) })), ("epochs", .integer(training.epochs)), ("batch", .integer(training.batch)),
      ("shuffle", .boolean(training.isShuffled)), ("seed", .integer(training.seed)), ("steps", .array(steps)),
      ("metrics", .array(training.metrics.map { .text($0.name) })),
    ])
  }

  private func shape(_ spec: Spec) -> JSON { .array(spec.shape.map { .integer($0) }) }
}
