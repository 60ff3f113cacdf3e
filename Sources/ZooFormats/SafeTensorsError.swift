public import ZooTypes

/// Why bytes are not a safetensors file, or a tensor cannot be in one.
public enum SafeTensorsError: ExplainedError, Hashable {
  /// The file ends before its header does.
  case headerCutShort(has: Int, needs: Int)
  /// The first 8 bytes claim a header that the file cannot hold.
  case headerTooLong(claimed: UInt64, available: Int)
  /// The header is not JSON.
  case notJSON(JSONError)
  /// The header, or a part of it, is JSON of another kind.
  case notAnObject(part: String, found: String)
  /// `__metadata__` holds something other than text.
  case metadataNotText(name: String, found: String)
  /// A tensor's entry has no such member.
  case missingMember(tensor: String, member: String)
  /// A tensor's member is not what it should be.
  case badMember(tensor: String, member: String, expected: String)
  /// The element type is not one that zoo knows.
  case unknownDType(tensor: String, dtype: String)
  /// The shape is negative somewhere, or larger than any memory.
  case badShape(tensor: String, shape: [Int])
  /// The offsets are reversed or negative.
  case badOffsets(tensor: String, start: Int, end: Int)
  /// The offsets span another number of bytes than shape and type need.
  case sizeMismatch(tensor: String, spec: Spec, needs: Int, spans: Int)
  /// The data ends before the tensors do; `from` is the first that is not whole.
  case cutShort(missing: Int, from: String)
  /// Two tensors claim the same bytes.
  case overlap(tensor: String, other: String, bytes: Int)
  /// Bytes that no tensor claims, before a tensor.
  case hole(tensor: String, bytes: Int)
  /// Bytes that no tensor claims, after the last.
  case trailing(bytes: Int)
  /// (writing) The name is taken, by another tensor or by the format itself.
  case nameTaken(tensor: String)
  /// (writing) The format has no such element type.
  case cannotStore(tensor: String, dtype: DType)
  /// (writing) The data is not as long as the spec says.
  case dataMismatch(tensor: String, spec: Spec, has: Int)

  /// What is wrong, with the tensor's name.
  public var message: String {
    switch self {
    case .headerCutShort(let has, let needs): "the file is cut short: it has \(has) bytes, and its header alone needs \(needs)"
    case .headerTooLong(let claimed, let available):
      "the first 8 bytes claim a header of \(claimed) bytes, but only \(available) follow"
    case .notJSON(let error): "the header is not JSON: \(error.message)"
    case .notAnObject(let part, let found): "\(part) must be an object, but it is \(found)"
    case .metadataNotText(let name, let found): "'\(name)' in __metadata__ must be text, but it is \(found)"
    case .missingMember(let tensor, let member): "tensor '\(tensor)' has no '\(member)'"
    case .badMember(let tensor, let member, let expected): "tensor '\(tensor)': '\(member)' must be \(expected)"
    case .unknownDType(let tensor, let dtype): "tensor '\(tensor)' has element type '\(dtype)', which zoo does not know"
    case .badShape(let tensor, let shape): "tensor '\(tensor)' cannot have shape \(shape)"
    case .badOffsets(let tensor, let start, let end): "tensor '\(tensor)' has the data offsets [\(start), \(end)], which is no range"
    case .sizeMismatch(let tensor, let spec, let needs, let spans):
      "tensor '\(tensor)' is \(spec.dtype) \(spec.shape) and needs \(needs) bytes, but its data offsets span \(spans)"
    case .cutShort(let missing, let tensor): "the file is cut short: \(missing) bytes are missing, from tensor '\(tensor)' on"
    case .overlap(let tensor, let other, let bytes): "tensors '\(other)' and '\(tensor)' share \(bytes) bytes of data"
    case .hole(let tensor, let bytes): "\(bytes) bytes before the data of tensor '\(tensor)' belong to no tensor"
    case .trailing(let bytes): "\(bytes) bytes after the data of the last tensor belong to no tensor"
    case .nameTaken(let tensor): "there cannot be another tensor named '\(tensor)'"
    case .cannotStore(let tensor, let dtype): "tensor '\(tensor)' is \(dtype), which the format does not have"
    case .dataMismatch(let tensor, let spec, let has):
      "tensor '\(tensor)' is \(spec.dtype) \(spec.shape), but it comes with \(has) bytes of data"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .headerCutShort, .cutShort: "fetch or copy the file again, and compare its size with the source's"
    case .headerTooLong, .notJSON: "is this really a safetensors file?"
    case .unknownDType: "zoo reads F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL; convert the tensor with the library that wrote it"
    case .nameTaken: "give it another name"
    case .cannotStore: "convert it to f32 first"
    case .dataMismatch: "pass as many bytes as shape and element type need"
    case .notAnObject, .metadataNotText, .missingMember, .badMember, .badShape, .badOffsets, .sizeMismatch, .overlap, .hole, .trailing:
      "the file is damaged or its writer has a fault; write it again with the safetensors library"
    }
  }
}
