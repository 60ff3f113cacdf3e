import CZoo
import ZooRuntime
import ZooTypes

let abuseChecks: [Check] = [
  .kind("nan-survives", "NaN among the inputs gives NaN or an error, and never a crash") { context in
    try context.each { kind, example in
      for isTraining in example.modes {
        let trial = try context.trial(example, Trial.Manner(isTraining: isTraining))
        var isPoisoned = false
        for (i, tensor) in trial.inputs.enumerated() where trial.isDifferentiable(input: i) {
          tensor?.elements.update(repeating: .nan)
          isPoisoned = true
        }
        for tensor in trial.inputs.compactMap({ $0 }) where tensor.isFloat && !isPoisoned { tensor.elements.update(repeating: .nan) }
        do {
          try trial.forward()
          if isTraining, kind.isDifferentiable { _ = try trial.backward(from: trial.outputGradients()) }
        } catch let error as LayerFailure {
          try expectWords(error)
          continue
        }
        let outputs = try zip(trial.outputs, trial.outputGradients()).filter { $0.1 != nil && $0.0.spec.count > 0 }.map(\.0)
        guard isPoisoned, kind.isDifferentiable, !outputs.isEmpty, try depends(context, example, isTraining) else { continue }
        guard outputs.contains(where: { $0.elements.contains { $0.isNaN } }) else {
          throw CheckFailure("every number of its inputs is NaN, and none of its outputs'")
        }
      }
    }
  },
  .kind("shapes-refused", "wrong ranks, types and sizes, none and huge ones, get a status with words") { context in
    try context.each { kind, example in
      for i in example.inputs.indices {
        guard let form = example.inputs[i] else { continue }
        for spec in hostileSpecs(form.spec) {
          var hostile = example
          hostile.inputs[i]?.spec = spec
          try attempt(context, kind, hostile, "input \(i) of \(spec)")
        }
      }
      // Too few inputs, and too many, are the host's to refuse; but an optional one may always be absent.
      for i in example.inputs.indices where kind.inputs[min(i, kind.inputs.count - 1)].isOptional {
        var hostile = example
        hostile.inputs[i] = nil
        try attempt(context, kind, hostile, "without input \(i)")
      }
    }
  },
  .kind("attributes-refused", "values at and beyond any sense get a status with words") { context in
    try context.each { kind, example in
      for (i, attribute) in kind.attributes.enumerated() {
        for value in hostileValues(attribute) {
          var attributes = example.attributes
          attributes[i] = value
          let hostile = CheckedCase(attributes: attributes, inputs: example.inputs, words: example.words)
          try attempt(context, kind, hostile, "\(attribute.name) \(String(value.words.prefix(60)))")
        }
      }
    }
  },
]

/// Whether other inputs and parameters give other outputs.
private func depends(_ context: CheckContext, _ example: CheckedCase, _ isTraining: Bool) throws -> Bool {
  let trials = try [1, 2].map { seed in
    let trial = try context.trial(example, Trial.Manner(isTraining: isTraining, seed: seed))
    try trial.forward()
    return trial
  }
  return trials[0].results != trials[1].results
}

/// Plans it, and runs it where that is accepted and small; a refusal must say why.
private func attempt(_ context: CheckContext, _ kind: KindInfo, _ example: CheckedCase, _ what: String) throws {
  context.progress.enter("plan", what)
  for isTraining in [false, true] {
    do {
      let layer = try context.planner().plan(example, isTraining: isTraining).0
      let specs = example.inputs.compactMap { $0?.spec } + layer.outputs + layer.saved + layer.parameters.map(\.spec)
      let sizes =
        specs.map(\.byteCount) + [layer.plan.scratch_forward, layer.plan.scratch_backward, layer.plan.packed_bytes].map { Int($0) }
      guard sizes.allSatisfy({ $0 < 1 << 22 }) else { continue }
      let trial = try context.trial(
        CheckedCase(attributes: example.attributes, inputs: example.inputs, words: what), Trial.Manner(isTraining: isTraining))
      try trial.forward()
      if isTraining, kind.isDifferentiable { _ = try trial.backward(from: trial.outputGradients()) }
    } catch let error as LayerFailure {
      do {
        try expectWords(error)
      } catch let failure as CheckFailure {
        throw CheckFailure("\(what): \(failure.words)")
      }
    }
  }
}

private func expectWords(_ error: LayerFailure) throws {
  guard !error.words.isEmpty else { throw CheckFailure("it is refused with status \(error.status), but without words") }
  guard error.status != Int32(ZOO_INTERNAL) else { throw CheckFailure("it is refused as the family's own mistake: \(error.words)") }
}

private func hostileSpecs(_ spec: Spec) -> [Spec] {
  var specs = (0...8).filter { $0 != spec.rank }.map { Spec(Array(repeating: 2, count: $0), spec.dtype) }
  specs += [.f32, .f64, .f16, .bf16, .i8, .i32, .i64, .u8, .u32, .bool].filter { $0 != spec.dtype }.map { Spec(spec.shape, $0) }
  for axis in spec.shape.indices {
    for length in [0, 1, spec.shape[axis] + 1, 1 << 31, 1 << 40, Int.max / 8] {
      var other = spec
      other.shape[axis] = length
      specs.append(other)
    }
  }
  if spec.rank > 0 { specs.append(Spec(spec.shape.map { _ in 1 << 40 }, spec.dtype)) }
  return specs.filter(\.isPlannable)
}

private func hostileValues(_ attribute: AttributeInfo) -> [AttributeLiteral] {
  let bounds = attribute.range.map { [$0.lowerBound, $0.upperBound] }
  let integers = bounds.map { $0.compactMap { Int(exactly: $0.rounded()) } } ?? [.min, -1, 0, 1, .max]
  let reals = bounds ?? [-.greatestFiniteMagnitude, -1, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
  switch attribute.type {
  case .boolean: return [.boolean(false), .boolean(true)]
  case .integer: return integers.map { .integer($0) }
  case .real: return reals.map { .real($0) }
  case .text:
    if !attribute.choices.isEmpty { return attribute.choices.map { .text($0) } }
    return ["", "\u{0}", "->", String(repeating: "a", count: 10_000), "∞🦓", "a,b->ab,c->", "%s%n"].map { .text($0) }
  case .integers:
    let lists = [[]] + integers.flatMap { [[$0], [$0, $0], Array(repeating: $0, count: 9)] } + [Array(repeating: 1, count: 10_000)]
    return lists.map { .integers($0) } + attribute.choices.map { .text($0) }
  case .reals:
    let lists = [[]] + reals.flatMap { [[$0], [$0, $0], Array(repeating: $0, count: 9)] }
    return lists.map { .reals($0) } + attribute.choices.map { .text($0) }
  }
}
