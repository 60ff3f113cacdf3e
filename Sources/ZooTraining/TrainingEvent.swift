/// What a trainer tells whoever watches.
public enum TrainingEvent: Sendable {
  /// Means over some examples: the terms of each step of the program, then the metrics.
  ///
  /// Those with `average.` before their name are computed with averaged parameters.
  public typealias Numbers = [(name: String, value: Double)]

  /// Training goes on from a checkpoint: `iterations` are done, `step` of them in `epoch`.
  case resumed(path: String, epoch: Int, step: Int, iterations: Int)
  /// After each iteration, before its `step`: what each step of the program did in its last update; iterations count from 1 over all epochs.
  case updated(iteration: Int, steps: [UpdateMeasure])
  /// After each iteration: means over the epoch so far.
  case step(epoch: Int, step: Int, steps: Int, numbers: Numbers, samplesPerSecond: Double, secondsLeft: Double)
  /// After each epoch: means over it, and over the held-out examples; `secondsWaited` of its `seconds` nothing was computed for want of data.
  case epoch(
    Int, of: Int, training: Numbers, validation: Numbers, samplesPerSecond: Double, seconds: Double, secondsWaited: Double)
  /// Weights were written.
  case saved(path: String)
  /// A checkpoint was written: after `iterations` in all.
  case checkpointed(path: String, iterations: Int)
  /// A number was the best so far at the end of an epoch, and is kept: its checkpoint and its weights.
  case best(name: String, value: Double, epoch: Int)
  /// Training ends before its last epoch: a number has not become better for some epochs.
  case stoppedEarly(name: String, best: Double, bestEpoch: Int, epoch: Int)
}

/// What one step of the program did in its last update.
public struct UpdateMeasure: Sendable {
  /// The step's name.
  public var name: String
  /// The learning rate, as its schedule has it; groups with a rate of their own have another.
  public var rate: Double
  /// The root of the sum of the squares of all gradients, before they were clipped; nil: it was not measured.
  public var gradientNorm: Double?
  /// By what the loss was scaled before it was differentiated; nil: by nothing.
  public var lossScale: Double?
  /// How many updates have been left out so far, because gradients were not finite.
  public var skipped: Int

  /// What an update was like.
  public init(name: String, rate: Double, gradientNorm: Double?, lossScale: Double?, skipped: Int) {
    (self.name, self.rate, self.gradientNorm, self.lossScale, self.skipped) = (name, rate, gradientNorm, lossScale, skipped)
  }
}

/// How a training run ended.
public struct TrainingSummary: Sendable {
  /// Whether it was asked to stop before its last epoch.
  public var wasInterrupted: Bool
  /// How many epochs were completed, those before a checkpoint included.
  public var epochs: Int
  /// How many updates were made, those before a checkpoint included.
  public var steps: Int
  /// Means over the last epoch.
  public var training: TrainingEvent.Numbers
  /// Means over the held-out examples after the last epoch.
  public var validation: TrainingEvent.Numbers
  /// How long it took.
  public var seconds: Double
  /// Whether a number that was to become better did not.
  public var wasStoppedEarly = false
  /// How many updates were left out because gradients were not finite.
  public var skipped = 0
}
