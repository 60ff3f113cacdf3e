/// An error that a user can act on.
///
/// Cases carry data; the words are made here and end with the next thing to do.
public protocol ExplainedError: Error, CustomStringConvertible {
  /// What is wrong: names the thing, and both sides of whatever does not fit.
  var message: String { get }
  /// What to do next; one line, never empty.
  var help: String { get }
}

extension ExplainedError {
  /// The two lines that the command prints.
  public var description: String { "\(message)\n  help: \(help)" }
}
