import Glibc
import ZooPlugin

/// A rate that drops by the same factor again and again: every so many steps, or after the steps that are listed.
///
///     factor = gamma^floor(step / every), or gamma^k, where k of the milestones are at `step` or before
///
/// - Reference: PyTorch's `StepLR` and `MultiStepLR`.
struct StepDecay: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.step_decay", "A rate that drops by the same factor again and again.",
      formula: "factor = gamma^floor(step / every), or gamma^k, where k of the milestones are at step or before",
      attributes: [
        Attribute("gamma", \.gamma, in: 0...1, "What is left of the rate after each drop."),
        Attribute("every", \.every, in: 1...1e15, "How many steps there are from drop to drop."),
        Attribute("milestones", \.milestones, in: 0...1e15, "In place of 'every': the steps from which on the rate is lower, in order."),
      ], inputs: scheduleInputs, outputs: scheduleOutputs,
      checks: scheduleChecks(#"{"every": 3}"#) + scheduleChecks(#"{"milestones": [2, 5, 150]}"#))
  }

  var gamma = 0.1
  var every: Int?
  var milestones: [Int] = []

  func check() throws(LayerError) {
    if every != nil {
      guard milestones.isEmpty else { throw .attribute("the rate drops by 'every' or at 'milestones', but both are given") }
    } else if milestones.isEmpty {
      throw .attribute("when the rate drops must be said: by 'every' or at 'milestones'")
    }
    for (before, after) in zip(milestones, milestones.dropFirst()) where after <= before {
      throw .attribute("milestones must be in order, but \(after) follows \(before)")
    }
  }

  func factor(at step: Double, of steps: Double) -> Double {
    var drops = every.map { (step / Double($0)).rounded(.down) } ?? 0
    for milestone in milestones where Double(milestone) <= step { drops += 1 }
    return pow(gamma, drops)
  }
}
