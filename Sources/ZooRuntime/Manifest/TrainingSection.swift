public import ZooFormats
public import ZooTypes

/// How a manifest wants its model trained.
public struct TrainingSection: Sendable {
  /// The model's graph, its nodes as they are there, and after them the losses and metrics.
  public var graph: Graph
  /// What feeds the graph's inputs; nil: it has none.
  public var data: TrainingData?
  /// What one batch does, in order.
  public var steps: [TrainingStep]
  /// What to report, by name.
  public var metrics: [TrainingMetric]
  /// How often all rows are gone through.
  public var epochs: Int
  /// How many rows one step sees.
  public var batch: Int
  /// Whether rows are shuffled before every epoch.
  public var isShuffled: Bool
  /// What the first weights, the shuffling and every random layer depend on.
  public var seed: Int
  /// One sentence.
  public var about: String
  /// Where the manifest says so.
  public var place: Place
}

/// One value to minimise, and by which parameters.
public struct TrainingStep: Sendable {
  /// The name of what is minimised, for messages.
  public var name: String
  /// A value of the training graph with one element.
  public var minimized: Source
  /// The parameters that it updates: patterns over their paths, where `*` stands for any letters.
  ///
  /// Frozen ones never are.
  public var updated: [String]
  /// How it updates them.
  public var optimizer: OptimizerChoice
  /// Where the manifest says so.
  public var place: Place
}

/// An optimiser's update with its attributes.
public struct OptimizerChoice: Sendable {
  /// A kind that is an update.
  public var kind: KindInfo
  /// One for each attribute that it declares, in that order.
  public var attributes: [AttributeLiteral]
  /// The learning rate.
  public var rate: Double
  /// Where the manifest says so.
  public var place: Place
}

/// A value to report while training.
public struct TrainingMetric: Sendable {
  /// The name that is shown.
  public var name: String
  /// A value of the training graph with one element.
  public var source: Source
}

/// Where the rows to train on come from.
///
/// The first axis of every array counts rows.
public struct TrainingData: Sendable {
  /// One for each input of the training graph, in its order.
  public var inputs: [TrainingFeed]
  /// The rows to train on.
  public var training: RowSelection
  /// The rows to validate on after each epoch; nil: none.
  public var validation: RowSelection?
  /// Where the manifest says so.
  public var place: Place
}

/// What feeds one input of the training graph.
public struct TrainingFeed: Sendable {
  /// Where its rows come from.
  public enum Origin: Sendable {
    /// An array of a file: of an npz or safetensors file by `key`, of a csv file by its column.
    case file(ManifestPath, key: String)
    /// Numbers in the manifest itself, row-major.
    case values([Double], shape: [Int])
  }

  /// The graph input.
  public var input: String
  /// Where its rows come from.
  public var origin: Origin
  /// What each number is multiplied by.
  public var scale: Double
  /// What is added after that.
  public var offset: Double
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
