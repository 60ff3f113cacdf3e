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
  /// Which examples are for what.
  public let parts: DataParts
  private let dataset: Dataset
  /// The names of the classes; nil: the data does not say.
  public let classes: [String]?

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
    /// A file or folder to learn from instead of the manifest's; nil: the manifest's.
    public var data: String?
    /// Settings whose values are not the manifest's: weights say so.
    public var settings = JSONObject()
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
    let data = try DataSection(section, catalog: catalog, manifestFolder: manifestFolder, zooRoot: zooRoot, own: choices.data)
    (validation, parts, classes, dataset) = (data.parts.validation, data.parts, data.classes, data.dataset)

    session = Session(
      model.graphs, weights: choices.weights, inPlace: false, seed: choices.seed ?? UInt64(bitPattern: Int64(section.seed)),
      foreign: choices.foreign, precision: choices.precision)
    var options = TrainingOptions(
      epochs: choices.epochs ?? section.epochs, batch: choices.batch ?? section.batch, shuffles: section.isShuffled,
      rows: parts.training, validation: validation, weights: choices.output)
    options.notes = WeightsNotes(settings: choices.settings, normalization: data.normalization)
    options.checkpoints = choices.checkpoints
    options.saveEvery = choices.saveEvery
    options.measureEvery = 10
    options.rateFactor = choices.rateFactor
    trainer = try Trainer(session, section, data: data.dataset, options: options)
    if choices.resumes { try trainer.resume() }
  }

  /// How many rows that are held out equal one that is trained on.
  ///
  /// It looks through all rows.
  public func equalRows() -> Int { parts.equalCount(in: dataset) }
}
