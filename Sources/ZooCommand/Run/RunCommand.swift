import ArgumentParser
import Glibc
import ZooFormats
import ZooRuntime
import ZooTypes

/// `zoo run`: files in, files or a readable answer out.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a model on files.", usage: "zoo run <model> [<options>]",
    discussion: """
      Inputs that are not given take the samples that the manifest names. Outputs that go to no file are printed. Text may be given as it is, \
      or after @ as a file.

      A model that continues what it reads makes several runs, and --chunk gives it a long input in several; what they carry from one to the next is shown only if --output names it. \
      Text appears as it is written, after the text that it continues; files and JSON hold what is new. Ctrl-C stops between runs.

      Examples:
        zoo run lenet5 --input image=seven.png
        zoo run lenet5 --input seven.png --output digit=scores.npy
        zoo run char-gpt --input text="In the beginning" --set temperature=0.5
      """)

  @Argument(help: "A model's name, or the path of its manifest.")
  var model: String

  @Option(parsing: .singleValue, help: ArgumentHelp("A file for an input.", valueName: "name=file"))
  var input: [String] = []

  @Option(parsing: .singleValue, help: ArgumentHelp("Write an output to a file, or print only this one.", valueName: "name[=file]"))
  var output: [String] = []

  @Option(help: ArgumentHelp("Run this graph of the manifest instead of its first.", valueName: "name"))
  var graph: String?

  @Option(help: ArgumentHelp("Run so many times, each with what the last one carried.", valueName: "count"), transform: positive)
  var runs: Int?

  @Option(
    help: ArgumentHelp("Give inputs in pieces of this length along an axis, and carry from one to the next.", valueName: "axis=length"))
  var chunk: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Weights other than the manifest's (safetensors), or int8 for --weights-dtype int8. Given several times: the mean of what each makes.",
      valueName: "file"))
  var weights: [String] = []

  @Option(help: ArgumentHelp("What random numbers depend on.", valueName: "number"))
  var seed: UInt64?

  @Flag(name: .customLong("no-fuse"), help: "Run every layer by itself, none folded into another.")
  var noFuse = false

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
    var first = weights.first
    let precision = precision.precision(weights: &first)
    let files = [first] + weights.dropFirst().map { Optional($0) }
    let open = try OpenModel(model, options, weights: first)
    _ = try open.others(weights.dropFirst())
    let index = try open.graphIndex(graph)
    let entry = open.model.graphs[index]
    if runs ?? 1 > 1, entry.carried.isEmpty { throw UsageError.nothingCarried(graph: entry.name, option: "runs") }
    // Whatever can be wrong about files is found before anything is computed.
    let printers = try printers(entry, in: open)
    let inputs = try inputs(entry, in: open)
    let sessions = try files.map { try open.session(weights: $0, seed: seed, fuse: !noFuse, precision: precision) }
    let ensemble = Ensemble(sessions, graph: index)
    let stream = ensemble.first, session = stream.session
    let chunks = try chunk.map { try Chunks($0, of: inputs, entry, stream: stream) }
    let given = chunks?.inputs ?? [inputs]
    let specs = try stream.program(given[0]).outputSpecs
    try ensemble.check(entry.graph.outputs, specs)

    let axes = chunks?.outputAxes ?? printers.map { _ in nil }
    var results = RunResults(axes: zip(axes, printers).map { $1.isRunningText ? -1 : $0 })
    var live = json ? nil : LiveText(printers, entry, inputs: inputs, outputs: specs)
    let count = given.count - 1 + (runs ?? entry.runs)
    func makeRuns() throws -> Bool {
      try live?.begin()
      defer { live?.end() }
      for i in 0..<count where !session.run.isCancelled {
        // Until all has been given, what has nothing of the axis is of no interest.
        let whole = i < given.count - 1 ? axes.map { $0 != nil } : nil
        do { results.add(try ensemble.run(i < given.count ? given[i] : entry.later(inputs)), only: whole) } catch {
          if session.run.isCancelled { break }
          throw error
        }
        try live?.add(results.last, only: whole)
      }
      return stream.runs == count
    }
    // Between runs there is something to show for it; one alone is ended by the signal itself.
    let isWhole = count > 1 ? try Interrupts.cancelling(session.run, makeRuns) : try makeRuns()

    if stream.runs > 0 {
      let outputs = results.outputs
      for (printer, tensor) in zip(printers, outputs) { try printer.writeFile(tensor) }
      let shown = json ? try document(printers, outputs, stream.seconds) : live == nil ? try text(printers, outputs) : []
      write(shown, to: STDOUT_FILENO)
    }
    if !isWhole { throw Ended(status: .interrupted) }
  }

  private func printers(_ entry: EntryPoint, in open: OpenModel) throws -> [OutputPrinter] {
    let outputs = entry.graph.outputs
    let visible = entry.visibleOutputs
    let wanted = try FileArgument.read(output, option: .output, names: outputs.map(\.name), visible: visible)
    return try outputs.map { output in
      let isShown = wanted.isEmpty && visible.contains(output.name)
      return try OutputPrinter(output, argument: wanted.first { $0.name == output.name }, isShown: isShown, in: open)
    }
  }

  /// What the first run is given; nil: what is carried starts as zeros.
  private func inputs(_ entry: EntryPoint, in open: OpenModel) throws -> [TensorBuffer?] {
    let given = try FileArgument.read(
      input, option: .input, names: entry.graph.inputs.map(\.name), visible: entry.visibleInputs)
    return try entry.graph.inputs.enumerated().map { i, input in
      if let words = given.first(where: { $0.name == input.name })?.file {
        return try open.normalized(try open.read(argument: words, for: input), for: input)
      }
      if let sample = try open.sample(for: input) { return try open.normalized(sample, for: input) }
      if entry.isCarried(input: i) { return nil }
      throw GraphError.missingInput(name: input.name, shape: input.shapeText)
    }
  }

  private func text(_ printers: [OutputPrinter], _ outputs: [TensorBuffer]) throws -> [UInt8] {
    let shown = zip(printers, outputs).filter { $0.0.isPrinted }
    var text: [UInt8] = []
    for (i, (printer, tensor)) in shown.enumerated() {
      if shown.count > 1 { text += Array(((i > 0 ? "\n" : "") + Terminal.output.styled(printer.name, .bold) + "\n").utf8) }
      text += try printer.encode(tensor, as: .text)
      if text.last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
    }
    return text
  }

  private func document(_ printers: [OutputPrinter], _ outputs: [TensorBuffer], _ seconds: Double) throws -> [UInt8] {
    var text = Array("{\"outputs\":{".utf8)
    for (i, (printer, tensor)) in zip(printers, outputs).filter({ $0.0.isPrinted }).enumerated() {
      text += Array(((i > 0 ? "," : "") + JSON.text(printer.name).text() + ":").utf8)
      text += try printer.encode(tensor, as: .json)
    }
    let files = printers.compactMap { printer in printer.file.map { (printer.name, JSON.text($0)) } }
    text += Array("},\"files\":\(JSON.object(files).text()),\"seconds\":\(JSON.number(seconds).text())}\n".utf8)
    return text
  }
}
