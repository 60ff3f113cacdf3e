import ZooKernels
import ZooPlugin

/// The mean of each window, in which larger elements weigh more, each channel by itself.
///
///     y = sum_w x_w e^(beta x_w) / sum_w e^(beta x_w) over the elements x_w of a window
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', C]`, and the same with one axis. Padding has no weight. With `beta` 0 it is average
///   pooling; the larger it is the nearer is max pooling, and min pooling the more negative.
/// - Reference: Stergiou et al. 2021, <https://arxiv.org/abs/2101.00440>.
struct SoftmaxPool<G: Grid>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.softmax_pool\(G.suffix)", "The mean of each window, in which larger elements weigh more, each channel by itself.",
      formula: "y[n, \(G.places), c] = sum_{\(G.taps)} x e^(beta x) / sum_{\(G.taps)} e^(beta x), x at [n, \(G.window()), c]",
      reference: "Stergiou et al. 2021, arXiv:2101.00440",
      attributes: PoolWindows.attributes(\.windows) + [
        Attribute("beta", \.beta, in: -1e6...1e6, "How much more larger elements weigh: 0 is the mean, infinity would be the maximum.")
      ], inputs: [Port("x", G.input)], outputs: [Port("y", G.output())])
  }

  var windows = PoolWindows<G>()
  var beta: Float = 1
  private var pooling: Pooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.batch(over: G.self)
    let axes = try windows.axes(over: x)
    pooling = Pooling(over: x, axes)
    var plan = Pooling.plan(over: x, axes)
    plan.flops *= 20  // an exponential and three more
    if request.isTraining { plan.saved = plan.outputs + plan.outputs }
    (plan.neededInputs, plan.neededOutputs) = ([0], [0])
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let saved = call.saved
    try pooling?.softmax(
      call, beta: beta, call.inputs[0].floats, into: call.outputs[0].floats, peaks: saved.optional(0)?.floats,
      sums: saved.optional(1)?.floats)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try pooling?.softmaxBack(
      call, beta: beta, x: call.inputs[0].floats, y: call.outputs[0].floats, peaks: call.saved[0].floats,
      sums: call.saved[1].floats, dy: dy, into: dx)
  }
}
