import ZooPlugin

/// Warm-up: a rate that rises along a line to what it is.
///
///     factor = start + (1 - start) min(step / steps, 1)
///
/// In front of any other schedule it spares the first steps, whose gradients and running averages say little, a large rate.
///
/// - Reference: Goyal et al. 2017, <https://arxiv.org/abs/1706.02677>; PyTorch's `LinearLR`.
struct LinearWarmup: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.linear_warmup", "Warm-up: a rate that rises along a line to what it is.",
      formula: "factor = start + (1 - start) min(step / steps, 1)", reference: "Goyal et al. 2017, arXiv:1706.02677",
      attributes: [
        Attribute("start", \.start, in: 0...1, "The factor of the first step."), spanAttribute(\.span),
      ], inputs: scheduleInputs, outputs: scheduleOutputs, checks: scheduleChecks())
  }

  var start = 0.0
  var span: Int?

  func factor(at step: Double, of steps: Double) -> Double {
    start + (1 - start) * progress(at: step, of: span.map(Double.init) ?? steps)
  }
}
