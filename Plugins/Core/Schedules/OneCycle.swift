import ZooPlugin

/// One cycle: up to the rate and down again, far below where it began.
///
///     factor: start -> 1 in the first `rise` of the steps, then 1 -> floor;
///     with three phases: start -> 1 -> start in `rise` of the steps each, then start -> floor
///
/// Each arrow is half a wave of the cosine, or a line. The first step has the factor `start`, the last one `floor`.
///
/// - Reference: Smith & Topin 2018, <https://arxiv.org/abs/1708.07120>; PyTorch's `OneCycleLR`, whose `div_factor` is 1 / start and whose
///   `final_div_factor` is start / floor. Momentum stays as it is.
struct OneCycle: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.one_cycle", "One cycle: up to the rate and down again, far below where it began.",
      formula: "factor: start -> 1 in the first share 'rise' of the steps, then 1 -> floor, along half waves of the cosine",
      reference: "Smith & Topin 2018, arXiv:1708.07120",
      attributes: [
        Attribute("rise", \.rise, in: 0...1, "The share of the steps that the rate rises for."),
        Attribute("start", \.start, in: 0...1, "The factor of the first step."),
        Attribute("floor", \.floor, in: 0...1, "The factor of the last step."),
        Attribute("anneal", \.anneal, "Whether it goes along the cosine or a line."),
        Attribute("three_phases", \.hasThreePhases, "Whether it falls back to 'start' as fast as it rose, and only then to the floor."),
        spanAttribute(\.span),
      ], inputs: scheduleInputs, outputs: scheduleOutputs, checks: scheduleChecks() + scheduleChecks(#"{"three_phases": true}"#))
  }

  /// What lies between the ends of a part of the cycle.
  enum Anneal: String, CaseIterable, AttributeValue {
    case cosine
    case linear
  }

  var rise = 0.3
  var start = 0.04
  var floor = 4e-6
  var anneal = Anneal.cosine
  var hasThreePhases = false
  var span: Int?

  func check() throws(LayerError) {
    guard !hasThreePhases || rise <= 0.5 else {
      throw .attribute("rising and falling takes twice the share 'rise' of the steps, which is \(rise): with three phases 0.5 is the most")
    }
  }

  func factor(at step: Double, of steps: Double) -> Double {
    // Parts end at the number of a step, as counted from 0: the first after `rise` of the steps, the last with the last step.
    let last = (span.map(Double.init) ?? steps) - 1
    let peak = min(max(rise * (last + 1) - 1, 0), last)
    if step < peak { return between(start, 1, step / peak) }
    guard hasThreePhases else { return between(1, floor, progress(at: step - peak, of: last - peak)) }
    let foot = min(2 * peak, last)
    if step < foot { return between(1, start, (step - peak) / (foot - peak)) }
    return between(start, floor, progress(at: step - foot, of: last - foot))
  }

  private func between(_ first: Double, _ second: Double, _ progress: Double) -> Double {
    switch anneal {
    case .cosine: cosine(from: first, to: second, at: progress)
    case .linear: first + (second - first) * progress
    }
  }
}
