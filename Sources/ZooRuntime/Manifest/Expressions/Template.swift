/// Text with `${...}` in it, cut into its parts.
///
/// `$${` stands for `${` itself.
struct Template {
  enum Part {
    case text(String)
    /// With its source, for messages.
    case expression(Expression, source: String)
  }

  let parts: [Part]

  /// Whether `text` has any part to be replaced.
  static func isNeeded(for text: String) -> Bool {
    var previous: UInt8 = 0
    for byte in text.utf8 {
      if previous == UInt8(ascii: "$"), byte == UInt8(ascii: "{") { return true }
      previous = byte
    }
    return false
  }

  /// Cuts `text`; an expression's problem comes with its source.
  init(_ text: String) throws(Failure) {
    var parts: [Part] = []
    var literal: [UInt8] = []
    let bytes = Array(text.utf8)
    var offset = 0
    while offset < bytes.count {
      let rest = bytes[offset...]
      if rest.starts(with: "$${".utf8) {
        literal += "${".utf8
        offset += 3
      } else if rest.starts(with: "${".utf8) {
        if !literal.isEmpty { parts.append(.text(String(decoding: literal, as: UTF8.self))) }
        literal = []
        guard let end = Self.closingBrace(bytes, from: offset + 2) else { throw Failure(source: Self.excerpt(rest), .unclosed) }
        let source = String(decoding: bytes[offset + 2..<end], as: UTF8.self)
        do throws(ExpressionFailure) {
          parts.append(.expression(try Expression(source), source: source))
        } catch {
          throw Failure(source: Self.excerpt(bytes[offset...end]), error.problem)
        }
        offset = end + 1
      } else {
        literal.append(bytes[offset])
        offset += 1
      }
    }
    if !literal.isEmpty { parts.append(.text(String(decoding: literal, as: UTF8.self))) }
    self.parts = parts
  }

  struct Failure: Error {
    let source: String
    let problem: ExpressionProblem

    init(source: String, _ problem: ExpressionProblem) {
      self.source = source
      self.problem = problem
    }
  }

  /// The first `}` outside of quotes.
  private static func closingBrace(_ bytes: [UInt8], from start: Int) -> Int? {
    var isQuoted = false
    for i in start..<bytes.count {
      if bytes[i] == UInt8(ascii: "'") { isQuoted.toggle() }
      if bytes[i] == UInt8(ascii: "}"), !isQuoted { return i }
    }
    return nil
  }

  static func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(200), as: UTF8.self)
    return text.count > 60 ? text.prefix(57) + "..." : text
  }
}
