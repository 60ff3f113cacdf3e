/// A Swift type that a layer's property may have to be an attribute: numbers, text, lists of them, optionals, and enums of strings.
public protocol AttributeValue {
  /// What a manifest writes for it.
  static var attributeType: AttributeType { get }
  /// The only values allowed, as text; empty: no restriction.
  static var choices: [String] { get }
  /// The value that a manifest wrote; nil if it cannot be.
  init?(literal: AttributeLiteral)
  /// How a manifest would write this value.
  var literal: AttributeLiteral { get }
}

extension AttributeValue {
  /// No restriction.
  public static var choices: [String] { [] }
}

extension Bool: AttributeValue {
  /// What a manifest writes for it.
  public static var attributeType: AttributeType { .boolean }
  /// The value that a manifest wrote; nil if it cannot be.
  public init?(literal: AttributeLiteral) {
    guard case .boolean(let value) = literal else { return nil }
    self = value
  }
  /// How a manifest writes this value.
  public var literal: AttributeLiteral { .boolean(self) }
}

extension Int: AttributeValue {
  /// What a manifest writes for it.
  public static var attributeType: AttributeType { .integer }
  /// The value that a manifest wrote; nil if it cannot be.
  public init?(literal: AttributeLiteral) {
    guard case .integer(let value) = literal else { return nil }
    self = value
  }
  /// How a manifest writes this value.
  public var literal: AttributeLiteral { .integer(self) }
}

extension Double: AttributeValue {
  /// What a manifest writes for it.
  public static var attributeType: AttributeType { .real }
  /// The value that a manifest wrote; nil if it cannot be.
  public init?(literal: AttributeLiteral) {
    guard case .real(let value) = literal else { return nil }
    self = value
  }
  /// How a manifest writes this value.
  public var literal: AttributeLiteral { .real(self) }
}

extension Float: AttributeValue {
  /// What a manifest writes for it.
  public static var attributeType: AttributeType { .real }
  /// The value that a manifest wrote; nil if it cannot be.
  public init?(literal: AttributeLiteral) {
    guard case .real(let value) = literal else { return nil }
    self = Float(value)
  }
  /// The shortest decimal that reads back as this value, so that 0.01 is not shown as 0.009999999776.
  public var literal: AttributeLiteral { .real(Double(description) ?? Double(self)) }
}

extension String: AttributeValue {
  /// What a manifest writes for it.
  public static var attributeType: AttributeType { .text }
  /// The value that a manifest wrote; nil if it cannot be.
  public init?(literal: AttributeLiteral) {
    guard case .text(let value) = literal else { return nil }
    self = value
  }
  /// How a manifest writes this value.
  public var literal: AttributeLiteral { .text(self) }
}

/// A number that a list attribute may hold: `Int` or `Double`.
public protocol AttributeListElement: Sendable {
  /// The attribute type of a list of them.
  static var listType: AttributeType { get }
  /// The list that a manifest wrote; nil if it is none.
  static func list(from literal: AttributeLiteral) -> [Self]?
  /// How a manifest would write this list.
  static func literal(of list: [Self]) -> AttributeLiteral
}

extension Int: AttributeListElement {
  /// The attribute type of a list of them.
  public static var listType: AttributeType { .integers }
  /// The list that a manifest wrote; nil if it is none.
  public static func list(from literal: AttributeLiteral) -> [Int]? {
    if case .integers(let values) = literal { values } else { nil }
  }
  /// How a manifest writes such a list.
  public static func literal(of list: [Int]) -> AttributeLiteral { .integers(list) }
}

extension Double: AttributeListElement {
  /// The attribute type of a list of them.
  public static var listType: AttributeType { .reals }
  /// The list that a manifest wrote; nil if it is none.
  public static func list(from literal: AttributeLiteral) -> [Double]? {
    if case .reals(let values) = literal { values } else { nil }
  }
  /// How a manifest writes such a list.
  public static func literal(of list: [Double]) -> AttributeLiteral { .reals(list) }
}

extension Array: AttributeValue where Element: AttributeListElement {
  /// What a manifest writes for it.
  public static var attributeType: AttributeType { Element.listType }
  /// The value that a manifest wrote; nil if it cannot be.
  public init?(literal: AttributeLiteral) {
    guard let values = Element.list(from: literal) else { return nil }
    self = values
  }
  /// How a manifest writes this value.
  public var literal: AttributeLiteral { Element.literal(of: self) }
}

extension Optional: AttributeValue where Wrapped: AttributeValue {
  /// What a manifest writes for it.
  public static var attributeType: AttributeType { Wrapped.attributeType }
  /// The only values allowed, as text.
  public static var choices: [String] { Wrapped.choices }
  /// The value that a manifest wrote; nil if it cannot be.
  public init?(literal: AttributeLiteral) {
    if case .absent = literal {
      self = .none
    } else if let value = Wrapped(literal: literal) {
      self = .some(value)
    } else {
      return nil
    }
  }
  /// How a manifest writes this value.
  public var literal: AttributeLiteral { self?.literal ?? .absent }
}

/// An enum of strings is a text attribute with choices.
extension AttributeValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  /// What a manifest writes for it.
  public static var attributeType: AttributeType { .text }
  /// The only values allowed, as text.
  public static var choices: [String] { allCases.map(\.rawValue) }
  /// The value that a manifest wrote; nil if it cannot be.
  public init?(literal: AttributeLiteral) {
    guard case .text(let value) = literal else { return nil }
    self.init(rawValue: value)
  }
  /// How a manifest writes this value.
  public var literal: AttributeLiteral { .text(rawValue) }
}

/// One attribute of a layer or codec: a property that a manifest may set.
///
/// Its default is the value the property has in `Owner()`; an optional property may stay absent.
public struct Attribute<Owner> {
  /// Whether a manifest must give it.
  public enum Presence { case required, defaulted }

  let name: String
  let about: String
  let type: AttributeType
  let choices: [String]
  let range: ClosedRange<Double>?
  let presence: Presence
  let fallback: (Owner) -> AttributeLiteral
  let assign: (inout Owner, AttributeLiteral) -> Bool

  /// Declares the property at `path` as attribute `name`.
  ///
  /// `range` bounds every number in it; `about` is one sentence, with the unit.
  public init<Value: AttributeValue>(
    _ name: String, _ path: WritableKeyPath<Owner, Value>, _ presence: Presence = .defaulted, in range: ClosedRange<Double>? = nil,
    _ about: String
  ) {
    self.name = name
    self.about = about
    self.type = Value.attributeType
    self.choices = Value.choices
    self.range = range
    self.presence = presence
    self.fallback = { $0[keyPath: path].literal }
    self.assign = { owner, literal in
      guard let value = Value(literal: literal) else { return false }
      owner[keyPath: path] = value
      return true
    }
  }

  /// Declares the property at `path` as attribute `name`, of any value.
  public init<Value: AttributeValue>(_ name: String, _ path: WritableKeyPath<Owner, Value>, _ about: String) {
    self.init(name, path, .defaulted, in: nil, about)
  }
}
