import ZooRuntime
import ZooTypes

/// The data of a manifest's `train`, opened: what feeds the graphs, and which rows are for what.
struct DataSection {
  let dataset: Dataset
  let parts: DataParts
  /// How inputs are normalised, by their names.
  let normalization: [String: InputNormalization]
  /// The names of the classes; nil: the data does not say.
  let classes: [String]?

  /// Opens it.
  ///
  /// `own` is what a user names instead of the manifest's file or folder. Inputs are normalised as `known` says, or as the rows to train
  /// on are.
  init(
    _ section: TrainingSection, catalog: Catalog, manifestFolder: String, zooRoot: String, own: String?,
    known: [String: InputNormalization]? = nil
  ) throws {
    let graphs = section.graphs.map(\.graph)
    let carried = Set(section.carried.map(\.input))
    guard let data = section.data else {
      if let own { throw DatasetError.noData(own) }
      dataset = try Dataset(graphs, feeds: [:], carried: carried)
      (parts, normalization, classes) = (DataParts(), [:], nil)
      return
    }
    if let own, data.file == nil, data.folder == nil { throw DatasetError.noData(own) }
    let files = DataFiles(data, catalog: catalog, manifestFolder: manifestFolder, zooRoot: zooRoot, own: own)
    classes = try files.classes()
    var feeds: [String: Dataset.Feed] = [:]
    // Contents first: they say how many rows each file has.
    for feed in data.inputs.filter({ !$0.isClassIndex }) + data.inputs.filter(\.isClassIndex) {
      guard let input = graphs.lazy.flatMap(\.inputs).first(where: { $0.name == feed.input }) else { continue }
      feeds[feed.input] = Dataset.Feed(
        name: feed.name, rows: try files.rows(feed, for: input), scale: feed.scale, offset: feed.offset, isWhole: feed.isWhole)
    }
    let raw = try Dataset(graphs, feeds: feeds, carried: carried)
    let groups = try raw.count.flatMap { count in try data.group.map { try files.groups($0, count: count) } }
    // The manifest's seed, not the user's: what is held out is the same for every run of a model.
    parts = try DataParts(
      data, of: raw, groups: groups, inOrder: !carried.isEmpty, seed: UInt64(bitPattern: Int64(section.seed)))

    var normalization: [String: InputNormalization] = [:]
    for feed in data.inputs {
      guard let method = feed.normalize, var own = feeds[feed.input] else { continue }
      guard let input = graphs.lazy.flatMap(\.inputs).first(where: { $0.name == feed.input }), input.dtype == .f32 else {
        throw DatasetError.normalized(input: feed.input)
      }
      let rows = feed.isWhole ? [0] : parts.training
      let fitted = try known?[feed.input] ?? Normalizer.fit(method, own, rows: rows)
      let row = own.rows.row
      guard fitted.subtract.count == (row.rank > 0 ? row.width : 1) else {
        throw WeightsNotesError.normalization(input: feed.input, channels: fitted.subtract.count, got: row)
      }
      normalization[feed.input] = fitted
      own.normalization = fitted
      feeds[feed.input] = own
    }
    self.normalization = normalization
    dataset = normalization.isEmpty ? raw : try Dataset(graphs, feeds: feeds, carried: carried)
  }
}

extension TrainingFeed {
  /// What messages call it.
  var name: String {
    switch origin {
    case .file(let path, .given(let key)), .file(let path, .implied(let key)): "\(path.text):\(key)"
    case .file(let path, .none): path.text
    case .values: input
    case .folder(.content): "files"
    case .folder(.classIndex): "classes"
    }
  }

  var isClassIndex: Bool { if case .folder(.classIndex) = origin { true } else { false } }
}
