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
      Weights are written after every epoch. Ctrl-C stops after the current step and writes them too; a second Ctrl-C ends at once.

      Examples:
        zoo train lenet5
        zoo train lenet5 --epochs 5 --out runs/short
      """)

  @Argument(help: "A model's name, or the path of its manifest.")
  var model: String

  @Option(help: ArgumentHelp("Where weights go. Without it: runs/ and the model's name.", valueName: "folder"))
  var out: String?

  @Option(help: ArgumentHelp("See every example so often.", valueName: "count"), transform: positive)
  var epochs: Int?

  @Option(help: ArgumentHelp("Take so many examples in a step.", valueName: "count"), transform: positive)
  var batch: Int?

  @Option(help: ArgumentHelp("What first weights, shuffling and dropout depend on.", valueName: "number"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("Weights to start from (safetensors).", valueName: "file"))
  var weights: String?

  @Flag(help: "Print one JSON document a line: each epoch, then the end.")
  var json = false

  @OptionGroup
  var precision: PrecisionOptions

  @OptionGroup
  var threads: ThreadOptions

  @OptionGroup
  var options: ModelOptions

  func run() throws {
    threads.apply()
    let open = try OpenModel(model, options, includesTraining: true)
    let folder = out ?? "runs/\(open.model.name)"
    let path = folder + "/weights.safetensors"

    var choices = TrainingJob.Choices()
    choices.epochs = epochs
    choices.batch = batch
    choices.seed = seed
    var file = weights
    choices.precision = precision.precision(weights: &file)
    if choices.precision.weights != nil { throw UsageError.int8Training }
    choices.weights = try file.map { try open.weights($0) } ?? nil
    choices.output = path
    choices.foreign = open.foreign
    let job = try TrainingJob(
      open.model, catalog: open.zoo.catalog, manifestFolder: open.listing.manifest.folder, zooRoot: open.zoo.folder.path, choices: choices)
    try makeFolder(folder)
    if !json, open.model.training?.recomputes == true { printDiagnostic(try savings(job, open)) }

    var report = TrainingReport(
      model: model, epochs: epochs ?? open.model.training?.epochs ?? 0, holdsOut: !job.validation.isEmpty, json: json)
    let summary = try Interrupts.cancelling(job.session.run) {
      defer { report.clear() }
      return try job.trainer.train { report.follow($0) }
    }
    report.finish(summary, weights: path)
    if summary.wasInterrupted { throw Ended(status: .failure) }
  }
}

/// What computing again saves, as a sentence.
private func savings(_ job: TrainingJob, _ open: OpenModel) throws -> String {
  let steps = try job.trainer.memory(foreign: open.foreign)
  let (kept, arena) = steps.reduce((0, 0)) { ($0.0 + $1.memory.keptBytes, $0.1 + $1.memory.arenaBytes) }
  return "Computing blocks again for backward, activations take \(Quantity.bytes(arena)) instead of \(Quantity.bytes(kept))."
}

/// Makes a folder and those that it is in, if they are not there.
func makeFolder(_ path: String) throws(FileError) {
  var made = ""
  for part in path.split(separator: "/", omittingEmptySubsequences: false) {
    made += made.isEmpty && part.isEmpty ? "/" : made.isEmpty || made.hasSuffix("/") ? part : "/" + part
    if mkdir(made, 0o777) != 0, errno != EEXIST, errno != EISDIR { throw .system(action: "make the folder", path: made, code: errno) }
  }
}
