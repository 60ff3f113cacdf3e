public import ZooRuntime

/// How long and on what a model is trained, where a user may say otherwise than its manifest.
public struct TrainingOptions: Sendable {
  /// How often every example is seen.
  public var epochs: Int
  /// How many examples an iteration sees.
  public var batch: Int
  /// Whether each epoch has an order of its own.
  public var shuffles: Bool
  /// The examples that are trained on; empty if the data has no rows.
  public var rows: [Int64]
  /// The examples that are held out; empty: none.
  public var validation: [Int64]
  /// Where weights go after each epoch; nil: nowhere.
  public var weights: String?
  /// What weights say about how they were made.
  public var notes: WeightsNotes

  /// Options.
  public init(
    epochs: Int, batch: Int, shuffles: Bool = true, rows: [Int64], validation: [Int64] = [], weights: String? = nil,
    notes: WeightsNotes = WeightsNotes()
  ) {
    self.epochs = epochs
    self.batch = batch
    self.shuffles = shuffles
    self.rows = rows
    self.validation = validation
    self.weights = weights
    self.notes = notes
  }
}

/// What a trainer tells whoever watches.
public enum TrainingEvent: Sendable {
  /// Means over some examples: the loss of each step of the program, then the metrics.
  public typealias Numbers = [(name: String, value: Double)]

  /// After each iteration: means over the epoch so far.
  case step(epoch: Int, step: Int, steps: Int, numbers: Numbers, samplesPerSecond: Double, secondsLeft: Double)
  /// After each epoch: means over it, and over the held-out examples.
  case epoch(Int, of: Int, training: Numbers, validation: Numbers, samplesPerSecond: Double, seconds: Double)
  /// Weights were written.
  case saved(path: String)
}

/// How a training run ended.
public struct TrainingSummary: Sendable {
  /// Whether it was asked to stop before its last epoch.
  public var wasInterrupted: Bool
  /// How many epochs were completed.
  public var epochs: Int
  /// How many updates were made.
  public var steps: Int
  /// Means over the last epoch.
  public var training: TrainingEvent.Numbers
  /// Means over the held-out examples after the last epoch.
  public var validation: TrainingEvent.Numbers
  /// How long it took.
  public var seconds: Double
}
