import ZooPlugin

/// A rate that falls along half a wave of the cosine: slowly at first, and slowly at the end.
///
///     factor = floor + (1 - floor) (1 + cos(pi min(step / steps, 1))) / 2
///
/// - Reference: Loshchilov & Hutter 2017, <https://arxiv.org/abs/1608.03983>; PyTorch's `CosineAnnealingLR`.
struct CosineDecay: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.cosine_decay", "A rate that falls along half a wave of the cosine.",
      formula: "factor = floor + (1 - floor) (1 + cos(pi min(step / steps, 1))) / 2",
      reference: "Loshchilov & Hutter 2017, arXiv:1608.03983",
      attributes: [Attribute("floor", \.floor, in: 0...1, "The factor at the end."), spanAttribute(\.span)],
      inputs: scheduleInputs, outputs: scheduleOutputs, checks: scheduleChecks())
  }

  var floor = 0.0
  var span: Int?

  func factor(at step: Double, of steps: Double) -> Double {
    cosine(from: 1, to: floor, at: progress(at: step, of: span.map(Double.init) ?? steps))
  }
}
