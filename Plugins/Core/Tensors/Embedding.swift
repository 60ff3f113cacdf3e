import ZooPlugin

/// A learned vector for each of a number of things.
///
///     y[..., :] = weight[indices[...], :]
///
/// With `padding_index`, that row takes part in forward but gets no gradient. (PyTorch also starts it as zeros.)
///
/// - Shapes: `indices` is `[...]`, `weight` is `[count, width]`, `y` is `[..., width]`. An index outside the table is an error.
struct Embedding: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.embedding", "A learned vector for each of a number of things.", formula: "y[..., :] = weight[indices[...], :]",
      attributes: [
        Attribute("count", \.count, .required, in: 1...1e12, "How many things there are."),
        Attribute("width", \.width, .required, in: 1...1e12, "The length of a vector."),
        Attribute("padding_index", \.paddingIndex, in: 0...1e12, "The row that gets no gradient."),
      ],
      inputs: [Port("indices", "[...]", "From 0 to count - 1, of i32 or i64.", .notDifferentiable)], outputs: [Port("y", "[..., width]")])
  }

  var count = 1
  var width = 1
  var paddingIndex: Int?
  private var table = Table()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let indices = try request.indices(0, "indices")
    if let paddingIndex, paddingIndex >= count { throw .attribute("padding_index \(paddingIndex) is not one of \(count) rows") }
    let weight = try Spec.checked([count, width], .f32, "weight")
    let y = try Spec.checked(indices.shape + [width], .f32)
    table = Table(weight.shape, axis: 0, indices: indices)
    var plan = Plan(outputs: [y], parameters: [Parameter("weight", weight.shape, .normal(deviation: 1))])
    plan.neededInputs = [0]
    plan.isRowIndependent = indices.rank > 0
    plan.accumulates = true
    plan.bytes = Double(min(y.byteCount, weight.byteCount))
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    try table.check(call.inputs[0], in: 0..<count)
    try table.gather(call, call.parameters[0].bytes, call.inputs[0], element: 4, into: call.outputs[0].bytes)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let target = call.parameterGradients.optional(0) else { return }
    let adding = call.accumulatesParameter(0)
    guard let dy = call.outputGradients.optional(0) else { return call.clear(target, unlessAdding: adding) }
    try table.scatter(call, dy.floats, call.inputs[0], skipped: paddingIndex ?? -1, adding: adding, into: target.floats)
  }
}
