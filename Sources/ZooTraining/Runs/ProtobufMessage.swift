/// A message in the wire format of protocol buffers, field by field as it is written.
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 { case varint = 0, fixed64 = 1, lengthDelimited = 2, fixed32 = 5 }

  mutating func add(_ field: UInt64, integer value: Int64) {
    begin(field, .varint)
    varint(UInt64(bitPattern: value))
  }

  mutating func add(_ field: UInt64, double value: Double) {
    begin(field, .fixed64)
    append(littleEndian: value.bitPattern)
  }

  mutating func add(_ field: UInt64, float value: Float) {
    begin(field, .fixed32)
    append(littleEndian: value.bitPattern)
  }

  mutating func add(_ field: UInt64, bytes value: [UInt8]) {
    begin(field, .lengthDelimited)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func add(_ field: UInt64, text: String) { add(field, bytes: Array(text.utf8)) }

  mutating func add(_ field: UInt64, message: ProtobufMessage) { add(field, bytes: message.bytes) }

  private mutating func begin(_ field: UInt64, _ type: WireType) { varint(field << 3 | type.rawValue) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func append(littleEndian value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// The fields of a message in the wire format of protocol buffers.
package struct ProtobufFields {
  /// What a field holds.
  package enum Value: Hashable, Sendable {
    /// A whole number.
    case integer(UInt64)
    /// Eight bytes, little-endian.
    case fixed64(UInt64)
    /// Four bytes, little-endian.
    case fixed32(UInt32)
    /// Text, bytes or a message.
    case bytes(ArraySlice<UInt8>)
  }

  /// The fields by number, in their order.
  package private(set) var fields: [(number: UInt64, value: Value)] = []

  /// The fields of `bytes`; nil: that is no message.
  package init?(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while !rest.isEmpty {
      guard let key = Self.varint(&rest) else { return nil }
      let value: Value
      switch key & 7 {
      case 0:
        guard let integer = Self.varint(&rest) else { return nil }
        value = .integer(integer)
      case 1:
        guard let integer = Self.fixed(&rest, UInt64.self) else { return nil }
        value = .fixed64(integer)
      case 2:
        guard let length = Self.varint(&rest), length <= UInt64(rest.count) else { return nil }
        value = .bytes(rest.prefix(Int(length)))
        rest = rest.dropFirst(Int(length))
      case 5:
        guard let integer = Self.fixed(&rest, UInt32.self) else { return nil }
        value = .fixed32(integer)
      default: return nil
      }
      fields.append((key >> 3, value))
    }
  }

  /// The last field of that number.
  package subscript(number: UInt64) -> Value? { fields.last { $0.number == number }?.value }

  /// The messages in the fields of that number.
  package func messages(_ number: UInt64) -> [ProtobufFields] {
    fields.compactMap { field in
      guard field.number == number, case .bytes(let bytes) = field.value else { return nil }
      return ProtobufFields(bytes)
    }
  }

  /// The text in the field of that number; empty: there is none.
  package func text(_ number: UInt64) -> String {
    guard case .bytes(let bytes) = self[number] else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  private static func fixed<Integer: FixedWidthInteger>(_ rest: inout ArraySlice<UInt8>, _ type: Integer.Type) -> Integer? {
    let size = Integer.bitWidth / 8
    guard rest.count >= size else { return nil }
    let value = rest.prefix(size).reversed().reduce(Integer(0)) { $0 << 8 | Integer($1) }
    rest = rest.dropFirst(size)
    return value
  }
}
