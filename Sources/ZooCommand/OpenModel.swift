import ArgumentParser
import Glibc
import ZooFormats
import ZooRuntime
import ZooTraining
import ZooTypes

/// What every subcommand takes that works with a model.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Give a setting of the manifest another value.", valueName: "name=value"))
  var settings: [String] = []

  @Option(
    name: .customLong("allow-foreign"), parsing: .singleValue,
    help: ArgumentHelp("Let the model call functions of this library, by its name or its file's path.", valueName: "library"))
  var allowedLibraries: [String] = []

  @OptionGroup
  var zoo: ZooOptions
}

/// A model of a zoo with its settings filled in, and its way to files.
struct OpenModel {
  let zoo: Zoo
  let listing: ModelListing
  let model: Model
  /// The manifest, with what was chosen about training.
  let manifest: Manifest
  /// What was chosen about training: paths in the manifest, and values.
  let changes: [(path: String, value: JSON)]
  /// The libraries that its layers may call.
  let foreign: ForeignLibraries
  /// What its weights say about how they were made.
  let notes: WeightsNotes
  /// The settings that are not the manifest's own, with their values.
  let chosenSettings: JSONObject

  /// Finds, reads and expands the model of that name.
  ///
  /// Settings are what `--set` says, else what the weights were made with, else what the training data in `data` or the manifest's
  /// folder says, else the manifest's.
  /// With `startsAnew`, no weights are used but those in `weights`.
  init(
    _ name: String, _ options: ModelOptions, includesTraining: Bool = false, weights: String? = nil, data: String? = nil,
    startsAnew: Bool = false
  ) throws {
    try self.init(
      name, in: try options.zoo.find(), options, includesTraining: includesTraining, weights: weights, data: data, startsAnew: startsAnew)
  }

  init(
    _ name: String, in zoo: Zoo, _ options: ModelOptions, includesTraining: Bool, weights: String? = nil, data: String? = nil,
    startsAnew: Bool = false
  ) throws {
    attributeCrashes()
    self.zoo = zoo
    foreign = try .user(adding: options.allowedLibraries)
    listing = try zoo.model(name)
    notes = startsAnew && weights == nil ? WeightsNotes() : try listing.notes(of: weights, zoo)
    var overrides: [String: JSON] = [:]
    var changes: [(path: String, value: JSON)] = []
    for (key, value) in try options.settings.map(assignment) {
      if includesTraining, key.hasPrefix("train.") {
        changes.append((key, choice(value)))
      } else {
        overrides[key] = .text(value)
      }
    }
    self.changes = changes
    manifest = try listing.manifest.changing(changes)
    for member in notes.settings.members where listing.manifest.settingNames.contains(member.name) && overrides[member.name] == nil {
      overrides[member.name] = member.value
    }
    if includesTraining, let (key, value) = try listing.classes(in: data, zoo), overrides[key] == nil { overrides[key] = value }
    var model: Model
    do throws(ManifestError) {
      model = try manifest.expand(settings: overrides, catalog: zoo.catalog, includesTraining: includesTraining)
    } catch {
      // A family that would not load may be the one that is missed.
      if error.missesFamily { for problem in zoo.catalog.problems { printDiagnostic(explanation(problem, terminal: .diagnostics)) } }
      throw error
    }
    try model.readFiles(manifestFolder: listing.manifest.folder, zooRoot: zoo.folder.path)
    self.model = model
    var chosen = JSONObject()
    for name in model.settings.names where overrides[name] != nil { chosen[name] = model.settings[name] }
    chosenSettings = chosen
  }

  /// The file that a path in the manifest leads to.
  func resolve(_ path: String, at place: Place) throws(ManifestError) -> String {
    try ManifestPath(path, place: place).resolve(manifestFolder: listing.manifest.folder, zooRoot: zoo.folder.path)
  }

  /// The weights in `file`, else those that the manifest names; nil: it names none, or nothing is trained yet.
  func weights(_ file: String?) throws -> (file: SafeTensors, name: String)? {
    if let file { return (try SafeTensors(try MappedFile(file)), file) }
    guard let path = model.weights else { return nil }
    let found = try path.find(manifestFolder: listing.manifest.folder, zooRoot: zoo.folder.path)
    return try found.map { (try SafeTensors(try MappedFile($0)), path.text) }
  }

  /// More weights, whose results are to be averaged with those of the first: they have to take their inputs normalised in the same way.
  func others(_ files: some Sequence<String>) throws -> [(file: SafeTensors, name: String)] {
    try files.map { name in
      let file = try SafeTensors(try MappedFile(name))
      guard try WeightsNotes(file, name: name).normalization == notes.normalization else { throw UsageError.otherInputs(weights: name) }
      return (file, name)
    }
  }

  /// A session for running: weights stay where their file is mapped.
  ///
  /// Without any weights, the first ones of `seed`; an error if the manifest names weights and there is no seed.
  func session(weights file: String?, seed: UInt64?, fuse: Bool = true, precision: Precision = Precision()) throws -> Session {
    let weights = try weights(file)
    if weights == nil, seed == nil, let missing = model.weights { throw MissingWeights(model, path: missing.text) }
    return Session(model.graphs, weights: weights, seed: seed ?? 0, fuse: fuse, foreign: foreign, precision: precision)
  }

  /// Reads a file for an input: by the manifest's codec if it knows such files or none does, else by the one that does.
  func read(_ path: String, for input: GraphInput) throws -> TensorBuffer {
    let codec = try codec(for: path, choice: input.codec, reads: true)
    return try MappedFile(path).withUnsafeBytes { try codec.decode($0, file: path, for: input) }
  }

  /// What a model computes with of what it is given for an input: normalised as its training data was.
  func normalized(_ tensor: TensorBuffer, for input: GraphInput) throws -> TensorBuffer {
    try notes.normalization[input.name]?.apply(to: tensor, input: input.name)
    return tensor
  }

  /// Reads what the command line gives for an input: a file; for running text also the words themselves.
  ///
  /// Words are what is no file, nor named like one. After an `@` there is always a file.
  func read(argument text: String, for input: GraphInput) throws -> TensorBuffer {
    guard let choice = input.codec, choice.codec.isRunningText else { return try read(text, for: input) }
    if text.hasPrefix("@") { return try read(String(text.dropFirst()), for: input) }
    if access(text, F_OK) == 0 || choice.codec.extensions.contains(fileExtension(of: text)) { return try read(text, for: input) }
    do {
      // As the only line of a file.
      return try Array((text + "\n").utf8).withUnsafeBytes { bytes in
        try CodecRunner(choice).decode(bytes, file: "--input \(input.name)", for: input)
      }
    } catch let error as CodecFailure {
      throw WordsError(input: input.name, message: error.message)
    }
  }

  /// The graph of that name; without one, the default graph.
  func graphIndex(_ name: String?) throws(UsageError) -> Int {
    guard let name else { return 0 }
    let names = model.graphs.map(\.name)
    guard let index = names.firstIndex(of: name) else { throw .unknownGraph(name, known: names) }
    return index
  }

  /// The input's own sample, if it has one.
  func sample(for input: GraphInput) throws -> TensorBuffer? {
    try input.sample.map { try read(try resolve($0, at: input.place), for: input) }
  }

  /// The codec for a file of this name.
  func codec(for path: String, choice: CodecChoice?, reads: Bool) throws(UsageError) -> CodecRunner {
    let suffix = fileExtension(of: path)
    if let choice, choice.codec.extensions.contains(suffix) { return CodecRunner(choice) }
    // One that must be told something cannot be chosen by a file's name.
    let codecs = zoo.catalog.codecNames.compactMap { zoo.catalog.codec($0) }.filter { codec in
      (reads ? codec.reads : codec.writes) && !codec.attributes.contains(where: \.isRequired)
    }
    if let codec = codecs.first(where: { $0.extensions.contains(suffix) }) { return CodecRunner(codec) }
    if let choice { return CodecRunner(choice) }
    throw .noCodec(file: path, reads: reads, known: Set(codecs.flatMap(\.extensions)).sorted())
  }
}

extension ModelListing {
  /// What the weights in `file`, else those that the manifest names, say about how they were made.
  fileprivate func notes(of file: String?, _ zoo: Zoo) throws -> WeightsNotes {
    if let file { return try WeightsNotes(try SafeTensors(try MappedFile(file)), name: file) }
    guard let path = manifest.weightsFile,
      let found = try path.find(manifestFolder: manifest.folder, zooRoot: zoo.folder.path)
    else { return WeightsNotes() }
    return try WeightsNotes(try SafeTensors(try MappedFile(found)), name: path.text)
  }

  /// The setting that is what the training data's classes are, and its value; nil: there is no such setting, or no such data.
  fileprivate func classes(in data: String?, _ zoo: Zoo) throws -> (String, JSON)? {
    guard let setting = manifest.classSetting else { return nil }
    var folder = data
    if folder == nil { folder = try manifest.dataFolder?.find(manifestFolder: manifest.folder, zooRoot: zoo.folder.path) }
    // What is wrong with the data is told when it is opened.
    guard let folder, let names = try? DataFolder.classes(at: folder), !names.isEmpty else { return nil }
    return (setting.name, setting.isCount ? .integer(names.count) : .array(names.map { .text($0) }))
  }
}

/// From now on, a crash in a family says whose it was, in the same form as every other error.
private func attributeCrashes() {
  let terminal = Terminal.diagnostics
  // On a terminal, the line may have something on it: progress, or text as it is made.
  CrashReports.begin(
    label: (terminal.isTerminal ? "\n" : "") + terminal.styled("zoo:", .failure), help: terminal.styled("help:", .help))
}

/// `NAME=VALUE` in its parts.
private func assignment(_ text: String) throws(UsageError) -> (String, String) {
  guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { throw .notASetting(text) }
  return (String(text[..<equals]), String(text[text.index(after: equals)...]))
}

/// What text on the command line stands for in a manifest: JSON if it is that, else the text itself.
func choice(_ text: String) -> JSON { (try? JSONDocument(Array(text.utf8), file: ""))?.root.unplaced ?? .text(text) }

extension JSON {
  /// The same value, standing nowhere.
  fileprivate var unplaced: JSON {
    switch content {
    case .array(let elements): .array(elements.map(\.unplaced))
    case .object(let object): .object(object.members.map { ($0.name, $0.value.unplaced) })
    default: JSON(content)
    }
  }
}

/// What follows the last dot of a file's name, in lower case; empty: nothing does.
func fileExtension(of path: String) -> String {
  let name = path.split(separator: "/").last ?? ""
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
  return name[name.index(after: dot)...].lowercased()
}

/// A model that is to be run before it has been trained.
struct MissingWeights: ExplainedError, Hashable {
  let model: String
  let path: String
  let isTrainable: Bool

  init(_ model: Model, path: String) { (self.model, self.path, isTrainable) = (model.name, path, model.training != nil) }

  var message: String { "'\(model)' has no weights yet: there is no '\(path)'" }
  var help: String {
    (isTrainable ? "'zoo train \(model)' makes some; " : "") + "give them with --weights FILE, or run untrained ones with --seed 0"
  }
}

/// Words given on the command line that an input cannot take.
struct WordsError: ExplainedError, Hashable {
  let input: String
  let message: String

  var help: String { "these are the words themselves; --input \(input)=@FILE reads a file" }
}

extension ManifestError {
  /// Whether it asks for something that a family should have.
  fileprivate var missesFamily: Bool {
    switch problem {
    case .unknownLayer, .unknownOptimizer, .unknownCodec: true
    default: false
    }
  }

  /// Whether the user's own choice of settings is to blame, not the manifest.
  var isAboutChoices: Bool {
    switch problem {
    case .unknownSetting, .settingType: place.line == 0
    case .settingNotGiven(_, of: .manifest): true
    case .nothingToChange, .unknownChange: true
    case .unknownKey: place.line == 0
    default: false
    }
  }
}
