import ZooTypes

/// Writes safetensors files.
///
/// The same tensors and metadata make the same bytes.
public enum SafeTensorsWriter {
  /// How tensors follow one another in the file.
  public enum Order: Sendable {
    /// As given.
    case given
    /// Wide elements first, then by name, as the safetensors library does: every tensor is aligned to its elements.
    case sorted
  }

  /// Writes a file atomically.
  ///
  /// Errors of the format start with its path.
  public static func write(
    _ tensors: [NamedTensor], metadata: [(name: String, value: String)] = [], order: Order = .sorted, to path: String
  ) throws {
    let (header, tensors) = try layOut(tensors, metadata, order, path)
    try AtomicFile.replace(path) { (output) throws(FileError) in
      try output.write(header)
      for tensor in tensors { try output.write(tensor.bytes) }
    }
  }

  /// The bytes of a file.
  public static func encode(
    _ tensors: [NamedTensor], metadata: [(name: String, value: String)] = [], order: Order = .sorted
  ) throws(SafeTensorsError) -> [UInt8] {
    var (bytes, tensors) = try layOut(tensors, metadata, order)
    bytes.reserveCapacity(bytes.count + tensors.reduce(0) { $0 + $1.bytes.count })
    for tensor in tensors { bytes.append(contentsOf: tensor.bytes) }
    return bytes
  }

  private static func layOut(
    _ tensors: [NamedTensor], _ metadata: [(name: String, value: String)], _ order: Order, _ path: String
  ) throws(FileContentError) -> ([UInt8], [NamedTensor]) {
    do throws(SafeTensorsError) {
      return try layOut(tensors, metadata, order)
    } catch {
      throw FileContentError(path: path, error)
    }
  }

  /// The header with its length in front, padded so that the data starts at a multiple of 64 bytes, and the tensors in order.
  private static func layOut(
    _ tensors: [NamedTensor], _ metadata: [(name: String, value: String)], _ order: Order
  ) throws(SafeTensorsError) -> ([UInt8], [NamedTensor]) {
    var tensors = tensors
    if order == .sorted {
      tensors.sort { ($1.spec.dtype.byteCount, $0.name) < ($0.spec.dtype.byteCount, $1.name) }
    }
    var header = JSONObject()
    if !metadata.isEmpty {
      var pairs = JSONObject()
      for (name, value) in metadata { pairs[name] = JSON(.string(value)) }
      header["__metadata__"] = JSON(.object(pairs))
    }
    var names: Set = ["__metadata__"]
    var offset = 0
    for tensor in tensors {
      let spec = tensor.spec
      guard names.insert(tensor.name).inserted else { throw .nameTaken(tensor: tensor.name) }
      guard let dtype = spec.dtype.safeTensorsName else { throw .cannotStore(tensor: tensor.name, dtype: spec.dtype) }
      guard byteCount(spec.shape, spec.dtype) == tensor.bytes.count else {
        throw .dataMismatch(tensor: tensor.name, spec: spec, has: tensor.bytes.count)
      }
      let end = offset + tensor.bytes.count
      header[tensor.name] = [
        "dtype": JSON(.string(dtype)), "shape": JSON(.array(spec.shape.map { JSON(.integer($0)) })),
        "data_offsets": [JSON(.integer(offset)), JSON(.integer(end))],
      ]
      offset = end
    }
    var text = Array(JSON(.object(header)).text().utf8)
    let alignment = 64
    while (text.count + SafeTensorsHeader.lengthBytes) % alignment != 0 { text.append(UInt8(ascii: " ")) }
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    return (length + text, tensors)
  }
}
