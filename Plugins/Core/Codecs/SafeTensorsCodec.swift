import ZooFormats
import ZooPlugin

/// One tensor of a safetensors file.
struct SafeTensorsCodec: ArrayCodec {
  var conversion = ArrayConversion()
  var key: String?

  static var declaration: CodecDeclaration<Self> {
    CodecDeclaration(
      "safetensors", "A tensor of a safetensors file.", extensions: ["safetensors"],
      attributes: [Attribute("key", \.key, "The tensor's name; not needed where there is one only. Written without it: 'tensor'.")]
        + conversionAttributes)
  }

  func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec {
    try conversion.describe(try entry(bytes).entry.spec, wanted: wanted)
  }

  func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError) {
    let (file, entry) = try entry(bytes)
    try conversion.convert(file.bytes(of: entry), entry.spec, into: tensor)
  }

  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    guard format == .file else { return tensor.encodeNumbers(as: format) }
    do throws(SafeTensorsError) {
      return try SafeTensorsWriter.encode([NamedTensor(key ?? "tensor", tensor.spec, tensor.content)])
    } catch {
      throw .data(error)
    }
  }

  private func entry(_ bytes: UnsafeRawBufferPointer) throws(LayerError) -> (file: SafeTensors, entry: SafeTensors.Entry) {
    let file: SafeTensors
    do throws(SafeTensorsError) { file = try SafeTensors(bytes) } catch { throw .data(error) }
    let name = try chosenName(key, among: file.entries.map(\.name), "tensor")
    guard let entry = file[name] else { throw .data("there is no tensor '\(name)'; there is \(list(file.entries.map(\.name)))") }
    return (file, entry)
  }
}

/// The name that is meant by attribute `key`: itself, or the only one that there is.
func chosenName(_ key: String?, among names: [String], _ noun: String) throws(LayerError) -> String {
  if let key { return key }
  guard let only = names.first else { throw .data("there is no \(noun) in it") }
  guard names.count == 1 else { throw .data("it holds \(names.count) \(noun)s: say with 'key' which one; there is \(list(names))") }
  return only
}
