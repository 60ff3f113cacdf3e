import ZooPlugin

/// One number, everywhere.
///
///     y[...] = value
///
/// - Shapes: `y` is `shape`, or, with an input `like` [N, ...], [N] + `shape`.
struct Full: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.full", "One number, everywhere.", formula: "y[...] = value",
      attributes: [
        Attribute("shape", \.shape, in: 0...1e9, "The shape of y, but for the first axis of 'like' if that is given."),
        Attribute("value", \.value, "The number."),
      ],
      inputs: [Port("like", "[N, ...]", "How many rows y has; its elements do not matter.", [.optional, .notDifferentiable])],
      outputs: [Port("y", "shape, or [N] + shape", "", .notDifferentiable)])
  }

  var shape: [Int] = []
  var value: Float = 0

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    var whole = shape
    if let like = request.optional(0) {
      guard let rows = like.shape.first else { throw .rank(of: "like", expected: "1 to 8", got: like) }
      whole.insert(rows, at: 0)
    }
    return Plan(outputs: [try Spec.checked(whole, .f32)])
  }

  func forward(_ call: Call) throws(LayerError) { call.outputs[0].floats.update(repeating: value, count: call.outputs[0].count) }
}
