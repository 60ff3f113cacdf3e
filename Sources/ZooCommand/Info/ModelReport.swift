import ZooFormats
import ZooRuntime
import ZooTypes

/// Everything about a model: what it is, its layers with shapes, its parameters, what it takes and gives, how it is trained.
struct ModelReport {
  let model: Model
  /// The graph that it is about.
  let entry: EntryPoint
  let path: String
  let lengths: [String: Int]
  let summary: ModelSummary
  let shapes: BatchShapes

  /// Plans one of the model's graphs for axes of these lengths.
  init(_ open: OpenModel, graph index: Int, lengths: [String: Int], fuse: Bool = true) throws {
    model = open.model
    entry = model.graphs[index]
    path = open.listing.path
    self.lengths = lengths
    summary = try ModelSummary(entry.graph, inputs: entry.graph.inputSpecs(lengths: lengths), fuse: fuse, foreign: open.foreign)
    shapes = BatchShapes(entry.graph, axis: entry.graph.batchAxis, lengths: lengths, summary: summary, foreign: open.foreign)
  }

  /// The report for people.
  func text(for terminal: Terminal) -> String {
    var head = [terminal.styled(model.title, .bold) + (model.title == model.name ? "" : " (\(model.name))")]
    for line in [model.about, model.reference] where !line.isEmpty { head += wrapped(line, width: terminal.width) }
    head.append(terminal.styled(path, .faint))
    if entry.name != model.graphs[0].name {
      head += wrapped("Graph '\(entry.name)'\(entry.about.isEmpty ? "" : ": \(entry.about)")", width: terminal.width)
    }
    var parts = [head.joined(separator: "\n"), layers.text(for: terminal), totals(width: terminal.width)]
    for table in [inputs, outputs, others, settings] where !table.isEmpty { parts.append(table.text(for: terminal)) }
    if let training = model.training { parts.append(wrapped(sentences(training), width: terminal.width).joined(separator: "\n")) }
    return parts.joined(separator: "\n\n")
  }

  private var layers: Table {
    var table = Table([.words("LAYER"), .words("KIND"), .words("OUTPUT"), .numbers("PARAMETERS")])
    func add(_ rows: [BatchShapes.Row], depth: Int) {
      for row in rows {
        // What a loop or condition has is counted where it is: in the layers inside.
        let (layer, isCounted) = (row.layer, row.layer.parameterCount > 0 && row.layer.layers.isEmpty)
        let count = !isCounted ? "" : layer.isShared ? "shared" : Quantity.count(layer.parameterCount)
        table.add([String(repeating: "  ", count: depth) + row.name, layer.kind, row.outputs.joined(separator: ", "), count])
        add(row.inside, depth: depth + 1)
      }
    }
    add(shapes.rows, depth: 0)
    return table
  }

  private func totals(width: Int) -> String {
    var sizes = [plural(summary.trainableCount, "parameter")]
    if summary.bufferCount > 0 { sizes.append("\(Quantity.count(summary.bufferCount)) numbers that are not trained") }
    if !summary.parameters.isEmpty { sizes.append("\(Quantity.bytes(summary.parameterBytes)) of weights") }
    let axes = lengths.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
    let program = summary.program
    let run = [
      summary.flops > 0 ? Quantity.operations(summary.flops) : nil, "\(Quantity.bytes(program.arenaBytes)) of activations",
    ].compactMap { $0 }.joined(separator: " and ")
    var text = "\(sizes.joined(separator: ", ")). A run\(axes.isEmpty ? "" : " with \(axes)") takes \(run) at its peak"
    if program.arenaBytes > program.peakBytes { text += " (\(Quantity.bytes(program.arenaBytes - program.peakBytes)) of them gaps)" }
    text += program.packedBytes > 0 ? ", and \(Quantity.bytes(program.packedBytes)) of packed weights." : "."
    return wrapped(text, width: width).joined(separator: "\n")
  }

  private var inputs: Table {
    var table = Table([.words("INPUT"), .words("TYPE"), .words("SHAPE"), .words("CODEC"), .words("WHAT")])
    for input in entry.graph.inputs {
      let sample = input.sample.map { "sample: \($0)" } ?? ""
      table.add([input.name, "\(input.dtype)", input.shapeText, input.codec?.codec.name ?? "", sentence(input.about, sample)])
    }
    return table
  }

  private var outputs: Table {
    var table = Table([.words("OUTPUT"), .words("TYPE"), .words("SHAPE"), .words("CODEC"), .words("WHAT")])
    for (i, output) in entry.graph.outputs.enumerated() {
      table.add([output.name, "\(summary.outputs[i].dtype)", shapes.text(ofOutput: i), output.codec?.codec.name ?? "", output.about])
    }
    return table
  }

  private var others: Table {
    var table = Table([.words("OTHER GRAPH"), .words("TAKES"), .words("GIVES"), .words("WHAT")])
    for other in model.graphs where other.name != entry.name {
      table.add([
        other.name, other.visibleInputs.joined(separator: ", "), other.visibleOutputs.joined(separator: ", "), other.about,
      ])
    }
    return table
  }

  private var settings: Table {
    var table = Table([.words("SETTING"), .words("VALUE")])
    for member in model.settings.members { table.add([member.name, member.value.text()]) }
    return table
  }

  private func sentences(_ training: TrainingSection) -> String {
    let files = training.files.joined(separator: ", ")
    let epochs = "\(plural(training.epochs, "epoch")) in batches of \(training.batch)\(training.isShuffled ? ", shuffled" : "")"
    let steps = training.steps.map { step in
      "'\(step.name)' by \(step.optimizer.kind.name) at \(step.optimizer.rate)"
        + (step.updated == ["*"] ? "" : ", updating \(step.updated.joined(separator: " "))")
    }
    var text = "Training\(files.isEmpty ? "" : " on \(files)"): \(epochs); minimizes \(steps.joined(separator: ", then "))."
    if let heldOut = training.data?.validation?.rowsText { text += " \(heldOut) held out." }
    if !training.metrics.isEmpty { text += " It reports \(training.metrics.map(\.name).joined(separator: ", "))." }
    return text
  }
}

extension TrainingSection {
  /// The files that it reads.
  var files: [String] {
    unique(
      ((data?.folder).map { [$0.text] } ?? [])
        + (data?.inputs ?? []).compactMap { feed in if case .file(let path, _) = feed.origin { path.text } else { nil } })
  }
}

extension RowSelection {
  /// The rows with their verb, as the beginning of a sentence.
  fileprivate var rowsText: String {
    switch self {
    case .range(let from, let to): "Rows \(Quantity.count(from)) to \(Quantity.count(to - 1)) are"
    case .share(let share): "\(Quantity.digits(share * 100)) % of the rows are"
    case .rest: "The other rows are"
    }
  }
}
