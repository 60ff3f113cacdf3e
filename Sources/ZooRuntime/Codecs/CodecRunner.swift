import CHost
import CZoo
import Glibc
public import ZooTypes

/// Files to tensors and back, by the codecs of families.
public struct CodecRunner {
  /// The codec and its attributes.
  public let choice: CodecChoice

  /// No file may become more than this: 4 GiB.
  public static let byteLimit = 1 << 32

  /// A runner.
  public init(_ choice: CodecChoice) { self.choice = choice }

  /// A codec with its defaults.
  public init(_ codec: CodecInfo) { choice = CodecChoice(codec: codec, attributes: codec.attributes.map(\.fallback)) }

  /// What `decode` will make of a file's bytes, from as little of them as the codec needs: one item of the port, or all of it.
  public func describe(_ bytes: UnsafeRawBufferPointer, file: String, for port: GraphInput?) throws(CodecFailure) -> Spec {
    guard let table = choice.codec.table, let describe = table.pointee.describe else {
      throw CodecFailure(codec: choice.codec.name, file: file, words: "this codec does not read files", isReading: true)
    }
    var wanted = zoo_spec()
    wanted.rank = -1
    if let port, port.shape.count <= 8 {
      let axes = port.shape.map { dimension in if case .fixed(let n) = dimension { n } else { -1 } }
      wanted = Spec(axes, port.dtype).raw
    }
    let run = Run()
    var found = zoo_spec()
    let described = call(run, ZOO_IN_DESCRIBE, file: file, bytes: bytes, format: ZOO_CODEC_FILE) { call in
      withUnsafePointer(to: wanted) { wanted in
        call.pointee.wanted = wanted
        return describe(table, call, &found)
      }
    }
    guard described == zoo_status(ZOO_OK) else { throw failure(run, file, isReading: true) }
    guard let spec = Spec(found), spec.isSane(limit: Self.byteLimit) else {
      throw CodecFailure(
        codec: choice.codec.name, file: file, words: "it would become a tensor of more than \(Self.byteLimit >> 30) GiB", isReading: true)
    }
    return spec
  }

  /// Reads a file's bytes for a port of this shape.
  ///
  /// One item of the port becomes a batch of one.
  public func decode(_ bytes: UnsafeRawBufferPointer, file: String, for port: GraphInput?) throws(CodecFailure) -> TensorBuffer {
    let spec = try describe(bytes, file: file, for: port)
    guard let table = choice.codec.table, let decode = table.pointee.decode else {
      throw CodecFailure(codec: choice.codec.name, file: file, words: "this codec does not read files", isReading: true)
    }
    let isItem = port.map { spec.rank + 1 == $0.shape.count } ?? false
    let tensor = TensorBuffer(isItem ? Spec([1] + spec.shape, spec.dtype) : spec)
    let item = TensorTable([spec], data: [tensor.pointer])
    let run = Run()
    let decoded = call(run, ZOO_IN_DECODE, file: file, bytes: bytes, format: ZOO_CODEC_FILE) { call in decode(table, call, item.first) }
    guard decoded == zoo_status(ZOO_OK) else { throw failure(run, file, isReading: true) }
    return tensor
  }

  /// Writes a tensor as a file's bytes, as lines for a terminal, or as one JSON value.
  public func encode(_ tensor: TensorBuffer, as format: Format, file: String = "output") throws(CodecFailure) -> [UInt8] {
    guard let table = choice.codec.table, let encode = table.pointee.encode else {
      throw CodecFailure(codec: choice.codec.name, file: file, words: "this codec does not write files", isReading: false)
    }
    let run = Run()
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    let status = call(run, ZOO_IN_ENCODE, file: file, bytes: none, format: format.rawValue) { call in
      encode(table, call, tensor.raw)
    }
    guard status == zoo_status(ZOO_OK) else { throw failure(run, file, isReading: false) }
    return Array(UnsafeRawBufferPointer(start: run.raw.pointee.written, count: Int(run.raw.pointee.written_count)))
  }

  /// What `encode` produces.
  public enum Format: Sendable {
    /// The bytes of a file.
    case file
    /// Lines for a terminal.
    case text
    /// One JSON value.
    case json

    var rawValue: Int {
      switch self {
      case .file: ZOO_CODEC_FILE
      case .text: ZOO_CODEC_TEXT
      case .json: ZOO_CODEC_JSON
      }
    }
  }

  private func call(
    _ run: Run, _ phase: Int, file: String, bytes: UnsafeRawBufferPointer, format: Int,
    _ body: (UnsafeMutablePointer<zoo_codec_call>) -> zoo_status
  ) -> zoo_status {
    let context = makeContext(run, file: choice.codec.file, kind: choice.codec.name, layer: file)
    defer { free(context) }
    // Its random numbers do not depend on where a file lies.
    context.pointee.path_key = 0
    return choice.attributes.withRawAttributes { attributes in
      var call = zoo_codec_call()
      call.size = UInt32(MemoryLayout<zoo_codec_call>.size)
      call.attribute_count = UInt32(choice.attributes.count)
      call.host = zoo_host_table()
      call.context = context
      call.attributes = attributes
      call.bytes = bytes.baseAddress
      call.byte_count = UInt64(bytes.count)
      call.format = Int32(format)
      return attributed(to: context, phase) { body(&call) }
    }
  }

  private func failure(_ run: Run, _ file: String, isReading: Bool) -> CodecFailure {
    CodecFailure(codec: choice.codec.name, file: file, words: run.takeWords(), isReading: isReading)
  }
}

/// A file that a codec cannot read, or a tensor that it cannot write.
public struct CodecFailure: ExplainedError, Hashable {
  /// The codec.
  public let codec: String
  /// The file.
  public let file: String
  /// The codec's words; may be empty.
  public let words: String
  /// Whether it was reading.
  public let isReading: Bool

  /// What is wrong.
  public var message: String {
    "\(file): \(words.isEmpty ? "the codec '\(codec)' cannot \(isReading ? "read" : "write") it" : words)"
  }

  /// What to do next.
  public var help: String {
    isReading
      ? "the codec '\(codec)' reads it; try to open the file with another program"
      : "the codec '\(codec)' writes it; another extension takes another codec"
  }
}
