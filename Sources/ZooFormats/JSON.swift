/// A JSON value that knows where in its file it stands.
///
/// Equality is about values alone: where they stand does not matter.
public struct JSON: Sendable {
  /// What it is.
  public var content: Content
  /// Where its first character stands.
  public var position: JSONPosition

  /// What a JSON value can be.
  public enum Content: Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A number written without fraction and exponent that 64 bits hold exactly.
    case integer(Int)
    /// Any other number; always finite when it was read from a file.
    case number(Double)
    /// Text.
    case string(String)
    /// A list.
    case array([JSON])
    /// Members by name, in the order of the file.
    case object(JSONObject)
  }

  /// A value; without a position it stands in no file.
  public init(_ content: Content, at position: JSONPosition = .unknown) {
    self.content = content
    self.position = position
  }
}

/// A line and a column, both counted from 1 and in characters; 0: unknown.
public struct JSONPosition: Hashable, Sendable, Comparable {
  /// Counted from 1; 0: unknown.
  public var line: UInt32
  /// Counted from 1, in characters.
  public var column: UInt32

  /// A position.
  public init(line: UInt32, column: UInt32) {
    self.line = line
    self.column = column
  }

  /// Of values that stand in no file.
  public static let unknown = JSONPosition(line: 0, column: 0)

  /// Whether `a` stands before `b` in the same file.
  public static func < (a: JSONPosition, b: JSONPosition) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

extension JSON: Hashable {
  /// Whether both are the same value, wherever they stand.
  public static func == (a: JSON, b: JSON) -> Bool { a.content == b.content }

  /// Hashes the value.
  public func hash(into hasher: inout Hasher) { hasher.combine(content) }
}

extension JSON {
  /// The text, if it is text.
  public var string: String? { if case .string(let text) = content { text } else { nil } }

  /// The boolean, if it is one.
  public var boolean: Bool? { if case .boolean(let flag) = content { flag } else { nil } }

  /// The elements, if it is a list.
  public var array: [JSON]? { if case .array(let elements) = content { elements } else { nil } }

  /// The members, if it is an object.
  public var object: JSONObject? { if case .object(let object) = content { object } else { nil } }

  /// The whole number, if it is one that 64 bits hold exactly: `3`, `3.0` and `3e2` are, `3.5` is not.
  public var integer: Int? {
    switch content {
    case .integer(let number): number
    case .number(let number): Int(exactly: number)
    default: nil
    }
  }

  /// The number, if it is one; integers beyond 2^53 are rounded.
  public var number: Double? {
    switch content {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }

  /// Whether it is `null`.
  public var isNull: Bool { content == .null }

  /// The member of that name; nil if there is none, or if this is no object.
  public subscript(name: String) -> JSON? { object?[name] }

  /// What it is, for messages: `a list`.
  public var noun: String {
    switch content {
    case .null: "null"
    case .boolean: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// `null`.
  public init(nilLiteral: ()) { self.init(.null) }
  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self.init(.boolean(value)) }
  /// A whole number.
  public init(integerLiteral value: Int) { self.init(.integer(value)) }
  /// A number.
  public init(floatLiteral value: Double) { self.init(.number(value)) }
  /// Text.
  public init(stringLiteral value: String) { self.init(.string(value)) }
  /// A list.
  public init(arrayLiteral elements: JSON...) { self.init(.array(elements)) }
  /// An object; of a repeated name the last value stays.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    var object = JSONObject()
    for (name, value) in elements { object[name] = value }
    self.init(.object(object))
  }
}
