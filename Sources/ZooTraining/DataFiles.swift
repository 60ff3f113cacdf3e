import ZooFormats
import ZooRuntime
import ZooTypes

/// Opens the arrays, files and folders that feed a training graph, by the codecs of families.
final class DataFiles {
  private let catalog: Catalog
  private let manifestFolder: String
  private let zooRoot: String
  /// What a user names instead of the manifest's file or folder; it may lie anywhere.
  private let own: String?
  private let data: TrainingData
  /// The folder that most feeds are from, listed once for each set of extensions.
  private var folders: [[String]: DataFolder] = [:]
  private var windowed: FileRows?

  init(_ data: TrainingData, catalog: Catalog, manifestFolder: String, zooRoot: String, own: String?) {
    (self.data, self.catalog, self.manifestFolder, self.zooRoot, self.own) = (data, catalog, manifestFolder, zooRoot, own)
  }

  /// The names of the folder's classes; nil: there is no folder.
  func classes() throws -> [String]? {
    guard let path = try folderPath() else { return nil }
    let found = try DataFolder.classes(at: path)
    if found.isEmpty, data.classes != nil, let label = data.inputs.first(where: \.isClassIndex) {
      throw DataFolderError.noClasses(folder: path, input: label.input)
    }
    switch data.classes {
    case .names(let names) where names != found: throw DataFolderError.classes(folder: path, has: found, model: names)
    case .count(let count) where count != found.count: throw DataFolderError.classCount(folder: path, has: found, model: count)
    default: return found
    }
  }

  /// What feeds an input.
  func rows(_ feed: TrainingFeed, for input: GraphInput) throws -> any RowSource {
    switch feed.origin {
    case .values(let values, let shape): try rows(try numbers(values, shape, for: input), feed)
    case .file(let path, let key): try rows(try array(path, key: key, feed, for: input), feed)
    case .folder(.content): try content(feed, for: input)
    case .folder(.classIndex): try classIndices(for: input)
    }
  }

  /// A number for each row's group: rows of one group stay together.
  func groups(_ key: String, count: Int) throws -> [UInt64] {
    guard let file = data.file else { throw DatasetError.groupOfFolder(key) }
    let path = try resolve(file)
    let array = try read(path, codec(for: path), key: key)
    guard array.spec.rank > 0, array.spec.shape[0] == count else { throw DatasetError.groups(key, has: array.spec, count: count) }
    let rows = ArrayRows(array)
    return (0..<count).map { mixed(rows.identity(of: $0)) }
  }

  // MARK: Files

  private func numbers(_ values: [Double], _ shape: [Int], for input: GraphInput) throws(DatasetError) -> TensorBuffer {
    let tensor = TensorBuffer(Spec(shape, input.dtype.isFloat ? .f64 : .i64))
    for (i, value) in values.enumerated() {
      if input.dtype.isFloat {
        tensor.pointer.storeBytes(of: value, toByteOffset: 8 * i, as: Double.self)
      } else {
        guard let integer = Int64(exactly: value) else { throw .value(input: input.name, wants: input.dtype, got: value) }
        tensor.pointer.storeBytes(of: integer, toByteOffset: 8 * i, as: Int64.self)
      }
    }
    return tensor
  }

  private func array(_ path: ManifestPath, key: TrainingFeed.Key, _ feed: TrainingFeed, for input: GraphInput) throws -> TensorBuffer {
    let file = try path == data.file ? resolve(path) : path.resolve(manifestFolder: manifestFolder, zooRoot: zooRoot)
    guard !DataFolder.isFolder(file) else { throw DataFolderError.misfit(path: file, isFolder: true) }
    // What an input says about its files holds for the files of its data too.
    if let choice = feed.codec ?? input.codec, feed.codec != nil || choice.codec.extensions.contains(fileExtension(file)) {
      let tensor = try read(file, choice, key: key.given, for: input)
      // One item of the input comes with an axis for the batch, which is none of the file's.
      let hasBatch = tensor.spec.rank == input.shape.count && tensor.spec.shape.first == 1 && feed.window != nil
      return hasBatch ? TensorBuffer(Spec(Array(tensor.spec.shape.dropFirst()), tensor.spec.dtype), bytes: .init(tensor.bytes)) : tensor
    }
    let choice = try codec(for: file)
    if case .implied(let name) = key {
      // The array that is called like the input, or the only one there is.
      if let tensor = try? readPlain(file, choice, key: name, for: input) { return tensor }
    }
    return try readPlain(file, choice, key: key.given, for: input)
  }

  private func rows(_ array: TensorBuffer, _ feed: TrainingFeed) throws -> any RowSource {
    guard let window = feed.window else { return ArrayRows(array, isWhole: feed.isWhole) }
    let rows = RowWindow(window, reach: data.reach)
    guard array.spec.rank > 0, rows.count(in: array.spec.shape[0]) > 0 else {
      throw DatasetError.short(input: feed.input, has: array.spec, window: rows.reach)
    }
    return ArrayRows(array, rows)
  }

  /// The array as the file has it, unless only the input says what it is: text holds numbers of any type.
  private func readPlain(_ path: String, _ choice: CodecChoice, key: String?, for input: GraphInput) throws -> TensorBuffer {
    let plain = try read(path, choice, key: key)
    let fits = plain.spec.rank == input.shape.count && (input.dtype.isFloat || !plain.spec.dtype.isFloat)
    return fits ? plain : (try? read(path, choice, key: key, for: input)) ?? plain
  }

  private func read(_ path: String, _ choice: CodecChoice, key: String?, for input: GraphInput? = nil) throws -> TensorBuffer {
    var choice = choice
    if let key, let index = choice.codec.attributes.firstIndex(where: { $0.name == "key" }) { choice.attributes[index] = .text(key) }
    let runner = CodecRunner(choice)
    return try MappedFile(path).withUnsafeBytes { try runner.decode($0, file: path, for: input) }
  }

  private func codec(for path: String) throws(TrainingJobError) -> CodecChoice {
    guard let codec = catalog.codec(forExtension: fileExtension(path)) else {
      throw .noCodec(file: path, extensions: catalog.codecNames.flatMap { catalog.codec($0)?.extensions ?? [] })
    }
    return CodecChoice(codec: codec, attributes: codec.attributes.map(\.fallback))
  }

  private func resolve(_ path: ManifestPath) throws -> String {
    guard let own else { return try path.resolve(manifestFolder: manifestFolder, zooRoot: zooRoot) }
    return own
  }

  // MARK: Folders

  private func folderPath() throws -> String? {
    guard let folder = data.folder else { return nil }
    let path = try resolve(folder)
    guard DataFolder.isFolder(path) else {
      // What is not there at all is told as such.
      if own != nil { _ = try MappedFile(path) }
      throw DataFolderError.misfit(path: path, isFolder: false)
    }
    return path
  }

  private func folder(_ extensions: [String]) throws -> DataFolder {
    if let known = folders[extensions] { return known }
    guard let path = try folderPath() else { throw DataFolderError.misfit(path: data.file?.text ?? "", isFolder: false) }
    let folder = try DataFolder(path, extensions: extensions, isConfined: own == nil)
    folders[extensions] = folder
    return folder
  }

  private func content(_ feed: TrainingFeed, for input: GraphInput) throws -> any RowSource {
    guard let choice = feed.codec ?? input.codec else { throw DatasetError.noCodec(input: input.name) }
    let window = feed.window.map { RowWindow($0, reach: data.reach) }
    let rows = try FileRows(try folder(choice.codec.extensions), CodecRunner(choice), for: input, window)
    windowed = windowed ?? rows
    return rows
  }

  /// The number of each row's class: rows are those of what the folder's files hold.
  private func classIndices(for input: GraphInput) throws -> any RowSource {
    let contents = data.inputs.filter { if case .folder(.content) = $0.origin { true } else { false } }
    guard let path = try folderPath() else { throw DatasetError.noCodec(input: input.name) }
    guard let windowed, let folder = folders.values.first, !contents.isEmpty else { throw DatasetError.classesOnly(input: input.name) }
    guard !folder.classes.isEmpty else { throw DataFolderError.noClasses(folder: path, input: input.name) }
    let labels = TensorBuffer(Spec([windowed.count], .i64))
    for (r, file) in windowed.files.enumerated() {
      labels.pointer.storeBytes(of: Int64(folder.files[file].classIndex), toByteOffset: 8 * r, as: Int64.self)
    }
    return ArrayRows(labels)
  }
}

extension RowWindow {
  fileprivate init(_ window: TrainingFeed.Window, reach: Int) {
    self.init(length: window.length, stride: window.stride, shift: window.shift, reach: reach)
  }
}

extension TrainingData {
  /// How many elements the longest window of any input takes, with its shift: all inputs then have as many windows.
  fileprivate var reach: Int { inputs.compactMap { $0.window.map { $0.shift + $0.length } }.max() ?? 0 }
}

extension TrainingFeed.Key {
  /// The name, where the manifest says one.
  fileprivate var given: String? { if case .given(let name) = self { name } else { nil } }
}
