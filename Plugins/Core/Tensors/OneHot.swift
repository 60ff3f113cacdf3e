import CKernels
import ZooPlugin

/// Unit vectors: 1 in the place of each index, 0 elsewhere.
///
///     y[..., c] = indices[...] == c ? 1 : 0
///
/// - Shapes: `indices` is `[...]`, `y` is `[..., classes]`. An index outside the classes is an error.
struct OneHot: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.one_hot", "Unit vectors: 1 in the place of each index, 0 elsewhere.", formula: "y[..., c] = indices[...] == c ? 1 : 0",
      attributes: [Attribute("classes", \.classes, .required, in: 1...1e12, "How many places there are.")],
      inputs: [Port("indices", "[...]", "From 0 to classes - 1, of i32 or i64.", .notDifferentiable)],
      outputs: [Port("y", "[..., classes]", "", .notDifferentiable)])
  }

  var classes = 1
  private var table = Table()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let indices = try request.indices(0, "indices")
    let y = try Spec.checked(indices.shape + [classes], .f32)
    table = Table([classes, 1], axis: 0, indices: indices)
    var plan = Plan(outputs: [y])
    plan.isRowIndependent = indices.rank > 0
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let indices = call.inputs[0]
    try table.check(indices, in: 0..<classes)
    let (bytes, size, classes, y) = (indices.bytes, Int64(indices.dtype.byteCount), Int64(classes), call.outputs[0].floats)
    try call.rows(indices.count, of: Int(classes), grain: 1 << 15) { part in
      zoo_one_hot(size, bytes, classes, y, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }
}
