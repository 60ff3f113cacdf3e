import CKernels
import ZooPlugin

/// A linear function of each element.
///
///     y = factor * x + offset
///
/// - Shapes: any; `y` has that of `x`.
struct Scale: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.scale", "A linear function of each element.", formula: "y = factor * x + offset",
      attributes: [
        Attribute("factor", \.factor, "What every element is multiplied by."),
        Attribute("offset", \.offset, "What is then added."),
      ])
  }

  var factor: Float = 1
  var offset: Float = 0

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    var plan = Plan(outputs: [x])
    plan.aliases = [(output: 0, input: 0)]
    plan.isEpilogue = .linear(scale: factor, shift: offset)
    plan.isRowIndependent = x.rank > 0
    plan.accumulates = true
    plan.flops = 2 * Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, y, factor, offset) = (call.inputs[0].floats, call.outputs[0].floats, factor, offset)
    try call.elements(call.outputs[0].count, grain: 1 << 15) { part in
      zoo_linear(factor, offset, x + part.lowerBound, y + part.lowerBound, Int64(part.count))
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clear(target, unlessAdding: adding) }
    let (dx, factor) = (target.floats, factor)
    try call.elements(target.count, grain: 1 << 15) { part in
      let (from, count) = (part.lowerBound, Int64(part.count))
      if adding { zoo_accumulate(factor, dy + from, dx + from, count) } else { zoo_linear(factor, 0, dy + from, dx + from, count) }
    }
  }
}
