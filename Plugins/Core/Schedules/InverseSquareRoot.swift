import ZooPlugin

/// A rate that falls as the inverse square root of the steps done.
///
///     factor = 1 / sqrt(1 + step / scale)
///
/// Behind a warm-up of `scale` steps it is the Transformer's schedule: from its peak on, the rate is proportional to 1 / sqrt(all steps).
///
/// - Reference: Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>.
struct InverseSquareRoot: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.inverse_square_root", "A rate that falls as the inverse square root of the steps done.",
      formula: "factor = 1 / sqrt(1 + step / scale)", reference: "Vaswani et al. 2017, arXiv:1706.03762",
      attributes: [
        Attribute("scale", \.scale, in: 1e-6...1e15, "The steps of the warm-up in front; after three times as many the rate has halved.")
      ], inputs: scheduleInputs, outputs: scheduleOutputs, checks: scheduleChecks())
  }

  var scale = 1.0

  func factor(at step: Double, of steps: Double) -> Double { 1 / (1 + step / scale).squareRoot() }
}
