public import ZooTypes

/// Why bytes are not a NumPy array that zoo can read, or a tensor cannot be one.
public enum NumPyError: ExplainedError, Hashable {
  /// The file does not start as NumPy's do.
  case notNumPy
  /// The format's version is not 1, 2 or 3.
  case unknownVersion(major: UInt8, minor: UInt8)
  /// The file ends before its header does.
  case headerCutShort(has: Int, needs: Int)
  /// The header is longer than any array needs.
  case headerTooLong(Int)
  /// The header is not the Python dictionary that it should be; `what` says what was expected, `offset` where.
  case badHeader(expected: String, offset: Int)
  /// The header lacks a key.
  case missingKey(String)
  /// The header has a key that the format does not know, or one twice.
  case unexpectedKey(String)
  /// The elements are Python objects, which only running Python code could read.
  case pickled
  /// The elements are records of several fields.
  case structured
  /// The element type is not one that zoo has.
  case unknownDType(String)
  /// The shape is larger than any memory.
  case badShape([Int])
  /// The data is shorter than the shape needs.
  case cutShort(spec: Spec, needs: Int, has: Int)
  /// The data is longer than the shape needs.
  case trailing(spec: Spec, bytes: Int)
  /// (writing) NumPy has no such element type.
  case cannotStore(DType)
  /// (writing) The data is not as long as the spec says.
  case dataMismatch(spec: Spec, has: Int)

  /// What is wrong.
  public var message: String {
    switch self {
    case .notNumPy: "this is not a NumPy array: it does not start with \\x93NUMPY"
    case .unknownVersion(let major, let minor): "the array is in version \(major).\(minor) of NumPy's format; 1.0, 2.0 and 3.0 exist"
    case .headerCutShort(let has, let needs): "the array is cut short: it has \(has) bytes, and its header alone needs \(needs)"
    case .headerTooLong(let length): "the array's header claims \(length) bytes; none needs more than \(NumPyHeader.lengthLimit)"
    case .badHeader(let expected, let offset): "the array's header is damaged: expected \(expected) at byte \(offset)"
    case .missingKey(let key): "the array's header has no '\(key)'"
    case .unexpectedKey(let key): "the array's header has an unexpected '\(key)'"
    case .pickled: "the array holds Python objects"
    case .structured: "the array holds records of several fields"
    case .unknownDType(let descriptor): "the array has element type '\(descriptor)', which zoo does not have"
    case .badShape(let shape): "an array cannot have shape \(shape)"
    case .cutShort(let spec, let needs, let has):
      "the array is cut short: \(spec.dtype) \(spec.shape) needs \(needs) bytes of data, but \(has) are there"
    case .trailing(let spec, let bytes): "\(bytes) bytes follow the data of the array, which is \(spec.dtype) \(spec.shape)"
    case .cannotStore(let dtype): "NumPy has no element type \(dtype)"
    case .dataMismatch(let spec, let has): "a tensor that is \(spec.dtype) \(spec.shape) comes with \(has) bytes of data"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .notNumPy, .unknownVersion: "write it with numpy.save"
    case .headerCutShort, .cutShort: "fetch or copy the file again, and compare its size with the source's"
    case .headerTooLong, .badHeader, .missingKey, .unexpectedKey, .badShape, .trailing:
      "the file is damaged or its writer has a fault; write it again with numpy.save"
    case .pickled: "write plain numbers: numpy.save(path, array.astype('float32'), allow_pickle=False)"
    case .structured: "save one field: numpy.save(path, array['field'])"
    case .unknownDType: "zoo reads bool and integers and floats of 8 to 64 bits; convert with array.astype('float32')"
    case .cannotStore: "convert it to f32, or write safetensors"
    case .dataMismatch: "pass as many bytes as shape and element type need"
    }
  }
}
