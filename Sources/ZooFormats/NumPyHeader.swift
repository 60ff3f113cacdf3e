public import ZooTypes

/// The header of a NumPy array file (`.npy`): what its data is and where it starts.
///
/// Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, versions 1 to 3.
public struct NumPyHeader: Hashable, Sendable {
  /// Element type and shape.
  public let spec: Spec
  /// Whether the first axis varies fastest in memory.
  public let isFortranOrder: Bool
  /// Whether the bytes of each element start with the highest.
  public let isBigEndian: Bool
  /// Where the data starts, counted from the start of the file.
  public let dataStart: Int

  /// A header longer than this is a lie: a shape of 64 axes takes a tenth of it.
  static let lengthLimit = 65_536
  /// What the format and its version take, before the header's length.
  static let prefixLength = 8
  /// No file needs more bytes than this before its data.
  static let longest = prefixLength + 4 + lengthLimit

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]  // \x93NUMPY

  /// Reads the header at the start of `bytes`, which need not hold the data.
  public init(_ bytes: UnsafeRawBufferPointer) throws(NumPyError) {
    guard bytes.starts(with: Self.magic.prefix(bytes.count)), !bytes.isEmpty else { throw .notNumPy }
    guard bytes.count >= Self.prefixLength else { throw .headerCutShort(has: bytes.count, needs: Self.prefixLength) }
    let (major, minor) = (bytes[6], bytes[7])
    guard 1...3 ~= major, minor == 0 else { throw .unknownVersion(major: major, minor: minor) }
    let textStart = Self.prefixLength + (major == 1 ? 2 : 4)
    guard bytes.count >= textStart else { throw .headerCutShort(has: bytes.count, needs: textStart) }
    let length =
      major == 1
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    guard length <= Self.lengthLimit else { throw .headerTooLong(length) }
    guard bytes.count >= textStart + length else { throw .headerCutShort(has: bytes.count, needs: textStart + length) }

    var parser = PythonDictionary(text: UnsafeRawBufferPointer(rebasing: bytes[textStart..<textStart + length]), start: textStart)
    let fields = try parser.header()
    guard let (dtype, isBigEndian) = Self.elementType(fields.descriptor) else { throw .unknownDType(fields.descriptor) }
    guard byteCount(fields.shape, dtype) != nil else { throw .badShape(fields.shape) }
    spec = Spec(fields.shape, dtype)
    isFortranOrder = fields.isFortranOrder
    self.isBigEndian = isBigEndian
    dataStart = textStart + length
  }

  /// The type that a descriptor such as `<f4` names; `=` and `|` mean this machine's order, which is little-endian.
  private static func elementType(_ descriptor: String) -> (DType, isBigEndian: Bool)? {
    var name = descriptor[...]
    var isBigEndian = false
    if let order = name.first, "<>=|".contains(order) {
      isBigEndian = order == ">"
      name = name.dropFirst()
    }
    guard let dtype = numPyNames.first(where: { $0.name == name })?.dtype else { return nil }
    return (dtype, isBigEndian && dtype.byteCount > 1)
  }

  /// The header that NumPy writes for a row-major array, to the byte: it leaves the first axis room to grow to 21 digits, and
  /// pads with at least one space so that the data starts at a multiple of 64 bytes.
  static func encode(_ spec: Spec) throws(NumPyError) -> [UInt8] {
    guard let name = numPyNames.first(where: { $0.dtype == spec.dtype })?.name else { throw .cannotStore(spec.dtype) }
    let order = spec.dtype.byteCount == 1 ? "|" : "<"
    let lengths = spec.shape.map(String.init).joined(separator: ", ") + (spec.rank == 1 ? "," : "")
    var text = "{'descr': '\(order)\(name)', 'fortran_order': False, 'shape': (\(lengths)), }"
    let textStart = prefixLength + 2
    if let first = spec.shape.first { text += String(repeating: " ", count: 21 - String(first).count) }
    text += String(repeating: " ", count: 64 - (textStart + text.utf8.count + 1) % 64)
    text += "\n"
    // 64 KB are enough for a rank of thousands: version 1 always does.
    let length = UInt16(text.utf8.count)
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }
}

/// Every element type that NumPy and zoo share, by NumPy's name without its byte order.
private let numPyNames: [(name: String, dtype: DType)] = [
  ("f8", .f64), ("f4", .f32), ("f2", .f16), ("i8", .i64), ("i4", .i32), ("i2", .i16), ("i1", .i8), ("u8", .u64), ("u4", .u32),
  ("u2", .u16), ("u1", .u8), ("b1", .bool),
]

/// Reads the one Python literal that the format allows: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
private struct PythonDictionary {
  let text: UnsafeRawBufferPointer
  let start: Int  // of `text` in the file, for messages
  var offset = 0

  init(text: UnsafeRawBufferPointer, start: Int) {
    self.text = text
    self.start = start
  }

  mutating func header() throws(NumPyError) -> (descriptor: String, isFortranOrder: Bool, shape: [Int]) {
    var descriptor: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !take("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where descriptor == nil:
        skipSpace()
        if peek("[") { throw .structured }
        let name = try string()
        if name.hasSuffix("O") { throw .pickled }
        descriptor = name
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default: throw .unexpectedKey(key)
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard offset == text.count else { throw expected("nothing after '}'") }
    guard let descriptor else { throw .missingKey("descr") }
    guard let isFortranOrder else { throw .missingKey("fortran_order") }
    guard let shape else { throw .missingKey("shape") }
    return (descriptor, isFortranOrder, shape)
  }

  private func expected(_ what: String) -> NumPyError { .badHeader(expected: what, offset: start + offset) }

  private mutating func skipSpace() {
    while offset < text.count, text[offset] == 0x20 || (9...13).contains(text[offset]) { offset += 1 }
  }

  private func peek(_ character: Unicode.Scalar) -> Bool { offset < text.count && text[offset] == UInt8(ascii: character) }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek(character) else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(NumPyError) {
    guard take(character) else { throw expected("'\(character)'") }
  }

  private mutating func string() throws(NumPyError) -> String {
    let quote: Unicode.Scalar = take("\"") ? "\"" : "'"
    if quote == "'" { try expect("'") }
    let first = offset
    while offset < text.count, !peek(quote) { offset += 1 }
    guard offset < text.count else { throw expected("a closing quote") }
    defer { offset += 1 }
    return String(decoding: text[first..<offset], as: UTF8.self)
  }

  private mutating func boolean() throws(NumPyError) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] where text[offset...].starts(with: word.utf8) {
      offset += word.utf8.count
      return value
    }
    throw expected("True or False")
  }

  private mutating func tuple() throws(NumPyError) -> [Int] {
    try expect("(")
    var numbers: [Int] = []
    while !take(")") {
      numbers.append(try integer())
      if !take(",") {
        try expect(")")
        break
      }
    }
    return numbers
  }

  private mutating func integer() throws(NumPyError) -> Int {
    skipSpace()
    let first = offset
    var number = 0
    while offset < text.count, (0x30...0x39).contains(text[offset]) {
      let (tens, overflow1) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = tens.addingReportingOverflow(Int(text[offset]) - 0x30)
      if overflow1 || overflow2 { throw expected("a length below 2^63") }
      number = sum
      offset += 1
    }
    guard offset > first else { throw expected("a length") }
    if peek("L") { offset += 1 }  // Python 2 wrote lengths as 3L
    return number
  }
}
