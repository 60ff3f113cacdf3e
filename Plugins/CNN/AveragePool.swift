import ZooKernels
import ZooPlugin

/// The mean of each window, each channel by itself.
///
///     y[n, i, j, c] = mean_{p, q} x[n, i * stride + p - top, j * stride + q - left, c]
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', C]`, and the same with one axis. Padding counts as zeros only if
///   `count_include_pad`; what a window has behind the padding never counts.
struct AveragePool<G: Grid>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.average_pool\(G.suffix)", "The mean of each window, each channel by itself.",
      formula: "y[n, \(G.places), c] = mean_{\(G.taps)} x[n, \(G.window()), c]",
      attributes: PoolWindows.attributes(\.windows) + [
        Attribute("count_include_pad", \.countsPadding, "Whether padding counts as \(G.unit) of value 0.")
      ], inputs: [Port("x", G.input)], outputs: [Port("y", G.output())], bf16: .followed)
  }

  var windows = PoolWindows<G>()
  var countsPadding = false
  private var pooling: Pooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.batch(over: G.self)
    let axes = try windows.axes(over: x)
    let pooling = Pooling(over: x, axes, countsPadding: countsPadding)
    self.pooling = pooling
    var plan = Pooling.plan(over: x, axes)
    if request.isBF16 {
      plan.nativeBF16 = .forward
      plan.forwardScratch = pooling.bf16Scratch(threads: request.threadCount)
    }
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    if call.inputs[0].dtype == .bf16 {
      try pooling?.average(call, call.inputs[0].halves, into: call.outputs[0].halves, scratch: call.scratch)
      return
    }
    try pooling?.average(call, call.inputs[0].floats, into: call.outputs[0].floats)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try pooling?.averageBack(call, dy: dy, into: dx)
  }
}
