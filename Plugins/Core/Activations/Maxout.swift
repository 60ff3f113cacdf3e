import CKernels
import ZooPlugin

/// The largest of the `pieces` features of each unit, which are neighbours along the last axis.
///
///     y[..., i] = max_j x[..., i pieces + j]
///
/// NaN if one of them is. The gradient goes to the first of those that are the largest.
///
/// - Shapes: `x` is `[..., pieces c]`, `y` is `[..., c]`.
/// - Reference: Goodfellow et al. 2013, <https://arxiv.org/abs/1302.4389>.
struct Maxout: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.maxout", "The largest of each group of neighbouring features.", formula: "y[..., i] = max_j x[..., i pieces + j]",
      reference: "Goodfellow et al. 2013, arXiv:1302.4389",
      attributes: [Attribute("pieces", \.pieces, .required, in: 1...65536, "How many features each unit chooses from.")],
      inputs: [Port("x", "[..., pieces * C]")], outputs: [Port("y", "[..., C]")])
  }

  var pieces = 2

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 1...8)
    guard x.width.isMultiple(of: pieces) else {
      throw .shape("the last axis of x must be a multiple of the \(pieces) pieces, but its shape is \(x)")
    }
    var plan = Plan(outputs: [Spec(x.shape.dropLast() + [x.width / pieces])])
    plan.neededInputs = [0]
    plan.isRowIndependent = x.rank > 1
    plan.accumulates = true
    plan.flops = Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, y, pieces) = (call.inputs[0].floats, call.outputs[0].floats, pieces)
    try call.elements(call.outputs[0].count, grain: Grain.light / pieces) { part in
      zoo_maxout_forward(x + part.lowerBound * pieces, y + part.lowerBound, Int64(part.count), Int64(pieces))
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let gradient = call.inputGradients.optional(0) else { return }
    let adds = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0) else { return call.clear(gradient, unlessAdding: adds) }
    let (x, source, dx, pieces) = (call.inputs[0].floats, dy.floats, gradient.floats, pieces)
    try call.elements(dy.count, grain: Grain.light / pieces) { part in
      let (unit, piece) = (part.lowerBound, part.lowerBound * pieces)
      zoo_maxout_backward(x + piece, source + unit, dx + piece, Int64(part.count), Int64(pieces), adds ? 1 : 0)
    }
  }
}
