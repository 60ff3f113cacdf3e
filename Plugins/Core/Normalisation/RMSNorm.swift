import CKernels
import ZooPlugin

/// Rescales each row to unit root mean square, then multiplies by a learned gain.
///
///     y = weight x / sqrt(mean(x^2) + epsilon)
///
/// The default of epsilon is 1e-6; PyTorch's, which it writes as None, is the smallest step above 1, 1.19e-7 for f32.
///
/// - Shapes: `x` and `y` are `[..., C]`, where the last `axes` axes make a row; weight has the shape of a row.
/// - Reference: Zhang & Sennrich 2019, <https://arxiv.org/abs/1910.07467>.
struct RMSNorm: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.rms_norm", "Rescales each row to unit root mean square, then multiplies by a learned gain.",
      formula: "y = weight x / sqrt(mean(x^2) + epsilon)", reference: "Zhang & Sennrich 2019, arXiv:1910.07467",
      attributes: [
        Attribute("axes", \.axes, in: 1...8, "How many of the last axes make a row."),
        Attribute("epsilon", \.epsilon, in: 0...1, "Added to the mean square, in units of x squared."),
        Attribute("affine", \.affine, "Whether there is a weight."),
      ])
  }

  var axes = 1
  var epsilon = 1e-6
  var affine = true
  private var rows = RowNormalisation()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: axes...8)
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x)") }
    let shape = Array(x.shape.suffix(axes))
    let width = shape.reduce(1, *)
    rows = RowNormalisation(rows: x.count / width, width: width)
    return rows.plan(x, axes: axes, parameters: affine ? [Parameter("weight", shape, .ones, .noDecay)] : [])
  }

  func forward(_ call: Call) throws(LayerError) {
    let (weight, width, epsilon) = (affine ? call.parameters[0].floats : nil, Int64(rows.width), epsilon)
    try rows.forward(call) { x, y, norms, count in zoo_rms_norm(x, weight, epsilon, y, norms, count, width) }
  }

  func backward(_ call: Call) throws(LayerError) {
    try rows.backward(call, zoo_rms_norm_backward, weight: affine ? call.parameters[0].floats : nil)
  }
}
