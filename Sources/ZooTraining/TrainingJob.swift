public import ZooFormats
public import ZooRuntime
public import ZooTypes

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

    /// No choices.
    public init() {}
  }

  /// Reads the data and plans everything.
  public init(_ model: Model, catalog: Catalog, manifestFolder: String, zooRoot: String, choices: Choices = Choices()) throws {
    guard let section = model.training else { throw TrainingJobError.noTraining(model: model.name) }
    guard let data = section.data else { throw TrainingJobError.noData(model: model.name) }
    let arrays = DataFiles(catalog: catalog, manifestFolder: manifestFolder, zooRoot: zooRoot)
    let dataset = try Dataset(
      section.graph,
      arrays: zip(data.inputs, section.graph.inputs).map { feed, input in
        (feed.name, try arrays.read(feed, for: input), feed.scale, feed.offset)
      })
    let held = try data.validation?.range(of: dataset.count, part: "validation") ?? 0..<0
    let rows: [Int64]
    if data.training == .rest {
      rows = (0..<dataset.count).filter { !held.contains($0) }.map { Int64($0) }
    } else {
      rows = try data.training.range(of: dataset.count, part: "training").map { Int64($0) }
    }
    let training = Set(rows)
    validation =
      data.validation == .rest
      ? (0..<Int64(dataset.count)).filter { !training.contains($0) } : held.map { Int64($0) }
    guard !rows.isEmpty else { throw DatasetError.rows(part: "training", from: 0, to: 0, count: dataset.count) }

    session = Session(
      model.graph, weights: choices.weights, inPlace: false, seed: choices.seed ?? UInt64(bitPattern: Int64(section.seed)))
    trainer = try Trainer(
      session, graph: section.graph, data: dataset, steps: section.steps,
      options: TrainingOptions(
        epochs: choices.epochs ?? section.epochs, batch: choices.batch ?? section.batch, shuffles: section.isShuffled, rows: rows,
        validation: validation, metrics: section.metrics, weights: choices.output))
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

/// Reads the arrays that feed a training graph, by the codecs of families.
private final class DataFiles {
  let catalog: Catalog
  let manifestFolder: String
  let zooRoot: String

  init(catalog: Catalog, manifestFolder: String, zooRoot: String) {
    self.catalog = catalog
    self.manifestFolder = manifestFolder
    self.zooRoot = zooRoot
  }

  func read(_ feed: TrainingFeed, for input: GraphInput) throws -> TensorBuffer {
    switch feed.origin {
    case .values(let values, let shape):
      let tensor = TensorBuffer(Spec(shape, input.dtype.isFloat ? .f64 : .i64))
      for (i, value) in values.enumerated() {
        if input.dtype.isFloat {
          tensor.pointer.storeBytes(of: value, toByteOffset: 8 * i, as: Double.self)
        } else {
          tensor.pointer.storeBytes(of: Int64(value), toByteOffset: 8 * i, as: Int64.self)
        }
      }
      return tensor
    case .file(let path, let key):
      let file = try MappedFile(try path.resolve(manifestFolder: manifestFolder, zooRoot: zooRoot))
      let suffix = path.text.split(separator: ".").last.map(String.init) ?? ""
      guard let codec = catalog.codec(forExtension: suffix) else {
        throw TrainingJobError.noCodec(file: path.text, extensions: catalog.codecNames.flatMap { catalog.codec($0)?.extensions ?? [] })
      }
      var attributes = codec.attributes.map(\.fallback)
      if let index = codec.attributes.firstIndex(where: { $0.name == "key" }), !key.isEmpty { attributes[index] = .text(key) }
      let runner = CodecRunner(CodecChoice(codec: codec, attributes: attributes))
      return try file.withUnsafeBytes { try runner.decode($0, file: path.text, for: nil) }
    }
  }
}

/// A model that cannot be trained as asked.
public enum TrainingJobError: ExplainedError, Hashable {
  /// Its manifest has no `train`.
  case noTraining(model: String)
  /// Its `train` names no data.
  case noData(model: String)
  /// No codec reads the data.
  case noCodec(file: String, extensions: [String])

  /// What is wrong.
  public var message: String {
    switch self {
    case .noTraining(let model): "the manifest of '\(model)' does not say how to train it"
    case .noData(let model): "the manifest of '\(model)' names no data to train on"
    case .noCodec(let file, _): "\(file): no codec reads files of this kind"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .noTraining: "add a 'train' section; docs/manifest.md shows one"
    case .noData: "add 'data' to its 'train' section; docs/manifest.md shows how"
    case .noCodec(_, let extensions): "these can be read: \(extensions.joined(separator: ", "))"
    }
  }
}
