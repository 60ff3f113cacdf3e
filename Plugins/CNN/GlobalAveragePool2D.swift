import ZooKernels
import ZooPlugin

/// The mean of each channel.
///
///     y[n, c] = mean_{i, j} x[n, i, j, c]
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, C]`, or `[N, 1, 1, C]` with `keep_axes`.
/// - Reference: Lin et al. 2013, <https://arxiv.org/abs/1312.4400>.
struct GlobalAveragePool2D: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.global_average_pool2d", "The mean of each channel.", formula: "y[n, c] = mean_{i, j} x[n, i, j, c]",
      reference: "Lin et al. 2013, arXiv:1312.4400",
      attributes: [Attribute("keep_axes", \.keepsAxes, "Whether y is [N, 1, 1, C] instead of [N, C].")],
      inputs: [Port("x", "[N, H, W, C]")], outputs: [Port("y", "[N, C]")])
  }

  var keepsAxes = false
  private var pooling: GlobalPooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.images()
    pooling = GlobalPooling(images: x.shape[0], pixels: x.shape[1] * x.shape[2], channels: x.width)
    var plan = Plan(outputs: [Spec(keepsAxes ? [x.shape[0], 1, 1, x.width] : [x.shape[0], x.width])])
    plan.isRowIndependent = true
    plan.flops = Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    try pooling?.average(call, call.inputs[0].floats, into: call.outputs[0].floats)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try pooling?.averageBack(call, dy: dy, into: dx)
  }
}
