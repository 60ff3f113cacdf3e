import Glibc
import ZooPlugin

/// A rate that falls along a power of the steps that are left.
///
///     factor = floor + (1 - floor) (1 - min(step / steps, 1))^power
///
/// With a power of 1 it falls along a line.
///
/// - Reference: PyTorch's `PolynomialLR`.
struct PolynomialDecay: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.polynomial_decay", "A rate that falls along a power of the steps that are left.",
      formula: "factor = floor + (1 - floor) (1 - min(step / steps, 1))^power",
      attributes: [
        Attribute("power", \.power, in: 0...1e3, "Of the share that is left; 1 is a line."),
        Attribute("floor", \.floor, in: 0...1, "The factor at the end."), spanAttribute(\.span),
      ], inputs: scheduleInputs, outputs: scheduleOutputs, checks: scheduleChecks())
  }

  var power = 1.0
  var floor = 0.0
  var span: Int?

  func factor(at step: Double, of steps: Double) -> Double {
    floor + (1 - floor) * pow(1 - progress(at: step, of: span.map(Double.init) ?? steps), power)
  }
}
