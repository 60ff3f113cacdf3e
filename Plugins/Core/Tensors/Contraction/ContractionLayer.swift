import ZooPlugin

/// A layer that is a contraction of its inputs, and whose gradients therefore are contractions too.
protocol ContractionLayer: DifferentiableLayer {
  /// What the plan found.
  var contractions: Contractions { get set }
}

/// A contraction and those that give its gradients.
struct Contractions {
  fileprivate var forward: Contraction?
  fileprivate var gradients: [Contraction] = []

  /// Not planned yet.
  init() {}

  /// The contraction of `inputs` whose axes have these labels; where a label has two lengths, one of them is 1.
  init(_ inputs: [(labels: [Int], shape: [Int])], output: (labels: [Int], shape: [Int]), training: Bool) throws(LayerError) {
    var lengths: [Int: Int] = [:]
    for input in inputs {
      for (label, length) in zip(input.labels, input.shape) where length != 1 { lengths[label] = length }
    }
    let operands = inputs.map { LabeledAxes($0.labels, shape: $0.shape) }
    let result = LabeledAxes(output.labels, shape: output.shape)
    forward = try Contraction(operands, into: result, count: output.shape.reduce(1, *), lengths: lengths)
    guard training else { return }
    for (i, input) in inputs.enumerated() {
      var others = operands
      others.remove(at: i)
      gradients.append(try Contraction([result] + others, into: operands[i], count: input.shape.reduce(1, *), lengths: lengths))
    }
  }

  /// The plan of a layer with this output.
  func plan(_ output: Spec) -> Plan {
    var plan = Plan(outputs: [output])
    plan.forwardScratch = forward?.scratchBytes ?? 0
    plan.backwardScratch = gradients.map(\.scratchBytes).max() ?? 0
    if gradients.count > 1 { plan.neededInputs = Set(gradients.indices) }
    plan.accumulates = true
    plan.flops = forward?.flops ?? 0
    return plan
  }
}

extension ContractionLayer {
  func forward(_ call: Call) throws(LayerError) {
    try contractions.forward?.run(call, { call.inputs[$0].floats }, into: call.outputs[0].floats, adding: false)
  }

  func backward(_ call: Call) throws(LayerError) {
    for (i, gradient) in contractions.gradients.enumerated() {
      guard let target = call.inputGradients.optional(i) else { continue }
      let adding = call.accumulatesInput(i)
      guard let dy = call.outputGradients.optional(0)?.floats else {
        call.clear(target, unlessAdding: adding)
        continue
      }
      // The operands are dy and then the other inputs.
      try gradient.run(call, { $0 == 0 ? dy : call.inputs[$0 <= i ? $0 - 1 : $0].floats }, into: target.floats, adding: adding)
    }
  }
}
