import Glibc
import ZooPlugin

/// A rate that falls as a power of the steps done, without an end.
///
///     factor = (1 + step / scale)^-exponent
///
/// With an exponent in (1/2, 1] the rates sum up to infinity and their squares do not, which is what stochastic approximation asks for.
///
/// - Reference: Robbins & Monro 1951, "A stochastic approximation method", <https://doi.org/10.1214/aoms/1177729586>.
struct PowerDecay: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.power_decay", "A rate that falls as a power of the steps done, without an end.",
      formula: "factor = (1 + step / scale)^-exponent", reference: "Robbins & Monro 1951, doi:10.1214/aoms/1177729586",
      attributes: [
        Attribute("exponent", \.exponent, in: 0...1e3, "How fast it falls."),
        Attribute("scale", \.scale, in: 1e-6...1e15, "The steps after which the rate is 2^-exponent of what it was."),
      ], inputs: scheduleInputs, outputs: scheduleOutputs, checks: scheduleChecks())
  }

  var exponent = 1.0
  var scale = 1.0

  func factor(at step: Double, of steps: Double) -> Double { pow(1 + step / scale, -exponent) }
}
