import CKernels
import ZooPlugin

let regularisations: [Kind] = [Kind(Dropout.self)]

/// Sets elements to 0 by chance, in training alone, and scales up the others so that the expected sum stays what it was.
///
///     y = kept x / (1 - probability), where kept is 0 with the probability and 1 otherwise
///
/// In inference `y = x`. The pattern depends on the run's seed, the layer's path and the step, not on the number of threads.
///
/// - Shapes: any; `y` has that of `x`.
/// - Reference: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
struct Dropout: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.dropout", "Sets elements to 0 by chance, in training alone, and scales up the others.",
      formula: "y = kept x / (1 - probability); in inference y = x",
      reference: "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting",
      attributes: [Attribute("probability", \.probability, in: 0...1, "Of each element to be dropped.")], bf16: .followed)
  }

  /// What happens to the elements of a planned layer.
  private enum Fate { case kept, drawn, dropped }

  var probability = 0.5
  private var fate = Fate.kept

  private var scale: Float { Float(1 / (1 - probability)) }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    fate = !request.isTraining || probability == 0 ? .kept : probability == 1 ? .dropped : .drawn
    var plan = Plan(outputs: [x])
    if fate == .drawn {
      // One byte for each element is less work than drawing them again. The output holds the random bits until it is
      // written, so it cannot share memory with the input.
      plan.saved = [Spec(x.shape, .u8)]
    } else {
      plan.aliases = [(output: 0, input: 0)]
      if fate == .kept { plan.nativeBF16 = .forward }
    }
    plan.isRowIndependent = fate != .drawn && x.rank > 0
    plan.accumulates = true
    plan.flops = fate == .drawn ? Double(x.count) : 0
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    if call.outputs[0].dtype == .bf16 {
      let (x, y) = (call.inputs[0].halves, call.outputs[0].halves)
      if x != y { try call.elements(call.outputs[0].count) { (y + $0.lowerBound).update(from: x + $0.lowerBound, count: $0.count) } }
      return
    }
    let (x, y, count) = (call.inputs[0].floats, call.outputs[0].floats, call.outputs[0].count)
    switch fate {
    case .kept:
      if x != y { try call.elements(count) { (y + $0.lowerBound).update(from: x + $0.lowerBound, count: $0.count) } }
    case .dropped:
      y.update(repeating: 0, count: count)
    case .drawn:
      let (kept, scale) = (call.saved[0].pointer(to: UInt8.self), scale)
      let threshold = UInt32(probability * 0x1p32)
      try call.random(.bits, into: call.outputs[0].pointer(to: UInt32.self), count: count)
      try call.elements(count) { part in
        let start = part.lowerBound
        zoo_dropout_forward(x + start, y + start, kept + start, Int64(part.count), threshold, scale)
      }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let gradient = call.inputGradients.optional(0) else { return }
    let adds = call.accumulatesInput(0)
    guard let source = call.outputGradients.optional(0), fate != .dropped else { return call.clear(gradient, unlessAdding: adds) }
    let (dy, dx, scale) = (source.floats, gradient.floats, scale)
    let kept = fate == .drawn ? call.saved[0].pointer(to: UInt8.self) : nil
    try call.elements(gradient.count) { part in
      let (start, count) = (part.lowerBound, Int64(part.count))
      if let kept {
        zoo_dropout_backward(kept + start, dy + start, dx + start, count, scale, adds ? 1 : 0)
      } else {
        zoo_identity_backward(dy + start, dy + start, dx + start, count, 0, 0, adds ? 1 : 0)
      }
    }
  }
}
