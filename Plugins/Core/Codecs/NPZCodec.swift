import ZooFormats
import ZooPlugin

/// One of the arrays in NumPy's archive of several.
struct NPZCodec: ArrayCodec {
  var conversion = ArrayConversion()
  var key: String?

  static var declaration: CodecDeclaration<Self> {
    CodecDeclaration(
      "npz", "An array of NumPy's compressed archive.", extensions: ["npz"],
      attributes: [Attribute("key", \.key, "The array's name; not needed where there is one only. Written without it: 'arr_0'.")]
        + conversionAttributes)
  }

  func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec {
    try conversion.describe(try array(bytes).spec, wanted: wanted)
  }

  func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError) {
    let (file, name, spec) = try array(bytes)
    try conversion.read(spec, into: tensor) { (memory) throws(LayerError) in
      do throws(NPZError) { try file.read(name, into: memory) } catch { throw .data(error) }
    }
  }

  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    guard format == .file else { return tensor.encodeNumbers(as: format) }
    do throws(NPZError) {
      return try NPZ.encode([NamedTensor(key ?? "arr_0", tensor.spec, tensor.content)])
    } catch {
      throw .data(error)
    }
  }

  private func array(_ bytes: UnsafeRawBufferPointer) throws(LayerError) -> (file: NPZ, name: String, spec: Spec) {
    let file: NPZ
    do throws(NPZError) { file = try NPZ(bytes) } catch { throw .data(error) }
    let name = try chosenName(key, among: file.names, "array")
    do throws(NPZError) { return (file, name, try file.spec(of: name)) } catch { throw .data(error) }
  }
}
