import ZooKernels
import ZooPlugin

/// The mean of each of as many windows as are wanted, each channel by itself.
///
///     y[n, i, j, c] = mean x[n, p, q, c], p from floor(i H / H') up to ceil((i + 1) H / H'), q in the same way
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', C]`, and the same with one axis, as PyTorch's `AdaptiveAvgPool2d`.
struct AdaptiveAveragePool<G: Grid>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.adaptive_average_pool\(G.suffix)", "The mean of each of as many windows as are wanted, each channel by itself.",
      formula: AdaptiveGrid<G>.formula("mean"), attributes: [AdaptiveGrid<G>.attribute(\.size)], inputs: [Port("x", G.input)],
      outputs: [Port("y", G.output())])
  }

  var size = [1]
  private var grid: AdaptiveGrid<G>?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let grid = try AdaptiveGrid<G>(request, size: size)
    self.grid = grid
    return grid.plan
  }

  func forward(_ call: Call) throws(LayerError) {
    guard let grid else { return }
    let (x, y) = (call.inputs[0].floats, call.outputs[0].floats)
    if let even = grid.even { try even.average(call, x, into: y) } else { try grid.uneven.average(call, x, into: y) }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let grid, let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    if let even = grid.even { try even.averageBack(call, dy: dy, into: dx) } else { try grid.uneven.averageBack(call, dy: dy, into: dx) }
  }
}

/// The largest element of each of as many windows as are wanted, each channel by itself.
///
///     y[n, i, j, c] = max x[n, p, q, c], p from floor(i H / H') up to ceil((i + 1) H / H'), q in the same way
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', C]`, and the same with one axis, as PyTorch's `AdaptiveMaxPool2d`. NaN is larger
///   than any number.
struct AdaptiveMaxPool<G: Grid>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.adaptive_max_pool\(G.suffix)", "The largest element of each of as many windows as are wanted, each channel by itself.",
      formula: AdaptiveGrid<G>.formula("max"), attributes: [AdaptiveGrid<G>.attribute(\.size)], inputs: [Port("x", G.input)],
      outputs: [Port("y", G.output())])
  }

  var size = [1]
  private var grid: AdaptiveGrid<G>?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let grid = try AdaptiveGrid<G>(request, size: size)
    self.grid = grid
    var plan = grid.plan
    if request.isTraining { plan.saved = [Spec(plan.outputs[0].shape, .i32)] }
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    guard let grid else { return }
    let (x, y, places) = (call.inputs[0].floats, call.outputs[0].floats, call.saved.optional(0)?.pointer(to: Int32.self))
    if let even = grid.even {
      try even.extreme(.largest, call, x, into: y, taps: places)
    } else {
      try grid.uneven.maximum(call, x, into: y, places: places)
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let grid, let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    let places = call.saved[0].pointer(to: Int32.self)
    if let even = grid.even {
      try even.extremeBack(call, taps: places, dy: dy, into: dx)
    } else {
      try grid.uneven.maximumBack(call, places: places, dy: dy, into: dx)
    }
  }
}

/// What the two have in common: the windows.
private struct AdaptiveGrid<G: Grid> {
  let plan: Plan
  let uneven: AdaptivePooling
  /// Windows that lie side by side and are of one size: these have kernels of their own.
  let even: Pooling?

  init(_ request: PlanRequest, size: [Int]) throws(LayerError) {
    let x = try request.batch(over: G.self)
    let size = try G.each(size, "size")
    let inputs = Array(x.shape[1...G.rank])
    let y = Spec([x.shape[0]] + size + [x.width])
    guard let count = product(y.shape), count < 1 << 40 else { throw .attribute("an output of \(y.shape) elements is too large") }
    guard inputs.reduce(1, *) < 1 << 31 else { throw .shape("x has too many \(G.unit) for pooling: its shape is \(x.shape)") }
    let pairs = zip(inputs, size).map { (input: $0, output: $1) }
    uneven = AdaptivePooling(
      images: x.shape[0], height: G.rank == 1 ? (1, 1) : pairs[0], width: pairs[G.rank - 1], channels: x.width)
    if pairs.allSatisfy({ $0.input.isMultiple(of: $0.output) }) {
      let steps = pairs.map { $0.input / $0.output }
      let none = try Padding.valid.axes(of: G.self)
      even = Pooling(over: x, try G.windows(over: x, size: steps, stride: steps, padding: none))
    } else {
      even = nil
    }
    var plan = Plan(outputs: [y])
    plan.isRowIndependent = true
    plan.flops = Double(max(x.count, y.count))
    self.plan = plan
  }

  static func attribute<Owner>(_ path: WritableKeyPath<Owner, [Int]>) -> Attribute<Owner> {
    Attribute("size", path, .required, in: pixels, "\(G.extent) of y, in \(G.unit).")
  }

  static func formula(_ name: String) -> String {
    let (letter, place, tap) = (G.letters[0], G.indices.place[0], G.indices.tap[0])
    let range = "\(tap) from floor(\(place) \(letter) / \(letter)') up to ceil((\(place) + 1) \(letter) / \(letter)')"
    return "y[n, \(G.places), c] = \(name) x[n, \(G.taps), c], \(range)\(G.rank > 1 ? ", q in the same way" : "")"
  }
}
