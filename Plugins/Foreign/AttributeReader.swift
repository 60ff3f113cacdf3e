import ZooPlugin

/// Reads an attribute's text from left to right, and knows where it is when something in it makes no sense.
struct AttributeReader {
  private let attribute: String
  private let text: String
  private let bytes: [UInt8]
  private var position = 0

  /// The text of an attribute of that name.
  init(_ attribute: String, _ text: String) {
    (self.attribute, self.text, bytes) = (attribute, text, Array(text.utf8))
  }

  /// Where the next word or sign begins, counted from 1.
  var column: Int {
    mutating get {
      skipSpaces()
      return position + 1
    }
  }

  /// Whether nothing is left.
  var isAtEnd: Bool {
    mutating get {
      skipSpaces()
      return position == bytes.count
    }
  }

  /// An error at `column`; without one, where reading stopped.
  mutating func problem(_ words: String, at column: Int? = nil) -> LayerError {
    .attribute("\(attribute) '\(text)', column \(column ?? self.column): \(words)")
  }

  /// Passes `sign` if it comes next.
  mutating func take(_ sign: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard position < bytes.count, bytes[position] == UInt8(ascii: sign) else { return false }
    position += 1
    return true
  }

  /// Passes a word of letters, digits and underscores that begins with no digit; empty: none comes next.
  mutating func word() -> String {
    skipSpaces()
    if let first = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) { return "" }
    return run { Self.isWord($0) }
  }

  /// Passes a number as it is written; empty: none comes next.
  mutating func number() -> String {
    skipSpaces()
    let start = position
    if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { position += 1 }
    guard let first = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || first == UInt8(ascii: ".") else {
      position = start
      return ""
    }
    var previous: UInt8 = 0
    _ = run { byte in
      defer { previous = byte }
      let isExponent = previous == UInt8(ascii: "e") || previous == UInt8(ascii: "E")
      return Self.isWord(byte) || byte == UInt8(ascii: ".") || isExponent && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+"))
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// Passes a whole number, perhaps negative.
  mutating func whole() throws(LayerError) -> Int {
    let start = column
    let text = number()
    guard let value = Int(text) else { throw problem("a whole number is missing here", at: start) }
    return value
  }

  /// What comes next, for messages.
  var rest: String {
    mutating get {
      skipSpaces()
      return position == bytes.count ? "the end" : "'\(String(decoding: bytes[position...].prefix(12), as: UTF8.self))'"
    }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private mutating func run(while belongs: (UInt8) -> Bool) -> String {
    let start = position
    while let byte = next, belongs(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipSpaces() {
    while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") { position += 1 }
  }
}

extension AttributeReader {
  /// The names of a list such as `x, w`.
  static func names(_ attribute: String, _ text: String) throws(LayerError) -> [String] {
    var reader = AttributeReader(attribute, text)
    var names: [String] = []
    repeat {
      let column = reader.column
      let name = reader.word()
      guard !name.isEmpty else { throw reader.problem("a name is missing; names have letters, digits and '_'", at: column) }
      guard !names.contains(name) else { throw reader.problem("'\(name)' is here twice", at: column) }
      names.append(name)
    } while reader.take(",")
    guard reader.isAtEnd else { throw reader.problem("',' is missing before \(reader.rest)") }
    return names
  }
}
