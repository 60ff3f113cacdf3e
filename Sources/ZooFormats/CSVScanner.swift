/// Cuts the text of a table into fields, one after the other.
///
/// Lines end with LF or CRLF; blank ones and those that start with `#` are passed by. Fields may be quoted (RFC 4180).
struct CSVScanner {
  /// One field.
  struct Field {
    let text: Slice<UnsafeRawBufferPointer>  // without quotes and surrounding space; doubled quotes are still doubled
    let line: Int  // counted from 1
    let column: Int  // counted from 0
    let isLast: Bool  // in its row
  }

  private let bytes: UnsafeRawBufferPointer
  private let delimiter: CSVDelimiter
  private var offset: Int
  private var line = 1
  private var column = 0

  init(_ bytes: UnsafeRawBufferPointer, _ delimiter: CSVDelimiter) {
    self.bytes = bytes
    self.delimiter = delimiter
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    offset = bytes.starts(with: byteOrderMark) ? 3 : 0
  }

  /// The next field; nil at the end.
  mutating func next() throws(CSVError) -> Field? {
    if column == 0, !skipToRow() { return nil }
    skipSpace()
    let (startLine, startColumn) = (line, column)
    let text = isAt(UInt8(ascii: "\"")) ? try quoted() : plain()
    let isLast = try endField(startLine, startColumn)
    column = isLast ? 0 : column + 1
    return Field(text: text, line: startLine, column: startColumn, isLast: isLast)
  }

  private func isAt(_ byte: UInt8) -> Bool { offset < bytes.count && bytes[offset] == byte }

  private var isAtLineEnd: Bool { offset == bytes.count || bytes[offset] == 0x0A || bytes[offset] == 0x0D }

  private mutating func skipSpace() {
    while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x09 && delimiter != .tab { offset += 1 }
  }

  /// Passes by what is no row; false at the end of the text.
  private mutating func skipToRow() -> Bool {
    while offset < bytes.count {
      let start = offset
      skipSpace()
      if isAt(UInt8(ascii: "#")) {
        while !isAtLineEnd { offset += 1 }
      }
      guard isAtLineEnd else {
        offset = start
        return true
      }
      endLine()
    }
    return false
  }

  private mutating func endLine() {
    if isAt(0x0D) { offset += 1 }
    if isAt(0x0A) { offset += 1 }
    line += 1
  }

  private mutating func plain() -> Slice<UnsafeRawBufferPointer> {
    let start = offset
    while !isAtLineEnd, !delimiter.matches(bytes[offset]) { offset += 1 }
    var end = offset
    while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    return bytes[start..<end]
  }

  private mutating func quoted() throws(CSVError) -> Slice<UnsafeRawBufferPointer> {
    let (startLine, startColumn) = (line, column)
    offset += 1
    let start = offset
    while offset < bytes.count {
      if isAt(UInt8(ascii: "\"")) {
        offset += 1
        if !isAt(UInt8(ascii: "\"")) { return bytes[start..<offset - 1] }
      } else if isAt(0x0A) {
        line += 1
      }
      offset += 1
    }
    throw .openQuote(line: startLine, column: startColumn + 1)
  }

  /// Steps over what ends a field; true if it ends the row, too.
  private mutating func endField(_ startLine: Int, _ startColumn: Int) throws(CSVError) -> Bool {
    skipSpace()
    if isAtLineEnd {
      endLine()
      return true
    }
    if delimiter == .space { return false }
    guard delimiter.matches(bytes[offset]) else { throw .afterQuote(line: startLine, column: startColumn + 1) }
    offset += 1
    return false
  }
}

/// What stands between the fields of a row.
public enum CSVDelimiter: String, CaseIterable, Sendable {
  /// Whichever of the others the first row has most of: tabs, semicolons, commas, then spaces.
  case automatic
  /// `,`
  case comma
  /// `;`
  case semicolon
  /// A tab.
  case tab
  /// Any number of spaces and tabs.
  case space

  fileprivate func matches(_ byte: UInt8) -> Bool {
    switch self {
    case .automatic, .comma: byte == UInt8(ascii: ",")
    case .semicolon: byte == UInt8(ascii: ";")
    case .tab: byte == 0x09
    case .space: byte == 0x20 || byte == 0x09
    }
  }

  /// The delimiter that the first row of `bytes` uses.
  static func detect(_ bytes: UnsafeRawBufferPointer) throws(CSVError) -> CSVDelimiter {
    var best = (delimiter: CSVDelimiter.comma, fields: 1)
    for delimiter in [CSVDelimiter.tab, .semicolon, .comma, .space] {
      var scanner = CSVScanner(bytes, delimiter)
      var fields = 0
      // A quoted field may end where another delimiter would not expect it: then it is not that one.
      while let field = try? scanner.next() {
        fields += 1
        if field.isLast { break }
      }
      if fields > best.fields { best = (delimiter, fields) }
      if fields > 1 && delimiter == .comma { break }
    }
    return best.delimiter
  }
}
