public import ZooFormats

/// How a manifest wants its model trained.
public struct TrainingSection: Sendable {
  /// The graphs that steps and metrics compute, each once.
  public var graphs: [TrainingGraph]
  /// What feeds the graphs' inputs; nil: nothing has to.
  public var data: TrainingData?
  /// What is carried from one iteration to the next.
  public var carried: [TrainingCarry]
  /// What happens in an iteration, in order, and what else becomes of parameters.
  public var steps: [TrainingStep]
  /// How many batches an iteration sees, one after the other; their gradients are averaged.
  public var accumulated: Int
  /// How parameters are averaged over time; nil: they are not.
  public var averaging: ParameterAveraging?
  /// The standard deviation of what is added to parameters before each gradient; 0: nothing is.
  public var weightNoise: Double
  /// By what losses are scaled before they are differentiated; nil: by 1, and a number that is not finite ends training.
  public var lossScaling: LossScaling?
  /// When training ends before its last epoch; nil: never.
  public var stopping: EarlyStopping?
  /// Which checkpoints stay.
  public var keeping: CheckpointKeeping
  /// Whether each epoch sees rows that are drawn from the training rows with replacement, the same in all epochs.
  public var isBootstrapped: Bool
  /// What to report, by name.
  public var metrics: [TrainingMetric]
  /// How many epochs there are: how often all rows are gone through.
  public var epochs: Int
  /// How many iterations an epoch has; nil: one for each batch of rows.
  public var iterations: Int?
  /// How many rows one iteration sees.
  public var batch: Int
  /// Whether rows are shuffled before every epoch.
  public var isShuffled: Bool
  /// What the first weights, the shuffling and every random layer depend on.
  public var seed: Int
  /// One sentence.
  public var about: String
  /// Where the manifest says so.
  public var place: Place
  /// What is made after epochs, to be looked at; nil: nothing.
  public var samples: TrainingSamples?
}

/// A graph that training computes.
public struct TrainingGraph: Sendable {
  /// The name of one of the model's graphs; `train`: the default one, its nodes as they are there, and after them losses and metrics.
  public var name: String
  /// What it computes.
  public var graph: Graph
}

/// A value that is carried from one iteration of training to the next: the gradient does not cross.
public struct TrainingCarry: Sendable {
  /// The input that it becomes, in every graph that has it; zeros at the start of an epoch.
  public var input: String
  /// The name of the value.
  public var name: String
  /// The index of the graph that computes it.
  public var graph: Int
  /// The value.
  public var source: Source
}

/// A value to report while training.
public struct TrainingMetric: Sendable {
  /// The name that is shown.
  public var name: String
  /// The index of the graph.
  public var graph: Int
  /// A value of that graph with one element.
  public var source: Source
}

/// Where the rows to train on come from.
///
/// The first axis of every array counts rows, but for those that are given whole.
public struct TrainingData: Sendable {
  /// One for each input that the manifest feeds: all that the graphs have and that is not carried.
  public var inputs: [TrainingFeed]
  /// The rows to train on.
  public var training: RowSelection
  /// The rows to validate on after each epoch; nil: none.
  public var validation: RowSelection?
  /// Where the manifest says so.
  public var place: Place
}

/// What feeds one input, in every graph that has it.
public struct TrainingFeed: Sendable {
  /// Where its rows come from.
  public enum Origin: Sendable {
    /// An array of a file: of an npz or safetensors file by `key`, of a csv file by its column.
    case file(ManifestPath, key: String)
    /// Numbers in the manifest itself, row-major.
    case values([Double], shape: [Int])
  }

  /// The input's name.
  public var input: String
  /// Where its rows come from.
  public var origin: Origin
  /// What each number is multiplied by.
  public var scale: Double
  /// What is added after that.
  public var offset: Double
  /// Whether all of it is given at every step, instead of some rows.
  public var isWhole: Bool
  /// Where the manifest says so.
  public var place: Place
}

/// Some of the rows.
public enum RowSelection: Hashable, Sendable {
  /// Those from the first to before the second, counted from 0.
  case range(Int, Int)
  /// So large a part of all rows, from the end.
  case lastShare(Double)
  /// Every row that the other selection leaves.
  case rest
}
