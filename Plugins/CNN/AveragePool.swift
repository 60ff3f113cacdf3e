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
      ], inputs: [Port("x", G.input)], outputs: [Port("y", G.output())])
  }

  var windows = PoolWindows<G>()
  var countsPadding = false
  private var pooling: Pooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.batch(over: G.self)
    let axes = try windows.axes(over: x)
    pooling = Pooling(over: x, axes, countsPadding: countsPadding)
    return Pooling.plan(over: x, axes)
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
