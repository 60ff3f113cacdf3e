public import ZooRuntime

/// How long and on what a model is trained, where a user may say otherwise than its manifest.
public struct TrainingOptions: Sendable {
  /// How often a checkpoint is written within epochs; after each there is one anyway.
  public enum Interval: Hashable, Sendable {
    /// After so many iterations.
    case iterations(Int)
    /// After so many seconds.
    case seconds(Double)
  }

  /// How often every example is seen.
  public var epochs: Int
  /// How many examples a batch has.
  public var batch: Int
  /// Whether each epoch has an order of its own.
  public var shuffles: Bool
  /// The examples that are trained on; empty if the data has no rows.
  public var rows: [Int64]
  /// The examples that are held out; empty: none.
  public var validation: [Int64]
  /// Where weights go after each epoch; nil: nowhere.
  public var weights: String?
  /// The folder that checkpoints go to; nil: there are none.
  public var checkpoints: String?
  /// How often there is a checkpoint within epochs; nil: never.
  public var saveEvery: Interval?
  /// After how many iterations gradients are measured, where nothing else needs that; 0: never.
  public var measureEvery = 0
  /// What weights say about how they were made.
  public var notes = WeightsNotes()

  /// What the rate of update `number`, counted from 0, is multiplied by instead of what its schedule says; nil: the schedule decides.
  public var rateFactor: (@Sendable (_ number: Int) -> Double)?

  /// Options.
  public init(
    epochs: Int, batch: Int, shuffles: Bool = true, rows: [Int64], validation: [Int64] = [], weights: String? = nil
  ) {
    self.epochs = epochs
    self.batch = batch
    self.shuffles = shuffles
    self.rows = rows
    self.validation = validation
    self.weights = weights
  }
}
