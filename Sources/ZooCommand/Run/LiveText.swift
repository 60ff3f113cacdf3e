import Glibc
import ZooRuntime
import ZooTypes

/// Running text on standard output as it is made: what is continued, then the piece that each run adds.
struct LiveText {
  private let output: Int
  private let printer: OutputPrinter
  private let prompt: (codec: CodecRunner, text: TensorBuffer)?
  private var endsLine = true

  /// Nil if anything but one running text is to be printed.
  init?(_ printers: [OutputPrinter], _ entry: EntryPoint, inputs: [TensorBuffer?], outputs: [Spec]) {
    let printed = printers.indices.filter { printers[$0].isPrinted }
    // Several texts at once would run into one another.
    guard printed.count == 1, let output = printed.first, printers[output].isRunningText, outputs[output].count == outputs[output].width
    else { return nil }
    self.output = output
    printer = printers[output]
    let continued = entry.carried.first { $0.output == output }?.input
    prompt = continued.flatMap { i in
      guard let codec = entry.graph.inputs[i].codec, codec.codec.isRunningText, let text = inputs[i] else { return nil }
      return (CodecRunner(codec), text)
    }
  }

  /// Prints what is continued.
  mutating func begin() throws {
    guard let prompt else { return }
    let text = try prompt.codec.encode(prompt.text, as: .text)
    show(Array(Terminal.output.styled(String(decoding: text, as: UTF8.self), .bold).utf8), endsLine: text.last == UInt8(ascii: "\n"))
  }

  /// Prints what a run made, if its output is wanted.
  mutating func add(_ outputs: [TensorBuffer], only wanted: [Bool]? = nil) throws {
    guard wanted?[output] ?? true else { return }
    let text = try printer.encode(outputs[output], as: .text)
    if let last = text.last { show(text, endsLine: last == UInt8(ascii: "\n")) }
  }

  /// Ends the line.
  mutating func end() {
    if !endsLine { show([UInt8(ascii: "\n")], endsLine: true) }
  }

  private mutating func show(_ bytes: [UInt8], endsLine: Bool) {
    write(bytes, to: STDOUT_FILENO)
    self.endsLine = endsLine
  }
}
