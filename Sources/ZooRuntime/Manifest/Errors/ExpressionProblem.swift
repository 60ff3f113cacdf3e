/// Why an expression in a manifest has no value.
public enum ExpressionProblem: Hashable, Sendable {
  /// `${` without `}`.
  case unclosed
  /// Something else should stand here.
  case expected(String, found: String)
  /// A character that no expression has.
  case unknownCharacter(String)
  /// A number that 64 bits cannot hold.
  case numberTooLarge(String)
  /// A name that has no value here.
  case unknownName(String, known: [String])
  /// A function that there is not.
  case unknownFunction(String, known: [String])
  /// A function with the wrong number of arguments.
  case argumentCount(function: String, got: Int, wanted: String)
  /// A function or operator that does not take such values.
  case types(operation: String, [String])
  /// A whole number beyond 64 bits, or a number beyond all bounds.
  case overflow(operation: String)
  /// A division by zero.
  case divisionByZero(operation: String)
  /// A root or logarithm of a number that has none.
  case undefined(function: String, argument: String)
  /// An element that a list does not have.
  case index(Int, count: Int)
  /// Longer than any formula needs to be.
  case tooLong(limit: Int)
  /// Parentheses nested too deep.
  case tooDeep(limit: Int)
  /// A list inside a longer text.
  case listInText
}
