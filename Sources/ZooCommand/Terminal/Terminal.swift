import Glibc

/// What stands behind a file descriptor: a person at a terminal, or a pipe.
package struct Terminal: Sendable {
  /// Whether a person is likely to be looking.
  package let isTerminal: Bool
  /// How many characters fit on a line.
  package let width: Int
  /// Whether colour is wanted: on a terminal, unless `NO_COLOR` is set.
  package let hasColor: Bool

  /// A terminal that a test makes up.
  package init(isTerminal: Bool = false, width: Int = 80, hasColor: Bool = false) {
    self.isTerminal = isTerminal
    self.width = width
    self.hasColor = hasColor
  }

  private init(_ descriptor: Int32) {
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    // A dumb terminal draws over nothing, like a pipe.
    isTerminal = isatty(descriptor) == 1 && variable("TERM") != "dumb"
    var size = winsize()
    let columns = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 0
    width = max(columns > 0 ? columns : Int(variable("COLUMNS")) ?? 80, 40)
    hasColor = isTerminal && variable("NO_COLOR").isEmpty
  }

  /// Where results go.
  package static let output = Terminal(STDOUT_FILENO)
  /// Where diagnostics and progress go.
  package static let diagnostics = Terminal(STDERR_FILENO)

  /// How text can stand out.
  package enum Style: String, Sendable {
    /// Headings and names.
    case bold = "1"
    /// What matters less.
    case faint = "2"
    /// What failed.
    case failure = "1;31"
    /// What to do next.
    case help = "36"
  }

  /// `text` in a style, if there is colour.
  package func styled(_ text: String, _ style: Style) -> String {
    hasColor && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// Writes text, or any bytes, to standard output or standard error at once.
///
/// A reader that goes away ends the process quietly, by SIGPIPE.
package func write(_ bytes: [UInt8], to descriptor: Int32) {
  bytes.withUnsafeBytes { bytes in
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EPIPE {
        // Whoever started this process had the signal ignored.
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
      }
      if count < 0 { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// Prints a result.
package func printResult(_ text: String) { write(Array((text + "\n").utf8), to: STDOUT_FILENO) }

/// Prints something about the work that is not its result.
package func printDiagnostic(_ text: String) { write(Array((text + "\n").utf8), to: STDERR_FILENO) }
