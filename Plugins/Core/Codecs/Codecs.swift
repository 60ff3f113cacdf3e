import ZooFormats
import ZooPlugin

/// Files to tensors and back.
///
/// What the files are is known to ZooFormats and CImage; here it meets ports and attributes.
let codecs: [CodecEntry] = [
  CodecEntry(ImageCodec.self), CodecEntry(LabelsCodec.self), CodecEntry(NPYCodec.self), CodecEntry(NPZCodec.self),
  CodecEntry(SafeTensorsCodec.self), CodecEntry(CSVCodec.self), CodecEntry(TextCodec.self), CodecEntry(AudioCodec.self),
  CodecEntry(EdgeListCodec.self),
]

extension LayerError {
  /// What a format says is wrong with a file, or with a tensor for it.
  static func data(_ error: any ExplainedError) -> LayerError { .data(error.message) }
}

extension Tensor {
  /// The elements' bytes, to write.
  var memory: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: bytes, count: count * dtype.byteCount) }

  /// The elements' bytes, to read.
  var content: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }

  /// The tensor as lines or JSON, where the codec has nothing better to say than the numbers.
  func encodeNumbers(as format: EncodingFormat) -> [UInt8] {
    format == .json ? TensorJSON.encode(spec, content) : TensorText.encode(spec, content)
  }
}
