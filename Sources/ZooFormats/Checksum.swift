import CZlib

/// The cyclic redundancy check of zip files (CRC-32 of ISO 3309): tells whether bytes have changed by accident.
package struct Checksum {
  private var state = crc32(0, nil, 0)

  package init() {}

  /// Takes in more bytes.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let chunk = 1 << 30
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(chunk))
      rest = rest.dropFirst(chunk)
      state = crc32(state, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(part.count))
    }
  }

  /// Takes in a text.
  package mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  /// Eight hexadecimal digits.
  package var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
