import ZooKernels
import ZooPlugin

/// The largest pixel of each channel.
///
///     y[n, c] = max_{i, j} x[n, i, j, c]
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, C]`, or `[N, 1, 1, C]` with `keep_axes`. NaN is larger than any number.
struct GlobalMaxPool2D: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.global_max_pool2d", "The largest pixel of each channel.", formula: "y[n, c] = max_{i, j} x[n, i, j, c]",
      attributes: [Attribute("keep_axes", \.keepsAxes, "Whether y is [N, 1, 1, C] instead of [N, C].")],
      inputs: [Port("x", "[N, H, W, C]")], outputs: [Port("y", "[N, C]")])
  }

  var keepsAxes = false
  private var pooling: GlobalPooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.images()
    pooling = GlobalPooling(images: x.shape[0], pixels: x.shape[1] * x.shape[2], channels: x.width)
    let y = Spec(keepsAxes ? [x.shape[0], 1, 1, x.width] : [x.shape[0], x.width])
    var plan = Plan(outputs: [y])
    if request.isTraining { plan.saved = [Spec(y.shape, .i32)] }
    plan.isRowIndependent = true
    plan.flops = Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let places = call.saved.optional(0)?.pointer(to: Int32.self)
    try pooling?.maximum(call, call.inputs[0].floats, into: call.outputs[0].floats, places: places)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try pooling?.maximumBack(call, places: call.saved[0].pointer(to: Int32.self), dy: dy, into: dx)
  }
}
