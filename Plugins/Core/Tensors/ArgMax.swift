import CKernels
import ZooPlugin

/// Where the largest element of an axis is: the first of them, and NaN counts as larger than anything (as in NumPy).
///
///     y = argmax_i x[..., i, ...]
///
/// - Shapes: any of rank 1 or more whose axis is not empty; `y`, of i64, lacks the axis.
struct ArgMax: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.argmax", "Where the largest element of an axis is: the first of them.", formula: "y = argmax_i x[..., i, ...]",
      attributes: [Attribute("axis", \.axis, in: -8...7, "The axis that goes; negative ones count from the last.")],
      outputs: [Port("y", "[...]", "Indices, of i64.", .notDifferentiable)])
  }

  var axis = -1
  private var layout = AxisLayout()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 1...8)
    layout = try AxisLayout(of: x, axis: axis)
    guard layout.length <= Int32.max else { throw .shape("axis \(axis) of x must be shorter than 2^31, but the shape is \(x.shape)") }
    var shape = x.shape
    shape.remove(at: layout.axis)
    var plan = Plan(outputs: [Spec(shape, .i64)])
    plan.isRowIndependent = layout.axis != 0
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, y, length, inner) = (call.inputs[0].floats, call.outputs[0].pointer(to: Int64.self), Int64(layout.length), Int64(layout.inner))
    try call.rows(layout.outer * layout.inner, of: layout.length) { part in
      zoo_argmax(x, length, inner, y, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }
}
