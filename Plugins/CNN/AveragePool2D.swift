import ZooKernels
import ZooPlugin

/// The mean of each window, each channel by itself.
///
///     y[n, i, j, c] = mean_{p, q} x[n, i * stride + p - top, j * stride + q - left, c]
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', C]`. Padding counts as zeros only if `count_include_pad`.
struct AveragePool2D: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.average_pool2d", "The mean of each window, each channel by itself.",
      formula: "y[n, i, j, c] = mean_{p, q} x[n, i * stride + p - top, j * stride + q - left, c]",
      attributes: PoolWindows.attributes(\.windows) + [
        Attribute("count_include_pad", \.countsPadding, "Whether padding counts as pixels of value 0.")
      ], inputs: [Port("x", "[N, H, W, C]")], outputs: [Port("y", "[N, H', W', C]")])
  }

  var windows = PoolWindows()
  var countsPadding = false
  private var pooling: Pooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.images()
    let (height, width) = try windows.axes(over: x)
    pooling = Pooling(images: x.shape[0], height: height, width: width, channels: x.width, countsPadding: countsPadding)
    let y = Spec([x.shape[0], height.output, width.output, x.width])
    var plan = Plan(outputs: [y])
    plan.isRowIndependent = true
    plan.flops = Double(y.count) * Double(height.size * width.size)
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
