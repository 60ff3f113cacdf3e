import ArgumentParser
import Glibc
import ZooFormats
import ZooRuntime
import ZooTraining
import ZooTypes

/// `zoo tune`: the learning-rate finder, and searches over settings.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune", abstract: "Search for settings that train a model best.", usage: "zoo tune <model> [<options>]",
    discussion: """
      Each trial is a 'zoo train' of its own, several at a time, in a folder of its own. A search that was stopped goes on where it was; a trial that \
      cannot be trained is noted, and the search goes on. Without --over, the manifest's section 'tune' says what is varied.

      Values are a list, 64,128,256, or a range: 1..4 are whole numbers, 0..0.5 numbers, log:1e-4..1e-1 numbers by equal factors; /7 after a range \
      has a grid take seven of them. Names are settings, keys of 'train' such as rate and batch, or paths such as train.steps.0.optimizer.rate.

      Examples:
        zoo tune lenet5 --rate-finder
        zoo tune lenet5 --over rate=log:1e-4..1e-1 --over batch=16,32,64 --trials 20 --epochs 2
      """)

  @Argument(help: "A model's name, or the path of its manifest.")
  var model: String

  @Flag(name: .customLong("rate-finder"), help: "Train once at a growing rate, and show where the loss falls fastest.")
  var findsRate = false

  @Option(help: ArgumentHelp("The rates that --rate-finder goes through.", valueName: "from..to"))
  var rates = "1e-6..1"

  @Option(help: ArgumentHelp("How many steps --rate-finder takes.", valueName: "count"), transform: positive)
  var steps = 200

  @Option(parsing: .singleValue, help: ArgumentHelp("Vary a setting over these values.", valueName: "name=values"))
  var over: [String] = []

  @Option(help: "grid, random, or bayes for a Gaussian process. Without it: as the manifest says, or bayes.")
  var method: Search.Method?

  @Option(help: ArgumentHelp("Try so many combinations. Without it: 20, or the whole grid.", valueName: "count"), transform: positive)
  var trials: Int?

  @Option(help: ArgumentHelp("Look for small values of this number. Without it: of the loss.", valueName: "number"))
  var minimize: String?

  @Option(help: ArgumentHelp("Look for large values of this number.", valueName: "number"))
  var maximize: String?

  @Option(
    help: ArgumentHelp("Run so many trials at once. Without it: as there are cores, four at most.", valueName: "count"), transform: positive
  )
  var jobs: Int?

  @Option(help: ArgumentHelp("Where the search goes. Without it: runs/, the model's name and -tune.", valueName: "folder"))
  var out: String?

  @Flag(help: "Begin anew, instead of going on with the search that is in the folder.")
  var overwrite = false

  @Option(help: ArgumentHelp("Let each trial see every example so often.", valueName: "count"), transform: positive)
  var epochs: Int?

  @Option(help: ArgumentHelp("Let each trial take so many examples in a step.", valueName: "count"), transform: positive)
  var batch: Int?

  @Option(help: ArgumentHelp("What the search and each trial depend on.", valueName: "number"))
  var seed: UInt64?

  @Flag(help: "Print one JSON document.")
  var json = false

  @OptionGroup
  var precision: PrecisionOptions

  @OptionGroup
  var options: ModelOptions

  func run() throws {
    let open = try OpenModel(model, options, includesTraining: true)
    guard let training = open.model.training else { throw TrainingJobError.noTraining(model: open.model.name) }
    if findsRate { return try findRate(open) }
    if minimize != nil, maximize != nil { throw TuneError.twoObjectives }
    let section = try open.manifest.tuning()
    let axes = try axes(open, section)
    let maximized = maximize ?? (minimize == nil ? section?.maximized : nil)
    let number = maximized ?? minimize ?? section?.minimized ?? training.steps.first?.name ?? "loss"
    let search = Search(
      axes: axes, method: method ?? section?.method.flatMap(Search.Method.init) ?? .bayes, seed: seed ?? 0, maximizes: maximized != nil)
    let limit = trials ?? section?.trials
    if search.method == .grid, limit == nil, search.gridCount > 10_000 { throw TuneError.grid(count: search.gridCount) }
    let count = limit ?? (search.method == .grid ? Int(search.gridCount) : 20)

    let folder = RunFolder(out ?? "runs/\(open.model.name)-tune").path
    if overwrite { unlink(folder + "/trials.jsonl") }
    var journal = try TrialJournal(in: folder, header: header(search, number: number))
    var report = TuningReport(search: search, number: number, count: count, json: json)
    let session = TuningSession(
      search: search, number: number, count: count, folder: folder, jobs: jobs ?? min(Threads.count, 4), arguments: arguments)
    let isWhole = try session.run(&journal, &report)
    try report.finish(journal.trials, folder: folder, model: model, common: commonArguments, isWhole: isWhole)
    if !isWhole { throw Ended(status: .interrupted) }
  }

  /// What is varied, with names as `--set` takes them.
  private func axes(_ open: OpenModel, _ section: TuningSection?) throws -> [SearchAxis] {
    var axes = try over.map { (text) throws(TuneError) in try SearchAxis(text) }
    if axes.isEmpty { axes = try (section?.over ?? []).map { (axis) throws(TuneError) in try SearchAxis(name: axis.name, axis.values) } }
    guard !axes.isEmpty else { throw TuneError.nothing(model: open.model.name) }
    axes = try axes.map { (axis) throws(TuneError) in SearchAxis(name: try name(axis.name, open), axis.values) }
    var seen: Set<String> = []
    for axis in axes where !seen.insert(axis.name).inserted { throw TuneError.twice(axis.name) }
    // Whatever the manifest has against a name or an end of a range is said before anything is trained.
    for axis in axes {
      for value in [axis.grid.first, axis.grid.last].compactMap(\.self) { try check(axis.name, value, open) }
    }
    return axes
  }

  /// A setting, a path, or the path of a key of `train` or its optimizer.
  private func name(_ text: String, _ open: OpenModel) throws(TuneError) -> String {
    let settings = open.model.settings.names
    if settings.contains(text) || text.hasPrefix("train.") { return text }
    let paths = ["train.optimizer.", "train."].map { $0 + text }
    if let path = paths.first(where: { open.manifest.value(at: $0) != nil }) { return path }
    if TuneCommand.keys.contains(text) { return "train." + text }
    var known = settings + TuneCommand.keys
    known += open.manifest.value(at: "train.optimizer")?.object?.names.filter { $0 != "layer" } ?? []
    throw .unknownAxis(text, known: known)
  }

  private static let keys = ["batch", "epochs", "seed"]

  private func check(_ name: String, _ value: JSON, _ open: OpenModel) throws {
    var settings: [String: JSON] = [:]
    for text in options.settings {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, !parts[0].hasPrefix("train.") { settings[String(parts[0])] = .text(String(parts[1])) }
    }
    var manifest = open.manifest
    if name.hasPrefix("train.") {
      manifest = try manifest.changing([(name, value)])
    } else {
      settings[name] = .text(value.argument)
    }
    _ = try manifest.expand(settings: settings, catalog: open.zoo.catalog)
  }

  /// What one search is known by: another one cannot go on with it.
  private func header(_ search: Search, number: String) -> JSON {
    .object([
      ("model", .text(model)), ("method", .text(search.method.rawValue)), ("over", .array(search.axes.map(\.json))),
      (search.maximizes ? "maximize" : "minimize", .text(number)), ("seed", .text("\(search.seed)")),
      ("arguments", .array(commonArguments.map { .text($0) })),
    ])
  }

  /// What all trials are given.
  var commonArguments: [String] {
    var common: [String] = []
    for setting in options.settings { common += ["--set", setting] }
    if let epochs { common += ["--epochs", "\(epochs)"] }
    if let batch { common += ["--batch", "\(batch)"] }
    if let seed { common += ["--seed", "\(seed)"] }
    for library in options.allowedLibraries { common += ["--allow-foreign", library] }
    if let zoo = options.zoo.zoo { common += ["--zoo", zoo] }
    if precision.dtype != .f32 { common += ["--dtype", precision.dtype.rawValue] }
    return common
  }

  private func arguments(_ axes: [SearchAxis], _ values: [JSON], _ folder: String, _ threads: Int) -> [String] {
    var arguments =
      ["train", model, "--out", folder, "--overwrite", "--with-parent", "--json", "--threads", "\(threads)"] + commonArguments
    for (axis, value) in zip(axes, values) { arguments += ["--set", "\(axis.name)=\(value.argument)"] }
    return arguments
  }
}

extension Search.Method: ExpressibleByArgument {}

extension JSON {
  /// The value as `--set` takes it.
  var argument: String { string ?? text() }
}

extension SearchAxis {
  /// The axis as JSON.
  var json: JSON {
    switch values {
    case .choices(let choices): .object([("name", .text(name)), ("values", .array(choices))])
    case .range(let range, let isLogarithmic, let isInteger, let count):
      .object([
        ("name", .text(name)), ("from", .number(range.lowerBound)), ("to", .number(range.upperBound)),
        ("logarithmic", .boolean(isLogarithmic)), ("integer", .boolean(isInteger)), ("count", .integer(count)),
      ])
    }
  }
}
