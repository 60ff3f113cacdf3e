import Glibc
import ZooPlugin

/// A rate that falls by the same share at every step.
///
///     factor = gamma^(step / every)
///
/// `e^(-lambda step)` is that with `gamma` = e^-lambda.
///
/// - Reference: PyTorch's `ExponentialLR`, whose `every` is 1.
struct ExponentialDecay: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.exponential_decay", "A rate that falls by the same share at every step.", formula: "factor = gamma^(step / every)",
      attributes: [
        Attribute("gamma", \.gamma, .required, in: 0...1, "What is left of the rate after 'every' steps."),
        Attribute("every", \.every, in: 1...1e15, "After how many steps gamma is left."),
      ], inputs: scheduleInputs, outputs: scheduleOutputs, checks: scheduleChecks(#"{"gamma": 0.9}"#))
  }

  var gamma = 1.0
  var every = 1

  func factor(at step: Double, of steps: Double) -> Double { pow(gamma, step / Double(every)) }
}
