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
  /// What is compared when the model is evaluated; nil: the manifest does not say.
  public var evaluation: TrainingEvaluation?
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
