import ZooFormats
import ZooRuntime
import ZooTypes

/// Reads the arrays that feed a training graph, by the codecs of families.
final class DataFiles {
  let catalog: Catalog
  let manifestFolder: String
  let zooRoot: String

  init(catalog: Catalog, manifestFolder: String, zooRoot: String) {
    self.catalog = catalog
    self.manifestFolder = manifestFolder
    self.zooRoot = zooRoot
  }

  func read(_ feed: TrainingFeed, for input: GraphInput) throws -> TensorBuffer {
    switch feed.origin {
    case .values(let values, let shape):
      let tensor = TensorBuffer(Spec(shape, input.dtype.isFloat ? .f64 : .i64))
      for (i, value) in values.enumerated() {
        if input.dtype.isFloat {
          tensor.pointer.storeBytes(of: value, toByteOffset: 8 * i, as: Double.self)
        } else {
          guard let integer = Int64(exactly: value) else { throw DatasetError.value(input: input.name, wants: input.dtype, got: value) }
          tensor.pointer.storeBytes(of: integer, toByteOffset: 8 * i, as: Int64.self)
        }
      }
      return tensor
    case .file(let path, let key):
      let file = try MappedFile(try path.resolve(manifestFolder: manifestFolder, zooRoot: zooRoot))
      let suffix = path.text.split(separator: ".").last.map(String.init) ?? ""
      guard let codec = catalog.codec(forExtension: suffix) else {
        throw TrainingJobError.noCodec(file: path.text, extensions: catalog.codecNames.flatMap { catalog.codec($0)?.extensions ?? [] })
      }
      var attributes = codec.attributes.map(\.fallback)
      if let index = codec.attributes.firstIndex(where: { $0.name == "key" }), !key.isEmpty { attributes[index] = .text(key) }
      let runner = CodecRunner(CodecChoice(codec: codec, attributes: attributes))
      return try file.withUnsafeBytes { try runner.decode($0, file: path.text, for: nil) }
    }
  }
}
