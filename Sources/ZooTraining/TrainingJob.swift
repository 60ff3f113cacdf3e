public import ZooFormats
public import ZooRuntime
import ZooTypes

/// The training that a manifest describes, made ready: data read, session opened, optimisers planned.
public struct TrainingJob {
  /// The model's parameters and programs.
  public let session: Session
  /// What trains them.
  public let trainer: Trainer
  /// The held-out examples.
  public let validation: [Int64]

  /// What a user may say beside the manifest.
  public struct Choices: Sendable {
    /// How often every example is seen; nil: as the manifest says.
    public var epochs: Int?
    /// How many examples a step sees; nil: as the manifest says.
    public var batch: Int?
    /// nil: as the manifest says.
    public var seed: UInt64?
    /// Where to start from; nil: from the seed.
    public var weights: (file: SafeTensors, name: String)?
    /// Where weights go after each epoch; nil: nowhere.
    public var output: String?
    /// The folder that checkpoints go to; nil: there are none.
    public var checkpoints: String?
    /// Whether to go on from the newest of them.
    public var resumes = false
    /// How often there is one within epochs; nil: never.
    public var saveEvery: TrainingOptions.Interval?
    /// What the rate of each update is multiplied by instead of its schedule; nil: the schedule decides.
    public var rateFactor: (@Sendable (_ number: Int) -> Double)?
    /// The libraries that layers may call.
    public var foreign = ForeignLibraries.none
    /// What layers compute with; parameters and their updates are f32.
    public var precision = Precision()

    /// No choices.
    public init() {}
  }

  /// Reads the data and plans everything.
  public init(_ model: Model, catalog: Catalog, manifestFolder: String, zooRoot: String, choices: Choices = Choices()) throws {
    guard let section = model.training else { throw TrainingJobError.noTraining(model: model.name) }
    let files = DataFiles(catalog: catalog, manifestFolder: manifestFolder, zooRoot: zooRoot)
    var feeds: [String: Dataset.Feed] = [:]
    for feed in section.data?.inputs ?? [] {
      guard let input = section.graphs.lazy.flatMap(\.graph.inputs).first(where: { $0.name == feed.input }) else { continue }
      feeds[feed.input] = Dataset.Feed(
        name: feed.name, array: try files.read(feed, for: input), scale: feed.scale, offset: feed.offset, isWhole: feed.isWhole)
    }
    let dataset = try Dataset(section.graphs.map(\.graph), feeds: feeds, carried: Set(section.carried.map(\.input)))
    let (rows, validation) = try section.data?.rows(of: dataset.count) ?? ([], [])
    self.validation = validation

    session = Session(
      model.graphs, weights: choices.weights, inPlace: false, seed: choices.seed ?? UInt64(bitPattern: Int64(section.seed)),
      foreign: choices.foreign, precision: choices.precision)
    var options = TrainingOptions(
      epochs: choices.epochs ?? section.epochs, batch: choices.batch ?? section.batch, shuffles: section.isShuffled, rows: rows,
      validation: validation, weights: choices.output)
    options.checkpoints = choices.checkpoints
    options.saveEvery = choices.saveEvery
    options.measureEvery = 10
    options.rateFactor = choices.rateFactor
    trainer = try Trainer(session, section, data: dataset, options: options)
    if choices.resumes { try trainer.resume() }
  }
}

extension TrainingData {
  /// The rows to train on and those that are held out, of so many.
  fileprivate func rows(of count: Int?) throws(DatasetError) -> (training: [Int64], validation: [Int64]) {
    guard let count else { return ([], []) }
    let held = try validation?.range(of: count, part: "validation") ?? 0..<0
    let rows = training == .rest ? (0..<count).filter { !held.contains($0) } : Array(try training.range(of: count, part: "training"))
    guard !rows.isEmpty else { throw .rows(part: "training", from: 0, to: 0, count: count) }
    let seen = Set(rows)
    let others = validation == .rest ? (0..<count).filter { !seen.contains($0) } : Array(held)
    return (rows.map(Int64.init), others.map(Int64.init))
  }
}

extension TrainingFeed {
  /// What messages call it.
  fileprivate var name: String {
    switch origin {
    case .file(let path, let key): key.isEmpty ? path.text : "\(path.text):\(key)"
    case .values: input
    }
  }
}

extension RowSelection {
  /// The rows as a range; `rest` is none here, because it depends on the other selection.
  fileprivate func range(of count: Int, part: String) throws(DatasetError) -> Range<Int> {
    switch self {
    case .range(let from, let to):
      guard 0 <= from, from < to, to <= count else { throw .rows(part: part, from: from, to: to, count: count) }
      return from..<to
    case .lastShare(let share): return (count - Int((Double(count) * share).rounded()))..<count
    case .rest: return 0..<0
    }
  }
}
