import ZooPlugin

/// The axes in another order.
///
/// By default they are reversed.
///
///     y[i[axes[0]], i[axes[1]], ...] = x[i[0], i[1], ...]
///
/// - Shapes: any, of any element type.
struct Transpose: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.transpose", "The axes in another order; by default reversed.", formula: "y[i[axes[0]], i[axes[1]], ...] = x[i[0], i[1], ...]",
      attributes: [Attribute("axes", \.axes, in: -8...7, "Which axis of x each axis of y is; each once.")])
  }

  var axes: [Int]?
  private var move: Move?
  private var gradient: Move?

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = request[0]
    let order = try x.axes(axes ?? Array((0..<x.rank).reversed()))
    guard order.count == x.rank else { throw .shape("axes \(order) must name each axis of x once, whose shape is \(x.shape)") }
    let view = View(x.shape).transposed(order)
    move = Move(view, to: View(view.shape), x.dtype)
    if request.isTraining { gradient = Move(View(view.shape), to: view, x.dtype) }
    var plan = Plan(outputs: [Spec(view.shape, x.dtype)])
    plan.isRowIndependent = order.first == 0
    plan.accumulates = true
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    try move?.copy(call, call.inputs[0].bytes, to: call.outputs[0].bytes)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0) else { return call.clear(target, unlessAdding: adding) }
    try gradient?.pass(call, dy, to: target, adding: adding)
  }
}
