import ZooFormats
import ZooRuntime
import ZooTypes

/// Where one output goes, and by which codec.
struct OutputPrinter {
  /// The output.
  let name: String
  /// The file that it goes to; nil: none.
  let file: String?
  /// Whether it is printed.
  let isPrinted: Bool

  private let codec: CodecRunner?

  /// Whether parts of it can be printed as they are made.
  var isRunningText: Bool { codec?.choice.codec.isRunningText ?? false }

  /// An output goes where its argument says; without any arguments, all are shown.
  init(_ output: GraphOutput, argument: FileArgument?, isShown: Bool, in open: OpenModel) throws {
    name = output.name
    file = argument?.file
    isPrinted = isShown || argument != nil && argument?.file == nil
    if let file {
      codec = try open.codec(for: file, choice: output.codec, reads: false)
    } else {
      codec = output.codec.map { CodecRunner($0) }
    }
  }

  /// Writes the file, if there is to be one, as a whole or not at all.
  func writeFile(_ tensor: TensorBuffer) throws {
    guard let file, let codec else { return }
    try AtomicFile.write(try codec.encode(tensor, as: .file, file: file), to: file)
  }

  /// The output as lines for a terminal or as one JSON value; by its codec, else as plain numbers.
  func encode(_ tensor: TensorBuffer, as format: CodecRunner.Format) throws -> [UInt8] {
    guard let codec else {
      let bytes = UnsafeRawBufferPointer(tensor.bytes)
      return format == .json ? TensorJSON.encode(tensor.spec, bytes) : TensorText.encode(tensor.spec, bytes)
    }
    let encoded = try codec.encode(tensor, as: format)
    // One codec that writes no JSON would spoil the whole document.
    if format == .json {
      do throws(JSONError) {
        _ = try JSONDocument(encoded, file: name)
      } catch {
        throw CodecJSONError(codec: codec.choice.codec.name, cause: error)
      }
    }
    return encoded
  }
}

/// A codec whose JSON is none.
struct CodecJSONError: ExplainedError, Hashable {
  let codec: String
  let cause: JSONError

  var message: String { "the codec '\(codec)' wrote something that is not JSON: \(cause.message)" }
  var help: String { "this is a defect of its family: tell its author" }
}
