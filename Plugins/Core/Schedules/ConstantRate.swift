import ZooPlugin

/// A rate that stays what it is, for a phase before or after others.
///
///     factor = the attribute `factor`
///
/// PyTorch's `ConstantLR` is a phase of it in front of another of factor 1.
struct ConstantRate: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.constant_rate", "A rate that stays what it is.", formula: "factor = the attribute",
      attributes: [Attribute("factor", \.factor, in: 0...1e6, "What the rate is multiplied by.")],
      inputs: scheduleInputs, outputs: scheduleOutputs, checks: scheduleChecks(#"{"factor": 0.25}"#))
  }

  var factor = 1.0

  func factor(at step: Double, of steps: Double) -> Double { factor }
}
