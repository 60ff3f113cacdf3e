/// A word of an expression.
enum ExpressionToken: Equatable {
  case integer(Int)
  case number(Double)
  case text(String)
  case name(String)
  case symbol(String)
  case end

  /// As messages show it.
  var shown: String {
    switch self {
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .text(let text): "'\(text)'"
    case .name(let name), .symbol(let name): "'\(name)'"
    case .end: "its end"
    }
  }
}

/// Cuts an expression into words.
struct ExpressionTokens {
  private let bytes: [UInt8]
  private var offset = 0

  // Longer symbols first.
  private static let symbols = ["**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "<", ">", "?", ":", "(", ")", "[", "]", ","]

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The next word.
  mutating func next() throws(ExpressionFailure) -> ExpressionToken {
    while offset < bytes.count, [UInt8(ascii: " "), 9, 10, 13].contains(bytes[offset]) { offset += 1 }
    guard offset < bytes.count else { return .end }
    switch bytes[offset] {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "'"): return try text()
    case let byte where Self.isNameByte(byte):
      let start = offset
      while offset < bytes.count, Self.isNameByte(bytes[offset]) { offset += 1 }
      return .name(String(decoding: bytes[start..<offset], as: UTF8.self))
    default:
      for symbol in Self.symbols where bytes[offset...].starts(with: symbol.utf8) {
        offset += symbol.utf8.count
        return .symbol(symbol)
      }
      let rest = String(decoding: bytes[offset...].prefix(32), as: UTF8.self)
      throw ExpressionFailure(.unknownCharacter(rest.first.map(String.init) ?? ""))
    }
  }

  private mutating func number() throws(ExpressionFailure) -> ExpressionToken {
    let start = offset
    var isInteger = true
    skipDigits()
    if offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "."), Self.isDigit(bytes[offset + 1]) {
      isInteger = false
      offset += 1
      skipDigits()
    }
    if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
      var exponent = offset + 1
      if exponent < bytes.count, bytes[exponent] == UInt8(ascii: "+") || bytes[exponent] == UInt8(ascii: "-") { exponent += 1 }
      if exponent < bytes.count, Self.isDigit(bytes[exponent]) {
        isInteger = false
        offset = exponent
        skipDigits()
      }
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isInteger, let number = Int(text) { return .integer(number) }
    guard !isInteger, let number = Double(text), number.isFinite else { throw ExpressionFailure(.numberTooLarge(text)) }
    return .number(number)
  }

  private mutating func text() throws(ExpressionFailure) -> ExpressionToken {
    let start = offset + 1
    guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "'")) else {
      throw ExpressionFailure(.expected("a closing '''", found: "its end"))
    }
    offset = end + 1
    return .text(String(decoding: bytes[start..<end], as: UTF8.self))
  }

  private mutating func skipDigits() { while offset < bytes.count, Self.isDigit(bytes[offset]) { offset += 1 } }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
    default: isDigit(byte)
    }
  }
}

/// An expression's problem on its way to whoever knows where the expression stands.
struct ExpressionFailure: Error {
  let problem: ExpressionProblem
  init(_ problem: ExpressionProblem) { self.problem = problem }
}
