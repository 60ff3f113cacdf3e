import ArgumentParser
import ZooFormats
import ZooRuntime
import ZooTraining
import ZooTypes

/// `zoo eval`: a model's numbers on data that it was not trained on.
struct EvalCommand: ParsableCommand {
  /// Which rows.
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case train, validation, test, all
  }

  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Evaluate a model on data that it was not trained on.", usage: "zoo eval <model> [<options>]",
    discussion: """
      Losses and metrics are those of the manifest's training. Where it says what is compared, or a loss takes logits and labels, there \
      are also accuracy, precision, recall, F1, AUC, perplexity, intersection over union, calibration and the confusion matrix.

      Examples:
        zoo eval lenet5
        zoo eval small-images --weights runs/small-images/weights.safetensors --data photos --part test
        zoo eval lenet5 --weights runs/a/weights.safetensors --weights runs/b/weights.safetensors
      """)

  @Argument(help: "A model's name, or the path of its manifest.")
  var model: String

  @Option(help: ArgumentHelp("A file or folder to evaluate on instead of the manifest's.", valueName: "path"))
  var data: String?

  @Option(
    help: ArgumentHelp("The rows: train, validation, test or all. Without it: test, else validation, else all.", valueName: "part"))
  var part: Part?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Weights other than the manifest's (safetensors). Given several times: what is evaluated is the mean of what each makes.",
      valueName: "file"))
  var weights: [String] = []

  @Option(help: ArgumentHelp("Look for the right class among so many of the likeliest.", valueName: "count"), transform: positive)
  var top: Int?

  @Option(help: ArgumentHelp("What random layers depend on; without weights, also the first ones.", valueName: "number"))
  var seed: UInt64?

  @Flag(help: "Print one JSON document.")
  var json = false

  @OptionGroup
  var precision: PrecisionOptions

  @OptionGroup
  var threads: ThreadOptions

  @OptionGroup
  var options: ModelOptions

  func run() throws {
    threads.apply()
    var file = weights.first
    let precision = precision.precision(weights: &file)
    let open = try OpenModel(model, options, includesTraining: true, weights: file, data: data)
    var choices = TrainingJob.Choices()
    choices.data = data
    choices.seed = seed
    choices.weights = try open.weights(file)
    if choices.weights == nil, seed == nil, let missing = open.model.weights { throw MissingWeights(open.model, path: missing.text) }
    choices.foreign = open.foreign
    choices.precision = precision
    let evaluator = try Evaluator(
      open.model, catalog: open.zoo.catalog, manifestFolder: open.listing.manifest.folder, zooRoot: open.zoo.folder.path,
      choices: choices, notes: open.notes, others: try open.others(weights.dropFirst()), top: top)
    let (part, rows) = try rows(evaluator)
    let report = EvaluationReport(try evaluator.evaluate(rows), part: part.rawValue, members: max(weights.count, 1))
    printResult(json ? report.json.text() : report.lines(for: .output).joined(separator: "\n"))
  }

  private func rows(_ evaluator: Evaluator) throws(EvaluationError) -> (Part, [Int64]) {
    guard let count = evaluator.count else { return (.all, []) }
    let parts = evaluator.parts
    let held: Part = parts.test.isEmpty ? parts.validation.isEmpty ? .all : .validation : .test
    let chosen = part ?? held
    let rows =
      switch chosen {
      case .train: parts.training
      case .validation: parts.validation
      case .test: parts.test
      case .all: (0..<Int64(count)).map(\.self)
      }
    guard !rows.isEmpty else {
      throw .noRows(part: chosen.rawValue, parts: DataParts.Name.allCases.filter { !parts[$0].isEmpty }.map(\.rawValue))
    }
    return (chosen, rows)
  }
}
