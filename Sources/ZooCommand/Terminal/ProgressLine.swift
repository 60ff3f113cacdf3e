import Glibc
import ZooRuntime

/// One line on a terminal that is drawn over and over: at most ten times a second, and not at all in a pipe.
package struct ProgressLine {
  private let terminal: Terminal
  private var lastDrawn = -Double.infinity
  private var isShown = false

  /// A line on standard error.
  package init(_ terminal: Terminal = .diagnostics) { self.terminal = terminal }

  /// Shows `text` instead of what was shown, unless that was a moment ago.
  package mutating func show(_ text: @autoclosure () -> String, now: Double = monotonicSeconds()) {
    guard let drawing = drawing(text(), now: now) else { return }
    write(Array(drawing.utf8), to: STDERR_FILENO)
  }

  /// What to write to the terminal for that; nil: nothing.
  package mutating func drawing(_ text: @autoclosure () -> String, now: Double) -> String? {
    guard terminal.isTerminal, now - lastDrawn >= 0.1 else { return nil }
    lastDrawn = now
    isShown = true
    // A line that fills the last column would wrap, and then could not be drawn over.
    return "\r\(text().prefix(terminal.width - 1))\u{1B}[K"
  }

  /// Clears the line, so that others can be written there.
  package mutating func clear() {
    if isShown { write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO) }
    isShown = false
  }
}
