import ArgumentParser
import ZooFormats
import ZooRuntime
import ZooTypes

/// `zoo run`: files in, files or a readable answer out.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a model on files.", usage: "zoo run <model> [<options>]",
    discussion: """
      Inputs that are not given take the samples that the manifest names. Outputs that go to no file are printed.

      Examples:
        zoo run lenet5 --input image=seven.png
        zoo run lenet5 --input seven.png --output digit=scores.npy
      """)

  @Argument(help: "A model's name, or the path of its manifest.")
  var model: String

  @Option(parsing: .singleValue, help: ArgumentHelp("A file for an input.", valueName: "name=file"))
  var input: [String] = []

  @Option(parsing: .singleValue, help: ArgumentHelp("Write an output to a file, or print only this one.", valueName: "name[=file]"))
  var output: [String] = []

  @Option(help: ArgumentHelp("Weights other than the manifest's (safetensors).", valueName: "file"))
  var weights: String?

  @Option(help: ArgumentHelp("What random numbers depend on.", valueName: "number"))
  var seed: UInt64?

  @Flag(name: .customLong("no-fuse"), help: "Run every layer by itself, none folded into another.")
  var noFuse = false

  @Flag(help: "Print one JSON document.")
  var json = false

  @OptionGroup
  var threads: ThreadOptions

  @OptionGroup
  var options: ModelOptions

  func run() throws {
    threads.apply()
    let open = try OpenModel(model, options)
    let graph = open.model.graph
    let given = try FileArgument.read(input, option: .input, names: graph.inputs.map(\.name))
    let wanted = try FileArgument.read(output, option: .output, names: graph.outputs.map(\.name))
    // Whatever can be wrong about files is found before anything is computed.
    let printers = try graph.outputs.map { output in
      try OutputPrinter(output, argument: wanted.first { $0.name == output.name }, isShown: wanted.isEmpty, in: open)
    }
    let inputs = try graph.inputs.map { input -> TensorBuffer in
      if let file = given.first(where: { $0.name == input.name })?.file { return try open.read(file, for: input) }
      if let sample = try open.sample(for: input) { return sample }
      throw GraphError.missingInput(name: input.name, shape: input.shapeText)
    }

    let program = try open.session(weights: weights, seed: seed, fuse: !noFuse).program(inputs.map(\.spec))
    for (tensor, into) in zip(inputs, program.inputs) { into.bytes.copyMemory(from: UnsafeRawBufferPointer(tensor.bytes)) }
    let start = monotonicSeconds()
    try program.forward()
    let seconds = monotonicSeconds() - start

    let outputs = graph.outputs.indices.map(program.copyOutput)
    for (printer, tensor) in zip(printers, outputs) { try printer.writeFile(tensor) }
    write(json ? try document(printers, outputs, seconds) : try text(printers, outputs), to: 1)
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
