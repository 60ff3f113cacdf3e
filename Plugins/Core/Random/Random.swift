import ZooPlugin

let randomKinds: [Kind] = [Kind(RandomNormal.self), Kind(RandomUniform.self), Kind(RandomIntegers.self)]

/// Numbers that depend on nothing but the run's seed, the layer's path, and the step.
///
/// - Shapes: `y` is `shape`, or, with an input `like` [N, ...], [N] + `shape`.
/// - Source: Philox 4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405), drawn by the host.
protocol RandomSource: Layer {
  /// The shape of `y`, but for the first axis of `like`.
  var shape: [Int] { get set }
  /// The type of what is drawn.
  static var dtype: DType { get }
  /// Whether the attributes make sense together.
  func check() throws(LayerError)
}

extension RandomSource {
  static var shapeAttribute: Attribute<Self> {
    Attribute("shape", \.shape, in: 0...1e9, "The shape of y, but for the first axis of 'like' if that is given.")
  }
  static var likeInputs: [Port] {
    [Port("like", "[N, ...]", "How many rows y has; its elements do not matter.", [.optional, .notDifferentiable])]
  }
  static var dtype: DType { .f32 }

  func check() throws(LayerError) {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    try check()
    var whole = shape
    if let like = request.inputs.first ?? nil {
      guard let rows = like.shape.first else { throw .rank(of: "like", expected: "1 to 8", got: like) }
      whole.insert(rows, at: 0)
    }
    guard whole.count <= 8 else { throw .shape("y would have \(whole.count) axes, but 8 are the most") }
    var count = 1
    for axis in whole {
      let (product, overflows) = count.multipliedReportingOverflow(by: max(axis, 1))
      guard !overflows, product < 1 << 40 else { throw .attribute("a tensor of shape \(whole) is too large") }
      count = product
    }
    var plan = Plan(outputs: [Spec(whole, Self.dtype)])
    plan.flops = 10 * Double(count)
    return plan
  }
}

/// Normal numbers.
///
///     y ~ N(mean, deviation^2)
struct RandomNormal: RandomSource {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.random_normal", "Normal numbers.", formula: "y ~ N(mean, deviation^2)",
      reference: "Salmon et al. 2011, doi:10.1145/2063384.2063405",
      attributes: [
        shapeAttribute, Attribute("mean", \.mean, in: -1e30...1e30, "Of the distribution."),
        Attribute("deviation", \.deviation, in: 0...1e30, "The standard deviation."),
      ], inputs: likeInputs, outputs: [Port("y", "shape, or [N] + shape")])
  }

  var shape: [Int] = []
  var mean = 0.0
  var deviation = 1.0

  func forward(_ call: Call) throws(LayerError) {
    let (y, count) = (call.outputs[0].floats, call.outputs[0].count)
    try call.random(.normal, into: y, count: count)
    let (mean, deviation) = (Float(mean), Float(deviation))
    if mean == 0, deviation == 1 { return }
    try call.elements(count) { part in for i in part { y[i] = mean + deviation * y[i] } }
  }
}

/// Numbers that are equally likely everywhere between two bounds.
///
///     y ~ U[low, high)
struct RandomUniform: RandomSource {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.random_uniform", "Numbers that are equally likely everywhere between two bounds.", formula: "y ~ U[low, high)",
      reference: "Salmon et al. 2011, doi:10.1145/2063384.2063405",
      attributes: [
        shapeAttribute, Attribute("low", \.low, in: -1e30...1e30, "The lower bound."),
        Attribute("high", \.high, in: -1e30...1e30, "The upper bound, which is never reached."),
      ], inputs: likeInputs, outputs: [Port("y", "shape, or [N] + shape")])
  }

  var shape: [Int] = []
  var low = 0.0
  var high = 1.0

  func check() throws(LayerError) {
    guard Float(low) < Float(high) else { throw .attribute("low must be less than high in f32, but they are \(low) and \(high)") }
  }

  func forward(_ call: Call) throws(LayerError) {
    let (y, count) = (call.outputs[0].floats, call.outputs[0].count)
    try call.random(.uniform, into: y, count: count)
    let (low, width, most) = (Float(low), Float(high) - Float(low), Float(high).nextDown)
    if low == 0, width == 1 { return }
    try call.elements(count) { part in for i in part { y[i] = min(low + width * y[i], most) } }
  }
}

/// Whole numbers that are equally likely everywhere between two bounds.
///
///     y ~ U{low, ..., high - 1}
struct RandomIntegers: RandomSource {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.random_integers", "Whole numbers that are equally likely everywhere between two bounds.",
      formula: "y ~ U{low, ..., high - 1}", reference: "Salmon et al. 2011, doi:10.1145/2063384.2063405",
      attributes: [
        shapeAttribute, Attribute("low", \.low, in: -1e9...1e9, "The least."),
        Attribute("high", \.high, .required, in: -1e9...1e9, "One more than the largest."),
      ], inputs: likeInputs, outputs: [Port("y", "shape, or [N] + shape", "Of i64.", .notDifferentiable)])
  }
  static var dtype: DType { .i64 }

  var shape: [Int] = []
  var low = 0
  var high = 1

  func check() throws(LayerError) {
    guard low < high else { throw .attribute("low must be less than high, but they are \(low) and \(high)") }
  }

  func forward(_ call: Call) throws(LayerError) {
    let (y, count) = (call.outputs[0].pointer(to: UInt64.self), call.outputs[0].count)
    // 64 random bits for each: the share of a number then differs from another's by less than 2^-33.
    try call.random(.bits, into: y, count: 2 * count)
    let (low, width) = (Int64(low), UInt64(high - low))
    try call.elements(count) { part in
      for i in part { y[i] = UInt64(bitPattern: low + Int64(y[i].multipliedFullWidth(by: width).high)) }
    }
  }
}
