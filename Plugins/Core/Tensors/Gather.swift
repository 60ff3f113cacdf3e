import ZooPlugin

/// Elements, rows or slices of a tensor by their indices along one axis (NumPy's take).
///
///     y[o, i, r] = x[o, indices[i], r]
///
/// - Shapes: `x` is `[outer..., length, rest...]`, `y` is `[outer..., indices..., rest...]`. Negative indices count from the end; any
///   other outside the axis is an error. Any element type.
struct Gather: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.gather", "Elements, rows or slices of a tensor by their indices along one axis.", formula: "y[o, i, r] = x[o, indices[i], r]",
      attributes: [Attribute("axis", \.axis, in: -8...7, "The axis that indices count along; negative ones count from the last.")],
      inputs: [
        Port("x", "[outer..., length, rest...]"),
        Port("indices", "[...]", "From -length to length - 1, of i32 or i64.", .notDifferentiable),
      ],
      outputs: [Port("y", "[outer..., indices..., rest...]")])
  }

  var axis = 0
  private var table = Table()
  private var length = 0

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = request[0]
    let indices = try request.indices(1, "indices")
    let axis = try x.axis(axis)
    length = x.shape[axis]
    let y = try Spec.checked(Array(x.shape[..<axis]) + indices.shape + x.shape[(axis + 1)...], x.dtype)
    table = Table(x.shape, axis: axis, indices: indices)
    var plan = Plan(outputs: [y])
    plan.neededInputs = [1]
    plan.accumulates = true
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let x = call.inputs[0]
    try table.check(call.inputs[1], in: -length..<length)
    try table.gather(call, x.bytes, call.inputs[1], element: x.dtype.byteCount, into: call.outputs[0].bytes)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0) else { return call.clear(target, unlessAdding: adding) }
    try table.scatter(call, dy.floats, call.inputs[1], adding: adding, into: target.floats)
  }
}
