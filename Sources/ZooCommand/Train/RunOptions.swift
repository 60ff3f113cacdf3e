import ArgumentParser
import CHost
import ZooFormats
import ZooRuntime
import ZooTraining
import ZooTypes

/// Where a run of `zoo train` is kept, and how much of it.
struct RunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Where the run goes. Without it: runs/ and the model's name, with a number if that is taken.", valueName: "folder"))
  var out: String?

  @Flag(help: "Replace the run that is in the folder.")
  var overwrite = false

  @Option(
    name: .customLong("log-every"),
    help: ArgumentHelp("Record numbers every so many steps. Without it: about a thousand times.", valueName: "steps"), transform: positive)
  var interval: Int?

  @Flag(name: .customLong("with-parent"), help: .hidden)
  var endsWithParent = false

  /// Ties the run to the search that started it, if one did.
  func apply() { if endsWithParent { zoo_child_end_with_parent() } }

  /// The folder of a run; `resuming`: the folder whose run goes on, empty for the last one; nil: it is a new run.
  func folder(for model: String, resuming: String? = nil) throws(RunError) -> RunFolder {
    if let resuming {
      if let path = resuming.isEmpty ? out : resuming { return RunFolder(path) }
      return .last(of: model) ?? RunFolder("runs/\(model)")
    }
    guard let out else { return overwrite ? RunFolder("runs/\(model)") : .unused(for: model) }
    let folder = RunFolder(out)
    if folder.isTaken, !overwrite { throw .taken(folder: folder.path) }
    return folder
  }

  /// What records a training into `folder`; `resumes`: it goes on with the run that is there.
  func recorder(_ folder: RunFolder, of open: OpenModel, choices: TrainingJob.Choices, resumes: Bool = false) throws -> RunRecorder {
    let section = open.model.training
    let seed = choices.seed ?? UInt64(bitPattern: Int64(section?.seed ?? 0))
    let epochs = choices.epochs ?? section?.epochs ?? 1
    var changes: [(path: String, value: JSON)] = [
      ("train.epochs", .integer(epochs)), ("train.batch", .integer(choices.batch ?? section?.batch ?? 1)),
    ]
    if let seed = Int(exactly: seed) { changes.append(("train.seed", .integer(seed))) }
    var settings = open.model.settings
    for (path, value) in open.changes { settings[path] = value }
    let record = RunRecord(
      version: ZooCommand.versionNumber, model: open.model.name, manifest: open.listing.path,
      arguments: Array(CommandLine.arguments.dropFirst()), settings: settings, seed: seed,
      minimized: (section?.steps ?? []).flatMap(\.terms).filter { $0.weight > 0 }.map(\.name),
      maximized: (section?.steps ?? []).flatMap(\.terms).filter { $0.weight <= 0 }.map(\.name))
    let manifest = try open.manifest.changing(changes).resolved(settings: open.model.settings)
    return try RunRecorder(
      folder, record, manifest: manifest, epochs: epochs, every: interval, resumes: resumes)
  }

  /// The pictures that the manifest wants to be made meanwhile; nil: none.
  func pictures(_ job: TrainingJob, of open: OpenModel) throws -> SamplePictures? {
    try open.model.training?.samples.map { try SamplePictures($0, session: job.session) { try open.sample(for: $0) } }
  }
}

extension RunRecorder {
  /// Records `body`, which trains and is given what to call with each event, and how it ended.
  func recording(
    _ pictures: SamplePictures?, _ body: (_ follow: (TrainingEvent) -> Void) throws -> TrainingSummary
  ) throws -> TrainingSummary {
    do {
      let summary = try body { event in
        follow(event)
        guard case .epoch(let epoch, _, _, _, _, _, _) = event, let pictures else { return }
        do {
          if let png = try pictures.picture(after: epoch) { image(pictures.name, png: png, epoch: epoch) }
        } catch {
          note(error)
        }
      }
      finish(summary.wasInterrupted ? .stopped : .finished)
      return summary
    } catch {
      var isDiverged = false
      if case TrainingError.diverged = error { isDiverged = true }
      finish(isDiverged ? .diverged : .failed, problem: (error as? any ExplainedError)?.message ?? "\(error)")
      throw error
    }
  }

  /// Says what could not be written.
  func explainFailure() {
    if let failure { printDiagnostic(explanation(failure, terminal: .diagnostics)) }
  }
}
