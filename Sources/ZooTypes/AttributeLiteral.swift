/// A value of an attribute, as a manifest gives it.
public enum AttributeLiteral: Hashable, Sendable {
  /// `true` or `false`.
  case boolean(Bool)
  /// A whole number.
  case integer(Int)
  /// A number.
  case real(Double)
  /// Text; of a list attribute, one of its choices.
  case text(String)
  /// A list of whole numbers.
  case integers([Int])
  /// A list of numbers.
  case reals([Double])
  /// Not given, and there is no default.
  case absent
}

/// The type of an attribute, as the protocol numbers it.
public enum AttributeType: Int32, Sendable {
  /// `true` or `false`.
  case boolean = 1
  /// A whole number.
  case integer = 2
  /// A number.
  case real = 3
  /// Text, with choices one of them.
  case text = 4
  /// A list of whole numbers; one bare number is a list of one.
  case integers = 5
  /// A list of numbers; likewise.
  case reals = 6
}
