import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// A codec of the built families, with attributes as a manifest gives them.
struct CodecRun {
  private let runner: CodecRunner

  init(_ name: String, _ attributes: JSON = [:]) throws {
    let codec = try #require(Repository.catalog.codec(name), "no family has the codec \(name)")
    runner = CodecRunner(CodecChoice(codec: codec, attributes: try codec.literals(attributes.object ?? JSONObject())))
  }

  /// What a port gets from a file.
  ///
  /// Negative axes may have any length; without a shape, nothing is known of the port.
  func decode(_ bytes: [UInt8], port shape: [Int]? = nil, _ dtype: DType = .f32, file: String = "file") throws -> TensorBuffer {
    let input = shape.map { shape in
      GraphInput("x", shape: shape.enumerated().map { $1 < 0 ? .named("axis\($0)") : .fixed($1) }, dtype: dtype)
    }
    return try bytes.withUnsafeBytes { try runner.decode($0, file: file, for: input) }
  }

  func encode(_ tensor: TensorBuffer, as format: CodecRunner.Format = .file) throws -> [UInt8] {
    try runner.encode(tensor, as: format, file: "out")
  }

  func text(_ tensor: TensorBuffer, as format: CodecRunner.Format = .text) throws -> String {
    String(decoding: try encode(tensor, as: format), as: UTF8.self)
  }
}

/// What a fixture holds.
func fixtureBytes(_ name: String) throws -> [UInt8] { try MappedFile(Repository.fixtures + "/" + name).contents }

/// A tensor of any type.
func tensor<Element: BitwiseCopyable>(_ shape: [Int], _ values: [Element], _ dtype: DType = .f32) -> TensorBuffer {
  values.withUnsafeBytes { TensorBuffer(Spec(shape, dtype), bytes: $0) }
}

/// Expects that a codec refuses with these words.
func expectRefusal(_ message: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
  let error = #expect(throws: CodecFailure.self, sourceLocation: sourceLocation) { try body() }
  if let error { #expect(error.message == message, sourceLocation: sourceLocation) }
}
