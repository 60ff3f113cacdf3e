import Glibc
import ZooPlugin

/// How much noise each step of a diffusion adds.
///
///     linear: beta[t] = beta_first + (beta_last - beta_first) t / (steps - 1)
///     cosine: beta[t] = min(1 - f(t + 1) / f(t), 0.999), f(t) = cos(((t / steps + 0.008) / 1.008) pi / 2)^2
///     alpha_bar[t] = prod_{s <= t} (1 - beta[s])
///
/// `alpha_bar[t]` is the share of the image in the variance of what step t leaves.
///
/// - Shapes: `beta` and `alpha_bar` are `[steps]`, computed in double precision and rounded once.
/// - Reference: Ho et al. 2020, <https://arxiv.org/abs/2006.11239> (linear); Nichol & Dhariwal 2021, <https://arxiv.org/abs/2102.09672> (cosine).
struct Schedule: Layer {
  /// The shape of the noise over time.
  enum Form: String, CaseIterable, AttributeValue { case linear, cosine }

  static var declaration: Declaration<Self> {
    Declaration(
      "ddpm.schedule", "How much noise each step of a diffusion adds.",
      formula: "linear: beta[t] = beta_first + (beta_last - beta_first) t / (steps - 1); "
        + "cosine: beta[t] = min(1 - f(t + 1) / f(t), 0.999), f(t) = cos(((t / steps + 0.008) / 1.008) pi / 2)^2; "
        + "alpha_bar[t] = prod_{s <= t} (1 - beta[s])",
      reference: "Ho et al. 2020, arXiv:2006.11239; Nichol & Dhariwal 2021, arXiv:2102.09672",
      attributes: [
        Attribute("steps", \.steps, .required, in: 1...1e6, "How many there are."),
        Attribute("form", \.form, "Linear or cosine."),
        Attribute("beta_first", \.betaFirst, in: 0...1, "(linear) The variance that the first step adds; less than 1."),
        Attribute("beta_last", \.betaLast, in: 0...1, "(linear) The variance that the last step adds; less than 1."),
      ], inputs: [], outputs: [Port("beta", "[steps]"), Port("alpha_bar", "[steps]")])
  }

  var steps = 1
  var form = Form.linear
  var betaFirst = 1e-4
  var betaLast = 0.02
  private var beta: [Float] = []
  private var alphaBar: [Float] = []

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    guard betaFirst < 1, betaLast < 1 else {
      throw .attribute("beta_first and beta_last must be less than 1, but they are \(betaFirst) and \(betaLast): nothing would be left")
    }
    var product = 1.0
    (beta, alphaBar) = ([], [])
    for t in 0..<steps {
      let beta =
        switch form {
        case .linear: betaFirst + (betaLast - betaFirst) * (steps > 1 ? Double(t) / Double(steps - 1) : 0)
        case .cosine: min(1 - share(t + 1) / share(t), 0.999)
        }
      product *= 1 - beta
      self.beta.append(Float(beta))
      alphaBar.append(Float(product))
    }
    return Plan(outputs: [Spec([steps]), Spec([steps])])
  }

  private func share(_ t: Int) -> Double {
    let wave = cos((Double(t) / Double(steps) + 0.008) / 1.008 * .pi / 2)
    return wave * wave
  }

  func forward(_ call: Call) throws(LayerError) {
    for t in 0..<steps { (call.outputs[0].floats[t], call.outputs[1].floats[t]) = (beta[t], alphaBar[t]) }
  }
}
