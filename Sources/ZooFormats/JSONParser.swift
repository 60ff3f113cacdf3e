/// A recursive-descent parser of JSON by RFC 8259.
///
/// It keeps count of lines and columns as it goes, so that every value gets its position at no cost worth naming.
struct JSONParser {
  static let depthLimit = 200

  let bytes: [UInt8]
  let file: String
  var offset = 0
  var line: UInt32 = 1
  // The offset at which column 1 would be if every character before `offset` on this line had one byte.
  var columnOrigin = 0
  private var lineStart = 0

  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func document() throws(JSONError) -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {  // a byte order mark, which RFC 8259 lets parsers ignore
      (offset, columnOrigin, lineStart) = (3, 3, 3)
    }
    skipSpace()
    let root = try value(.value, depth: 0)
    skipSpace()
    guard offset == bytes.count else { throw unexpected(.end) }
    return root
  }

  /// The byte at `offset`; 0, which JSON allows nowhere, at the end.
  @inline(__always) var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  var position: JSONPosition { JSONPosition(line: line, column: UInt32(clamping: offset - columnOrigin + 1)) }

  private mutating func skipSpace() {
    while true {
      switch current {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): offset += 1
      case UInt8(ascii: "\n"):
        offset += 1
        line &+= 1
        columnOrigin = offset
        lineStart = offset
      default: return
      }
    }
  }

  private mutating func value(_ expected: JSONError.Expectation, depth: Int) throws(JSONError) -> JSON {
    let position = position
    switch current {
    case UInt8(ascii: "{"): return JSON(.object(try object(depth: depth + 1)), at: position)
    case UInt8(ascii: "["): return JSON(.array(try array(depth: depth + 1)), at: position)
    case UInt8(ascii: "\""): return JSON(.string(try text()), at: position)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return JSON(try number(), at: position)
    case UInt8(ascii: "t") where take("true"): return JSON(.boolean(true), at: position)
    case UInt8(ascii: "f") where take("false"): return JSON(.boolean(false), at: position)
    case UInt8(ascii: "n") where take("null"): return JSON(.null, at: position)
    case UInt8(ascii: "+"), UInt8(ascii: "."): throw error(.number(word(at: offset)))
    default: throw unexpected(expected)
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSON] {
    try enter(depth)
    var elements: [JSON] = []
    if current == UInt8(ascii: "]") {
      offset += 1
      return elements
    }
    while true {
      elements.append(try value(elements.isEmpty ? .firstElement : .value, depth: depth))
      skipSpace()
      switch current {
      case UInt8(ascii: ","):
        offset += 1
        skipSpace()
      case UInt8(ascii: "]"):
        offset += 1
        return elements
      default: throw unexpected(.commaOrBracket)
      }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    try enter(depth)
    var object = JSONObject()
    if current == UInt8(ascii: "}") {
      offset += 1
      return object
    }
    while true {
      guard current == UInt8(ascii: "\"") else { throw unexpected(object.isEmpty ? .firstName : .name) }
      let (start, namePosition) = (offset, position)
      let name = try text()
      if let first = object.find(name) {
        throw error(.duplicateName(name, first: object.members[first].namePosition), at: start)
      }
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw unexpected(.colon) }
      offset += 1
      skipSpace()
      object.add(.init(name: name, namePosition: namePosition, value: try value(.value, depth: depth)))
      skipSpace()
      switch current {
      case UInt8(ascii: ","):
        offset += 1
        skipSpace()
      case UInt8(ascii: "}"):
        offset += 1
        return object
      default: throw unexpected(.commaOrBrace)
      }
    }
  }

  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth <= Self.depthLimit else { throw error(.tooDeep(limit: Self.depthLimit)) }
    offset += 1
    skipSpace()
  }

  /// Steps over `literal` if it stands here as a word of its own.
  private mutating func take(_ literal: StaticString) -> Bool {
    let end = offset + literal.utf8CodeUnitCount
    guard end <= bytes.count else { return false }
    for i in 0..<literal.utf8CodeUnitCount where bytes[offset + i] != literal.utf8Start[i] { return false }
    guard end == bytes.count || !isWordByte(bytes[end]) else { return false }
    offset = end
    return true
  }
}

// What goes wrong.
extension JSONParser {
  /// An error at the current offset, or at `offset`, which is on the current line.
  func error(_ problem: JSONError.Problem, at offset: Int? = nil) -> JSONError {
    let offset = offset ?? self.offset
    let column = bytes[lineStart..<offset].count { $0 & 0xC0 != 0x80 } + 1
    return JSONError(place: Place(file: file, line: Int(line), column: column), problem: problem)
  }

  private func unexpected(_ expected: JSONError.Expectation) -> JSONError { error(.expected(expected, found: found)) }

  /// What stands here, in words.
  private var found: String {
    guard offset < bytes.count else { return "the end of the file" }
    switch current {
    case UInt8(ascii: "\""): return "text"
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return "a number"
    case 0..<32, 127: return "the control character \(current)"
    case let byte where isWordByte(byte): return "'\(word(at: offset))'"
    default:
      let scalar = String(decoding: bytes[offset...].prefix(4), as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}"
      return scalar == "\u{FFFD}" ? "a byte that is not UTF-8" : "'\(scalar)'"
    }
  }

  func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// The letters, digits, signs and points from `start` on, at most 24 of them.
  func word(at start: Int) -> String {
    let signs = "+-.".utf8
    return String(decoding: bytes[start...].prefix(24).prefix { isWordByte($0) || signs.contains($0) }, as: UTF8.self)
  }
}
