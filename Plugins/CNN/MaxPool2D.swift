import ZooKernels
import ZooPlugin

/// The largest pixel of each window, each channel by itself.
///
///     y[n, i, j, c] = max_{p, q} x[n, i * stride + p - top, j * stride + q - left, c]
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', C]`. NaN is larger than any number; padding is smaller.
struct MaxPool2D: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.max_pool2d", "The largest pixel of each window, each channel by itself.",
      formula: "y[n, i, j, c] = max_{p, q} x[n, i * stride + p - top, j * stride + q - left, c]",
      attributes: PoolWindows.attributes(\.windows), inputs: [Port("x", "[N, H, W, C]")], outputs: [Port("y", "[N, H', W', C]")])
  }

  var windows = PoolWindows()
  private var pooling: Pooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.images()
    let (height, width) = try windows.axes(over: x)
    pooling = Pooling(images: x.shape[0], height: height, width: width, channels: x.width)
    let y = Spec([x.shape[0], height.output, width.output, x.width])
    var plan = Plan(outputs: [y])
    if request.isTraining { plan.saved = [Spec(y.shape, .i32)] }
    plan.isRowIndependent = true
    plan.flops = Double(y.count) * Double(height.size * width.size)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let taps = call.saved.optional(0)?.pointer(to: Int32.self)
    try pooling?.maximum(call, call.inputs[0].floats, into: call.outputs[0].floats, taps: taps)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try pooling?.maximumBack(call, taps: call.saved[0].pointer(to: Int32.self), dy: dy, into: dx)
  }
}
