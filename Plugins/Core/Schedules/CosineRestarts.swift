import Glibc
import ZooPlugin

/// Cosine decay that starts again whenever it has ended, each time `growth` times as long and from `decay` times as high.
///
///     factor = floor + (max(decay^i, floor) - floor) (1 + cos(pi t / T)) / 2
///     where run i has T = period growth^i steps, of which t are done
///
/// - Reference: Loshchilov & Hutter 2017, <https://arxiv.org/abs/1608.03983>; PyTorch's `CosineAnnealingWarmRestarts`, whose `decay` is 1.
struct CosineRestarts: Schedule {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.cosine_restarts", "Cosine decay that starts again whenever it has ended.",
      formula: "factor = floor + (max(decay^i, floor) - floor) (1 + cos(pi t / T)) / 2, "
        + "where run i has T = period growth^i steps, of which t are done",
      reference: "Loshchilov & Hutter 2017, arXiv:1608.03983",
      attributes: [
        Attribute("period", \.period, .required, in: 1...1e15, "The steps from the start to the first restart."),
        Attribute("growth", \.growth, in: 1...1e6, "How many times as long as the one before each run is."),
        Attribute("decay", \.decay, in: 0...1, "How many times as high as the one before each run starts."),
        Attribute("floor", \.floor, in: 0...1, "The factor at the end of each run."),
      ], inputs: scheduleInputs, outputs: scheduleOutputs, checks: scheduleChecks(#"{"period": 4, "growth": 2, "decay": 0.5}"#))
  }

  var period = 1
  var growth = 1
  var decay = 1.0
  var floor = 0.0

  func factor(at step: Double, of steps: Double) -> Double {
    var (run, done, length) = (0.0, step, Double(period))
    if growth == 1 {
      run = (step / length).rounded(.down)
      done -= run * length
    } else {
      while done >= length {
        done -= length
        length *= Double(growth)
        run += 1
      }
    }
    return cosine(from: max(pow(decay, run), floor), to: floor, at: done / length)
  }
}
