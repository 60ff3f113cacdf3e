import ZooKernels
import ZooPlugin

/// The mean of each channel.
///
///     y[n, c] = mean_{i, j} x[n, i, j, c]
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, C]`, or `[N, 1, 1, C]` with `keep_axes`, and the same with one axis.
/// - Reference: Lin et al. 2013, <https://arxiv.org/abs/1312.4400>.
struct GlobalAveragePool<G: Grid>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.global_average_pool\(G.suffix)", "The mean of each channel.", formula: "y[n, c] = mean_{\(G.places)} x[n, \(G.places), c]",
      reference: "Lin et al. 2013, arXiv:1312.4400", attributes: [GlobalGrid<G>.attribute(\.keepsAxes)],
      inputs: [Port("x", G.input)], outputs: [Port("y", "[N, C]")], bf16: .followed)
  }

  var keepsAxes = false
  private var pooling: GlobalPooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let grid = try GlobalGrid<G>(request, keepsAxes: keepsAxes)
    pooling = grid.pooling
    return grid.plan
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

/// The largest element of each channel.
///
///     y[n, c] = max_{i, j} x[n, i, j, c]
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, C]`, or `[N, 1, 1, C]` with `keep_axes`, and the same with one axis. NaN is larger than any
///   number.
struct GlobalMaxPool<G: Grid>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.global_max_pool\(G.suffix)", "The largest element of each channel.",
      formula: "y[n, c] = max_{\(G.places)} x[n, \(G.places), c]", attributes: [GlobalGrid<G>.attribute(\.keepsAxes)],
      inputs: [Port("x", G.input)], outputs: [Port("y", "[N, C]")], bf16: .followed)
  }

  var keepsAxes = false
  private var pooling: GlobalPooling?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let grid = try GlobalGrid<G>(request, keepsAxes: keepsAxes)
    pooling = grid.pooling
    var plan = grid.plan
    if request.isTraining { plan.saved = [Spec(plan.outputs[0].shape, .i32)] }
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

/// What the two have in common: one window, which is everything.
private struct GlobalGrid<G: Grid> {
  let pooling: GlobalPooling
  let plan: Plan

  init(_ request: PlanRequest, keepsAxes: Bool) throws(LayerError) {
    let x = try request.batch(over: G.self)
    let ones = keepsAxes ? Array(repeating: 1, count: G.rank) : []
    pooling = GlobalPooling(images: x.shape[0], pixels: x.count / x.shape[0] / x.width, channels: x.width)
    var plan = Plan(outputs: [Spec([x.shape[0]] + ones + [x.width])])
    plan.isRowIndependent = true
    plan.flops = Double(x.count)
    self.plan = plan
  }

  static func attribute<Owner>(_ path: WritableKeyPath<Owner, Bool>) -> Attribute<Owner> {
    let ones = Array(repeating: "1", count: G.rank).joined(separator: ", ")
    return Attribute("keep_axes", path, "Whether y is [N, \(ones), C] instead of [N, C].")
  }
}
