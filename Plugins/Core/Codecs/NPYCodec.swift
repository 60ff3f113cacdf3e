import ZooFormats
import ZooPlugin

/// NumPy's arrays.
struct NPYCodec: ArrayCodec {
  var conversion = ArrayConversion()

  static var declaration: CodecDeclaration<Self> {
    CodecDeclaration(
      "npy", "One array in NumPy's format.", extensions: ["npy"], attributes: conversionAttributes)
  }

  func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec {
    try conversion.describe(try header(bytes).spec, wanted: wanted)
  }

  func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError) {
    try conversion.read(try header(bytes).spec, into: tensor) { (memory) throws(LayerError) in
      do throws(NumPyError) { try NumPy.decode(bytes, into: memory) } catch { throw .data(error) }
    }
  }

  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    guard format == .file else { return tensor.encodeNumbers(as: format) }
    do throws(NumPyError) { return try NumPy.encode(tensor.spec, tensor.content) } catch { throw .data(error) }
  }

  private func header(_ bytes: UnsafeRawBufferPointer) throws(LayerError) -> NumPyHeader {
    do throws(NumPyError) {
      let header = try NumPyHeader(bytes)
      try header.checkSize(bytes.count)
      return header
    } catch {
      throw .data(error)
    }
  }
}
