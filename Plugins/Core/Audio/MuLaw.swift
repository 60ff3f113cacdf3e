import Glibc
import ZooPlugin

let audioKinds: [Kind] = [Kind(MuLawEncode.self), Kind(MuLawDecode.self)]

/// Samples as classes that are finer the quieter they are, as ears hear them.
///
///     f = sign(x) log(1 + mu |x|) / log(1 + mu), mu = levels - 1
///     y = floor((f + 1) / 2 mu + 1/2)
///
/// What is beyond -1 and 1 counts as these; what is not a number is an error.
///
/// - Shapes: any; `y` has that of `x`.
/// - References: ITU-T G.711 (in pieces of straight lines); van den Oord et al. 2016, <https://arxiv.org/abs/1609.03499>.
struct MuLawEncode: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.mu_law_encode", "Samples as classes that are finer the quieter they are, as ears hear them.",
      formula: "y = floor((f + 1) / 2 mu + 1/2), f = sign(x) log(1 + mu |x|) / log(1 + mu), mu = levels - 1",
      reference: "van den Oord et al. 2016, arXiv:1609.03499; ITU-T G.711",
      attributes: [Attribute("levels", \.levels, in: 2...65536, "How many classes there are.")],
      inputs: [Port("x", "[...]", "Samples from -1 to 1.", .notDifferentiable)],
      outputs: [Port("y", "[...]", "Classes from 0 to levels - 1, of i64.", .notDifferentiable)])
  }

  var levels = 256

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    var plan = Plan(outputs: [Spec(x.shape, .i64)])
    plan.isRowIndependent = x.rank > 0
    plan.flops = 8 * Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, y, mu) = (call.inputs[0].floats, call.outputs[0].pointer(to: Int64.self), Double(levels - 1))
    if let i = (0..<call.inputs[0].count).first(where: { x[$0].isNaN }) { throw .data("element \(i) of x is not a number") }
    let scale = 1 / log1p(mu)
    try call.elements(call.inputs[0].count, grain: Grain.heavy / 8) { part in
      for i in part {
        let value = Double(min(max(x[i], -1), 1))
        let loudness = log1p(mu * abs(value)) * scale
        y[i] = Int64(((value < 0 ? -loudness : loudness) + 1) / 2 * mu + 0.5)
      }
    }
  }
}

/// Samples of the classes of `core.mu_law_encode`.
///
///     f = 2 y / mu - 1, mu = levels - 1
///     x = sign(f) ((1 + mu)^|f| - 1) / mu
///
/// - Shapes: any; `x` has that of `y`. A class outside the levels is an error.
/// - References: as there.
struct MuLawDecode: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.mu_law_decode", "Samples of the classes of core.mu_law_encode.",
      formula: "x = sign(f) ((1 + mu)^|f| - 1) / mu, f = 2 y / mu - 1, mu = levels - 1",
      reference: "van den Oord et al. 2016, arXiv:1609.03499; ITU-T G.711",
      attributes: [Attribute("levels", \.levels, in: 2...65536, "How many classes there are.")],
      inputs: [Port("y", "[...]", "Classes from 0 to levels - 1, of i32 or i64.", .notDifferentiable)],
      outputs: [Port("x", "[...]", "Samples from -1 to 1.", .notDifferentiable)])
  }

  var levels = 256
  /// The sample of each class.
  private var samples: [Float] = []

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let y = try request.indices(0, "y")
    let mu = Double(levels - 1)
    samples = (0..<levels).map { level in
      let f = 2 * Double(level) / mu - 1
      let magnitude = expm1(abs(f) * log1p(mu)) / mu
      return Float(f < 0 ? -magnitude : magnitude)
    }
    var plan = Plan(outputs: [Spec(y.shape)])
    plan.isRowIndependent = y.rank > 0
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (y, x) = (call.inputs[0], call.outputs[0].floats)
    for i in 0..<y.count {
      let level = y.dtype == .i64 ? Int(y.pointer(to: Int64.self)[i]) : Int(y.pointer(to: Int32.self)[i])
      guard samples.indices.contains(level) else { throw .data("class \(level) of element \(i) is not one of 0 to \(levels - 1)") }
      x[i] = samples[level]
    }
  }
}
