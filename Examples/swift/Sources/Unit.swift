import ZooPlugin

/// Makes each row one unit long.
///
///     y[r, i] = x[r, i] / max(|x[r]|, epsilon)
struct Unit: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "angles.unit", "Makes vectors one unit long.", formula: "y = x / max(|x|, epsilon), with |x| over the last axis",
      attributes: [Attribute("epsilon", \.epsilon, in: 0...1, "Vectors shorter than this are divided by it instead.")],
      inputs: [Port("x", "[..., C]")], outputs: [Port("y", "[..., C]")])
  }

  var epsilon: Float = 1e-6
  var rows = 0
  var width = 0

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.rows("x")
    (rows, width) = (x.rows, x.width)
    var plan = Plan(outputs: [x])
    plan.neededInputs = [0]
    plan.aliases = [(output: 0, input: 0)]
    plan.isRowIndependent = x.rank > 1
    plan.flops = 3 * Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, y) = (call.inputs[0].floats, call.outputs[0].floats)
    try call.parallel(rows, grain: grain(width)) { part, _ in
      for row in part {
        let (x, y) = (x + row * width, y + row * width)
        let length = max(norm(x, width), Double(epsilon))
        for i in 0..<width { y[i] = length == 0 ? 0 : Float(Double(x[i]) / length) }
      }
    }
  }

  /// Along x nothing changes: dx = (dy - <y, dy> y) / |x|; below epsilon the divisor is a constant.
  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    let x = call.inputs[0].floats
    try call.parallel(rows, grain: grain(width)) { part, _ in
      for row in part {
        let (x, dy, dx) = (x + row * width, dy + row * width, dx + row * width)
        let length = norm(x, width)
        let divisor = max(length, Double(epsilon))
        let along = length > Double(epsilon) ? dot(x, dy, width) / (length * length) : 0
        for i in 0..<width { dx[i] = divisor == 0 ? 0 : Float((Double(dy[i]) - along * Double(x[i])) / divisor) }
      }
    }
  }
}
