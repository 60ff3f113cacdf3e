import CKernels
import ZooPlugin

/// Normalises each row, then multiplies by a learned gain and adds a learned offset.
///
///     y = weight (x - mean) / sqrt(variance + epsilon) + bias
///
/// - Shapes: `x` and `y` are `[..., A, B]`, where the last `axes` axes make a row; weight and bias have the shape of a row.
/// - Reference: Ba, Kiros & Hinton 2016, <https://arxiv.org/abs/1607.06450>.
struct LayerNorm: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.layer_norm", "Normalises each row, then multiplies by a learned gain and adds a learned offset.",
      formula: "y = weight (x - mean) / sqrt(variance + epsilon) + bias", reference: "Ba, Kiros & Hinton 2016, arXiv:1607.06450",
      attributes: [
        Attribute("axes", \.axes, in: 1...8, "How many of the last axes make a row."),
        Attribute("epsilon", \.epsilon, in: 0...1, "Added to the variance, in units of x squared."),
        Attribute("affine", \.affine, "Whether there is a weight, and a bias unless that is off."),
        Attribute("bias", \.hasBias, "Whether there is a bias; of no effect without a weight."),
      ])
  }

  var axes = 1
  var epsilon = 1e-5
  var affine = true
  var hasBias = true
  private var rows = RowNormalisation()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: axes...8)
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x)") }
    let shape = Array(x.shape.suffix(axes))
    let width = shape.reduce(1, *)
    rows = RowNormalisation(rows: x.count / width, width: width)
    var parameters: [Parameter] = []
    if affine { parameters.append(Parameter("weight", shape, .ones, .noDecay)) }
    if affine && hasBias { parameters.append(Parameter("bias", shape, .zeros, .noDecay)) }
    return rows.plan(x, axes: axes, parameters: parameters)
  }

  func forward(_ call: Call) throws(LayerError) {
    let weight = affine ? call.parameters[0].floats : nil
    let bias = affine && hasBias ? call.parameters[1].floats : nil
    let (width, epsilon) = (Int64(rows.width), epsilon)
    try rows.forward(call) { x, y, norms, count in zoo_layer_norm(x, weight, bias, epsilon, y, norms, count, width) }
  }

  func backward(_ call: Call) throws(LayerError) {
    try rows.backward(call, zoo_layer_norm_backward, weight: affine ? call.parameters[0].floats : nil)
  }
}
