public import ZooTypes

/// Why bytes are not JSON.
public struct JSONError: ExplainedError, Hashable {
  /// Where.
  public let place: Place
  /// What is wrong there.
  public let problem: Problem

  /// What can be wrong.
  public enum Problem: Hashable, Sendable {
    /// Something else should stand here; `found` describes what does.
    case expected(Expectation, found: String)
    /// Text without its closing quote on the same line.
    case unclosedText
    /// A control character inside text, which must be escaped.
    case controlCharacter(UInt8)
    /// A backslash and what follows it.
    case escape(String)
    /// Half of a surrogate pair, such as `\ud83d` alone.
    case surrogate(String)
    /// A byte that is no part of UTF-8.
    case notUTF8(UInt8)
    /// A number that JSON does not write like this.
    case number(String)
    /// A number that 64 bits cannot hold.
    case numberTooLarge(String)
    /// A name that the object already has.
    case duplicateName(String, first: JSONPosition)
    /// Lists and objects inside one another beyond the limit.
    case tooDeep(limit: Int)
  }

  /// What can be expected.
  public enum Expectation: Hashable, Sendable {
    /// Any value.
    case value
    /// A value or the end of an empty list.
    case firstElement
    /// A member's name.
    case name
    /// A member's name or the end of an empty object.
    case firstName
    /// The colon after a member's name.
    case colon
    /// What follows an element.
    case commaOrBracket
    /// What follows a member.
    case commaOrBrace
    /// Nothing more.
    case end
  }

  /// The place and what is wrong there.
  public var message: String { "\(place.location): \(problem.words)" }

  /// What to change.
  public var help: String { problem.help }
}

extension JSONError.Expectation {
  fileprivate var words: String {
    switch self {
    case .value: "a value"
    case .firstElement: "a value or ']'"
    case .name: "a name in double quotes"
    case .firstName: "a name in double quotes or '}'"
    case .colon: "':' after a name"
    case .commaOrBracket: "',' or ']' after an element"
    case .commaOrBrace: "',' or '}' after a member"
    case .end: "nothing after the document's value"
    }
  }

  fileprivate var help: String {
    switch self {
    case .value, .firstElement: "a value is an object, a list, text in double quotes, a number, true, false or null"
    case .name, .firstName: "members look like \"name\": value, with the name in double quotes"
    case .colon: "members look like \"name\": value"
    case .commaOrBracket: "a ',' stands between the elements of a list, a ']' ends it"
    case .commaOrBrace: "a ',' stands between the members of an object, a '}' ends it"
    case .end: "a file has one value; look for a bracket that closes too early"
    }
  }
}

extension JSONError.Problem {
  fileprivate var words: String {
    switch self {
    case .expected(let what, let found): "expected \(what.words), found \(found)"
    case .unclosedText: "text without a closing '\"' on its line"
    case .controlCharacter(let byte): "a bare \(Self.name(of: byte)) inside text"
    case .escape(let text): "'\(text)' is no escape"
    case .surrogate(let text): "'\(text)' is half of a surrogate pair"
    case .notUTF8(let byte): "byte \(Self.hexadecimal(byte)) is not UTF-8"
    case .number(let text): "'\(text)' is not how JSON writes a number"
    case .numberTooLarge(let text): "the number \(text) is too large for 64 bits"
    case .duplicateName(let name, let first): "'\(name.prefix(200))' stands twice in one object, first at \(first.line):\(first.column)"
    case .tooDeep(let limit): "lists and objects are nested more than \(limit) deep"
    }
  }

  fileprivate var help: String {
    switch self {
    case .expected(let what, let found): Self.help(for: what, found)
    case .unclosedText: "close it with '\"'; inside text, a quote is written \\\" and a line break \\n"
    case .controlCharacter(let byte): "write it as \(byte == 9 ? "\\t" : "\\u00" + Self.hexadecimal(byte).dropFirst(2))"
    case .escape: "the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hexadecimal digits"
    case .surrogate: "write both halves, as in \\ud83d\\ude00, or the character itself"
    case .notUTF8: "save the file as UTF-8; if it should be, it is damaged"
    case .number: "numbers look like 12, -0.5 or 1e-3: no plus sign, no leading zeros, digits on both sides of the point"
    case .numberTooLarge: "the largest number is about 1.8e308"
    case .duplicateName: "take one of the two away"
    case .tooDeep: "no real file is nested like this; is it damaged?"
    }
  }

  private static func help(for expectation: JSONError.Expectation, _ found: String) -> String {
    switch (expectation, found) {
    case (_, "the end of the file"): "the file is empty or cut short: look for a bracket that is never closed"
    case (.value, "']'"), (.name, "'}'"): "JSON has no ',' after the last one: take it away"
    case (_, "'/'"), (_, "'#'"): "JSON has no comments; manifests have \"about\" for remarks"
    case (.value, "'''"), (.firstElement, "'''"), (.name, "'''"), (.firstName, "'''"): "JSON writes text in double quotes"
    case (.value, "'True'"), (.value, "'False'"), (.value, "'None'"), (.firstElement, "'True'"), (.firstElement, "'False'"),
      (.firstElement, "'None'"):
      "JSON writes true, false and null"
    case (.value, "'NaN'"), (.value, "'Infinity'"), (.firstElement, "'NaN'"), (.firstElement, "'Infinity'"):
      "JSON has finite numbers only"
    default: expectation.help
    }
  }

  private static func name(of byte: UInt8) -> String { byte == 9 ? "tab" : "control character \(hexadecimal(byte))" }

  private static func hexadecimal(_ byte: UInt8) -> String { "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
