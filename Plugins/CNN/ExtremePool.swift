import ZooKernels
import ZooPlugin

/// The largest element of each window, or the smallest, each channel by itself.
///
///     y[n, i, j, c] = max_{p, q} x[n, i * stride + p - top, j * stride + q - left, c]
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', C]`, and the same with one axis. NaN is more extreme than any number; padding is less.
struct ExtremePool<G: Grid, E: Extreme>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.\(E.name)_pool\(G.suffix)", "The \(E.adjective) element of each window, each channel by itself.",
      formula: "y[n, \(G.places), c] = \(E.name)_{\(G.taps)} x[n, \(G.window()), c]", attributes: PoolWindows.attributes(\.windows),
      inputs: [Port("x", G.input)], outputs: [Port("y", G.output())], bf16: .followed)
  }

  var windows = PoolWindows<G>()
  private var pooling: Pooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.batch(over: G.self)
    let axes = try windows.axes(over: x)
    let pooling = Pooling(over: x, axes)
    self.pooling = pooling
    var plan = Pooling.plan(over: x, axes)
    if request.isTraining {
      plan.saved = [Spec(plan.outputs[0].shape, .i32)]
    } else if request.isBF16 {
      plan.nativeBF16 = .forward
      plan.forwardScratch = pooling.bf16Scratch(threads: request.threadCount)
    }
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    if call.inputs[0].dtype == .bf16 {
      try pooling?.extreme(E.kind, call, call.inputs[0].halves, into: call.outputs[0].halves, scratch: call.scratch)
      return
    }
    let taps = call.saved.optional(0)?.pointer(to: Int32.self)
    try pooling?.extreme(E.kind, call, call.inputs[0].floats, into: call.outputs[0].floats, taps: taps)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try pooling?.extremeBack(call, taps: call.saved[0].pointer(to: Int32.self), dy: dy, into: dx)
  }
}

/// Which element of a window is taken.
protocol Extreme {
  static var name: String { get }
  static var adjective: String { get }
  static var kind: Pooling.Extreme { get }
}

/// The largest.
enum Largest: Extreme {
  static let name = "max"
  static let adjective = "largest"
  static let kind = Pooling.Extreme.largest
}

/// The smallest.
enum Smallest: Extreme {
  static let name = "min"
  static let adjective = "smallest"
  static let kind = Pooling.Extreme.smallest
}
