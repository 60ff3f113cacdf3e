// Text and numbers.

extension JSONParser {
  /// The text whose opening quote stands at `offset`.
  mutating func text() throws(JSONError) -> String {
    offset += 1
    let start = offset
    var bits: UInt8 = 0  // all bytes or-ed together: below 0x80 when all are ASCII
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        let text = try decode(bytes[start..<offset], from: start, bits)
        offset += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedText(from: start, bits) }
      guard byte >= 0x20 else { throw bareControl(byte, textStart: start) }
      bits |= byte
      offset += 1
    }
    throw error(.unclosedText, at: start - 1)
  }

  /// The rest of a text once there is a backslash in it.
  private mutating func escapedText(from start: Int, _ seen: UInt8) throws(JSONError) -> String {
    var bits = seen
    var content = Array(bytes[start..<offset])
    while offset < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case UInt8(ascii: "\""):
        // Checked as the file has it, so that an error's place is right; what escapes add is well-formed by itself.
        _ = try decode(bytes[start..<offset], from: start, bits)
        offset += 1
        return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20: throw bareControl(byte, textStart: start)
      default:
        content.append(byte)
        bits |= byte
        offset += 1
      }
    }
    throw error(.unclosedText, at: start - 1)
  }

  private func bareControl(_ byte: UInt8, textStart: Int) -> JSONError {
    byte == 10 || byte == 13 ? error(.unclosedText, at: textStart - 1) : error(.controlCharacter(byte))
  }

  private mutating func decode(_ slice: ArraySlice<UInt8>, from start: Int, _ bits: UInt8) throws(JSONError) -> String {
    if bits < 0x80 { return String(decoding: slice, as: UTF8.self) }
    do {
      let text = String(copying: try UTF8Span(validating: slice.span))
      columnOrigin += slice.count { $0 & 0xC0 == 0x80 }
      return text
    } catch {
      let bad = start + error.byteOffsets.lowerBound
      throw self.error(.notUTF8(bytes[bad]), at: bad)
    }
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
    let start = offset
    let letter = offset + 1 < bytes.count ? bytes[offset + 1] : 0
    offset += 2
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
    case UInt8(ascii: "b"): content.append(8)
    case UInt8(ascii: "f"): content.append(12)
    case UInt8(ascii: "n"): content.append(10)
    case UInt8(ascii: "r"): content.append(13)
    case UInt8(ascii: "t"): content.append(9)
    case UInt8(ascii: "u"):
      offset -= 2
      content += Array(String(Character(try unicodeEscape())).utf8)
    default:
      let shown = letter >= 0x20 && letter < 0x7F ? String(UnicodeScalar(letter)) : ""
      throw error(.escape("\\" + shown), at: start)
    }
  }

  /// `\uXXXX`, with its second half if it is the first of a surrogate pair.
  private mutating func unicodeEscape() throws(JSONError) -> UnicodeScalar {
    let start = offset
    let first = try codeUnit()
    if let scalar = UnicodeScalar(first) { return scalar }
    let half = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard first < 0xDC00, offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u") else {
      throw error(.surrogate(half), at: start)
    }
    let second = try codeUnit()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = UnicodeScalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
    else { throw error(.surrogate(half), at: start) }
    return scalar
  }

  /// The code unit that the `\uXXXX` at `offset` names.
  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for i in offset + 2..<offset + 6 {
      guard i < bytes.count, let digit = Character(UnicodeScalar(bytes[i])).hexDigitValue else {
        let shown = bytes[offset..<min(i + 1, bytes.count)].prefix { $0 >= 0x20 && $0 < 0x7F }
        throw error(.escape(String(decoding: shown, as: UTF8.self)))
      }
      unit = unit << 4 | UInt16(digit)
    }
    offset += 6
    return unit
  }

  /// The number that starts at `offset`.
  mutating func number() throws(JSONError) -> JSON.Content {
    let start = offset
    let isNegative = current == UInt8(ascii: "-")
    if isNegative { offset += 1 }

    // Gathered below zero, where there is room for one more than above.
    var (integer, fits) = (0, true)
    let firstDigit = offset
    while let digit = digit {
      let (tens, overflow1) = integer.multipliedReportingOverflow(by: 10)
      let (next, overflow2) = tens.subtractingReportingOverflow(digit)
      if overflow1 || overflow2 { fits = false }
      integer = next
      offset += 1
    }
    let digits = offset - firstDigit
    var isWellFormed = digits == 1 || digits > 1 && bytes[firstDigit] != UInt8(ascii: "0")

    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      isWellFormed = skipDigits() && isWellFormed
    }
    if current | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      offset += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
      isWellFormed = skipDigits() && isWellFormed
    }
    guard isWellFormed, !isWordByte(current), current != UInt8(ascii: ".") else { throw error(.number(word(at: start)), at: start) }

    if isInteger, fits, isNegative ? integer != 0 : integer != .min { return .integer(isNegative ? integer : -integer) }
    // A minus zero, an integer beyond 64 bits, or a number with fraction or exponent.
    guard let number = Double(String(decoding: bytes[start..<offset], as: UTF8.self)), number.isFinite else {
      throw error(.numberTooLarge(word(at: start)), at: start)
    }
    return .number(number)
  }

  private var digit: Int? {
    let value = Int(current) - Int(UInt8(ascii: "0"))
    return (0...9).contains(value) ? value : nil
  }

  /// Steps over digits; false if there is none.
  private mutating func skipDigits() -> Bool {
    let start = offset
    while digit != nil { offset += 1 }
    return offset > start
  }
}
