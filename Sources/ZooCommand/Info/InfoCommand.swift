import ArgumentParser
import ZooFormats
import ZooRuntime
import ZooTypes

/// `zoo info`: everything about one model, kind or codec.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show a model, a kind of layer, or a codec.", usage: "zoo info <name> [<options>]",
    discussion: """
      Examples:
        zoo info lenet5
        zoo info vae-mnist --graph decode
        zoo info lenet5 --program --batch 64
        zoo info char-gpt --training
        zoo info cnn.conv2d
        zoo info image
      """)

  @Argument(help: "A model's name or its manifest's path, a kind such as cnn.conv2d, or a codec.")
  var name: String

  @Option(help: ArgumentHelp("Show this graph of the manifest instead of its first.", valueName: "name"))
  var graph: String?

  @Flag(help: "Show what runs: every call, what was folded into it, and where its values lie.")
  var program = false

  @Flag(name: .customLong("no-fuse"), help: "Show what runs when no layer is folded into another.")
  var noFuse = false

  @Flag(help: "Show what training takes of memory, in batches as the manifest says or --batch.")
  var training = false

  @Flag(help: "Print one JSON document.")
  var json = false

  @OptionGroup
  var axes: AxisOptions

  @OptionGroup
  var options: ModelOptions

  func run() throws {
    let zoo = try options.zoo.find()
    if let kind = zoo.catalog.kind(name) {
      let report = KindReport(kind)
      return printResult(json ? report.json.text(.pretty) : report.text(for: .output))
    }
    if let codec = zoo.catalog.codec(name) {
      let report = CodecReport(codec)
      return printResult(json ? report.json.text(.pretty) : report.text(for: .output))
    }
    do {
      let open = try OpenModel(name, in: zoo, options, includesTraining: true)
      if training {
        let report = try TrainingMemoryReport(open, axes)
        return printResult(json ? report.json.text(.pretty) : report.text(for: .output))
      }
      let index = try open.graphIndex(graph)
      let lengths = try axes.lengths(open, graph: index)
      if program {
        let report = try ProgramReport(open, graph: index, lengths: lengths, fuse: !noFuse)
        return printResult(json ? report.json.text(.pretty) : report.text(for: .output))
      }
      let report = try ModelReport(open, graph: index, lengths: lengths, fuse: !noFuse)
      printResult(json ? report.json.text(.pretty) : report.text(for: .output))
    } catch ZooError.unknownModel(_, let models, _) {
      for problem in zoo.catalog.problems { printDiagnostic(explanation(problem, terminal: .diagnostics)) }
      throw ZooError.unknownName(name, known: models + zoo.catalog.kindNames + zoo.catalog.codecNames)
    }
  }
}
