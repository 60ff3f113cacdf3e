import ArgumentParser
import Glibc
import ZooFormats
import ZooRuntime
import ZooTraining
import ZooTypes

/// `zoo train`: progress, metrics, and weights after every epoch.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a model as its manifest says.", usage: "zoo train <model> [<options>]",
    discussion: """
      Weights and a checkpoint are written after every epoch. Ctrl-C stops after the current step and writes them too; a second Ctrl-C ends
      at once. --resume goes on from the last checkpoint as if training had never stopped.

      Examples:
        zoo train lenet5
        zoo train lenet5 --epochs 5 --out runs/short
        zoo train lenet5 --resume
        zoo train small-images --data photos
      """)

  @Argument(help: "A model's name, or the path of its manifest.")
  var model: String

  @Option(help: ArgumentHelp("A file or folder to learn from instead of the manifest's.", valueName: "path"))
  var data: String?

  @Option(help: ArgumentHelp("See every example so often.", valueName: "count"), transform: positive)
  var epochs: Int?

  @Option(help: ArgumentHelp("Take so many examples in a step.", valueName: "count"), transform: positive)
  var batch: Int?

  @Option(help: ArgumentHelp("What first weights, shuffling and dropout depend on.", valueName: "number"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("Weights to start from (safetensors).", valueName: "file"))
  var weights: String?

  @Option(
    name: .long, defaultAsFlag: "",
    help: ArgumentHelp(
      "Go on from the last checkpoint in that folder; without one, in that of --out or of the last run.", valueName: "folder"))
  var resume: String? = nil

  @Option(
    help: ArgumentHelp(
      "Write a checkpoint within epochs too, every so many steps, or seconds as in 30s, or minutes as in 10m.", valueName: "steps"))
  var saveEvery: SaveInterval?

  @Flag(help: "Print one JSON document a line: each epoch, then the end.")
  var json = false

  @OptionGroup
  var runOptions: RunOptions

  @OptionGroup
  var precision: PrecisionOptions

  @OptionGroup
  var threads: ThreadOptions

  @OptionGroup
  var options: ModelOptions

  func run() throws {
    threads.apply()
    runOptions.apply()
    var file = weights
    let precision = precision.precision(weights: &file)
    let open = try OpenModel(model, options, includesTraining: true, weights: file, data: data, startsAnew: true)
    let folder = try runOptions.folder(for: open.model.name, resuming: resume)
    let path = folder.weights

    var choices = TrainingJob.Choices()
    choices.epochs = epochs
    choices.batch = batch
    choices.seed = seed
    choices.data = data
    choices.settings = open.chosenSettings
    choices.precision = precision
    if choices.precision.weights != nil { throw UsageError.int8Training }
    choices.weights = try file.map { try open.weights($0) } ?? nil
    choices.output = path
    choices.checkpoints = folder.path
    choices.resumes = resume != nil
    choices.saveEvery = saveEvery?.interval
    choices.foreign = open.foreign
    let job = try TrainingJob(
      open.model, catalog: open.zoo.catalog, manifestFolder: open.listing.manifest.folder, zooRoot: open.zoo.folder.path, choices: choices)
    // Beyond a limit on files' sizes, writing is to fail like on a full disk.
    signal(SIGXFSZ, SIG_IGN)
    let pictures = try runOptions.pictures(job, of: open)
    let recorder = try runOptions.recorder(folder, of: open, choices: choices, resumes: choices.resumes)
    if !json, open.model.training?.recomputes == true { printDiagnostic(try savings(job, open)) }

    if !json, let words = leak(job) { printDiagnostic(words) }

    var report = TrainingReport(
      model: model, epochs: epochs ?? open.model.training?.epochs ?? 0, holdsOut: !job.validation.isEmpty, json: json)
    let summary = try Interrupts.cancelling(job.trainer.interruption) {
      defer {
        report.clear()
        recorder.explainFailure()
      }
      return try recorder.recording(pictures) { record in
        try job.trainer.train { event in
          report.follow(event)
          record(event)
        }
      }
    }
    report.finish(summary, weights: path)
    if summary.wasInterrupted { throw Ended(status: .failure) }
  }
}

/// That rows which are held out are trained on too, in rows that equal them; nil: none is.
private func leak(_ job: TrainingJob) -> String? {
  let count = job.equalRows()
  guard count > 0 else { return nil }
  let held = job.parts.validation.count + job.parts.test.count
  let equal = "\(Quantity.count(count)) of \(plural(held, "held-out row")) equal rows that are trained on"
  return equal + "; shares instead of ranges keep equals together."
}

/// What computing again saves, as a sentence.
private func savings(_ job: TrainingJob, _ open: OpenModel) throws -> String {
  let steps = try job.trainer.memory(foreign: open.foreign)
  let (kept, arena) = steps.reduce((0, 0)) { ($0.0 + $1.memory.keptBytes, $0.1 + $1.memory.arenaBytes) }
  return "Computing blocks again for backward, activations take \(Quantity.bytes(arena)) instead of \(Quantity.bytes(kept))."
}

/// How often a checkpoint is written, as `--save-every` says it.
struct SaveInterval: ExpressibleByArgument {
  let interval: TrainingOptions.Interval

  init?(argument: String) {
    let units = ["s": 1.0, "m": 60, "h": 3600]
    if let count = Int(argument), count > 0 {
      interval = .iterations(count)
    } else if let unit = argument.last.flatMap({ units[String($0)] }), let count = Double(argument.dropLast()), count > 0, count < 1e9 {
      interval = .seconds(count * unit)
    } else {
      return nil
    }
  }
}
