public import ZooFormats

/// Where the rows to train on come from.
///
/// The first axis of every array counts rows, but for those that are given whole; or rows are files of a folder, or windows.
public struct TrainingData: Sendable {
  /// The file that most inputs are arrays of; nil: each says its own.
  public var file: ManifestPath?
  /// The folder that most inputs are files of; nil: there is none.
  public var folder: ManifestPath?
  /// What the manifest says the folder's classes are; nil: whatever they are.
  public var classes: Classes?
  /// One for each input that the manifest feeds: all that the graphs have and that is not carried.
  public var inputs: [TrainingFeed]
  /// The rows to train on.
  public var training: RowSelection
  /// The rows to validate on after each epoch; nil: none.
  public var validation: RowSelection?
  /// The rows that are kept for the end; nil: none.
  public var test: RowSelection?
  /// The array of the file whose equal rows stay in one part; nil: none.
  public var group: String?
  /// The input whose every value is dealt out in the parts' shares; nil: none.
  public var stratified: String?
  /// Where the manifest says so.
  public var place: Place

  /// The classes that a model tells apart.
  public enum Classes: Hashable, Sendable {
    /// Those of these names, in this order.
    case names([String])
    /// So many, whatever they are called.
    case count(Int)
  }
}

/// What feeds one input, in every graph that has it.
public struct TrainingFeed: Sendable {
  /// Where its rows come from.
  public enum Origin: Sendable {
    /// An array of a file: of an npz or safetensors file by its name, of a csv file by that of its columns.
    case file(ManifestPath, key: Key)
    /// Numbers in the manifest itself, row-major.
    case values([Double], shape: [Int])
    /// The files of the data's folder, or what is known of them.
    case folder(FolderPart)
  }

  /// How an array of a file is named.
  public enum Key: Hashable, Sendable {
    /// The only one.
    case none
    /// By this name.
    case given(String)
    /// Called like the input, if there is such a one; else the only one.
    case implied(String)
  }

  /// What of a folder's files feeds an input.
  public enum FolderPart: Hashable, Sendable {
    /// What is in them.
    case content
    /// The number of the folder that each is in.
    case classIndex
  }

  /// Windows along the first axis of an array or file: each is a row.
  public struct Window: Hashable, Sendable {
    /// How long each is.
    public var length: Int
    /// How far the next begins behind it.
    public var stride: Int
    /// How far the first begins behind the beginning.
    public var shift: Int
  }

  /// The input's name.
  public var input: String
  /// Where its rows come from.
  public var origin: Origin
  /// How files become its rows; nil: as the input itself says, or as the file's name does.
  public var codec: CodecChoice?
  /// The windows that are its rows; nil: they are the file's own.
  public var window: Window?
  /// What each number is multiplied by.
  public var scale: Double
  /// What is added after that.
  public var offset: Double
  /// How it is normalised after that; nil: not at all.
  public var normalize: NormalizationMethod?
  /// Whether all of it is given at every step, instead of some rows.
  public var isWhole: Bool
  /// Where the manifest says so.
  public var place: Place
}

/// How an input is normalised, channel by channel along its last axis, by the rows to train on.
public enum NormalizationMethod: String, CaseIterable, Sendable {
  /// To mean 0 and standard deviation 1.
  case zScore = "z_score"
  /// From 0 to 1.
  case minMax = "min_max"
}

/// Some of the rows.
public enum RowSelection: Hashable, Sendable {
  /// Those from the first to before the second, counted from 0.
  case range(Int, Int)
  /// So large a part of all rows that no range takes, drawn from the seed; in order where rows follow one another.
  case share(Double)
  /// Every row that the other selections leave.
  case rest
}

/// Which of a graph's values are predictions and labels, and of what.
public struct TrainingEvaluation: Sendable {
  /// What is predicted.
  public enum Subject: String, CaseIterable, Sendable {
    /// A class for each row.
    case classes
    /// A class for each place of a row: the next character or word.
    case tokens
    /// A class for each pixel.
    case masks
  }

  /// The index of the graph.
  public var graph: Int
  /// Logits: the last axis counts classes, unless they have as many elements as there are labels; then each is that of one class of two.
  public var predictions: Source
  /// The number of the right class.
  public var labels: Source
  /// What is predicted; nil: as the labels' axes say.
  public var subject: Subject?
  /// Beside the likeliest class, how many of the likeliest are looked among for the right one.
  public var top: Int
  /// The label of what does not count; nil: everything counts.
  public var ignored: Int?

  /// Predictions and labels of a graph.
  public init(graph: Int, predictions: Source, labels: Source, subject: Subject? = nil, top: Int = 5, ignored: Int? = nil) {
    self.graph = graph
    self.predictions = predictions
    self.labels = labels
    self.subject = subject
    self.top = top
    self.ignored = ignored
  }
}
