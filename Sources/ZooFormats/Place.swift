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

extension Place: CustomStringConvertible {
  /// As messages begin: `gpt.json:31:5: at /graph/3`, with what is known.
  public var description: String { pointer.isEmpty ? location : "\(location): at \(pointer)" }

  /// The file with line and column: `gpt.json:31:5`.
  public var location: String { line == 0 ? file : "\(file):\(line):\(column)" }

  /// A member's name as a part of a JSON pointer.
  public static func pointerToken(_ name: String) -> String {
    var token = ""
    for character in name.unicodeScalars {
      switch character {
      case "~": token += "~0"
      case "/": token += "~1"
      default: token.unicodeScalars.append(character)
      }
    }
    return token
  }
}
