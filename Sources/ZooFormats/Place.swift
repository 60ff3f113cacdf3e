/// A place in a text file.
public struct Place: Hashable, Sendable {
  /// The file's name, as the user would recognise it.
  public var file: String
  /// A JSON pointer (RFC 6901) such as `/graph/3`; empty: the whole document.
  public var pointer: String
  /// Counted from 1; 0: unknown.
  public var line: Int
  /// Counted from 1, in characters; 0: unknown.
  public var column: Int

  /// A place.
  public init(file: String, pointer: String = "", line: Int = 0, column: Int = 0) {
    self.file = file
    self.pointer = pointer
    self.line = line
    self.column = column
  }
}
