/// Text in columns that fits the width of a terminal: the last column is wrapped where it does not.
package struct Table {
  /// How a column's cells stand.
  package enum Alignment: Sendable {
    /// Words.
    case left
    /// Numbers.
    case right
  }

  /// One column.
  package struct Column: Sendable {
    let title: String
    let alignment: Alignment

    /// A column of words.
    package static func words(_ title: String) -> Column { Column(title: title, alignment: .left) }
    /// A column of numbers.
    package static func numbers(_ title: String) -> Column { Column(title: title, alignment: .right) }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// A table with a heading over each column; without any titles it has no heading.
  package init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; it has a cell for each column.
  package mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "a row of \(cells.count) cells in a table of \(columns.count) columns")
    rows.append(cells)
  }

  /// Whether there are no rows.
  package var isEmpty: Bool { rows.isEmpty }

  /// The table's lines, none longer than the terminal is wide unless a word is.
  ///
  /// There are two spaces between columns.
  package func lines(for terminal: Terminal) -> [String] {
    let hasHeading = columns.contains { !$0.title.isEmpty }
    let all = (hasHeading ? [columns.map(\.title)] : []) + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let indent = widths.dropLast().reduce(0) { $0 + $1 + 2 }
    // A last column that is squeezed to less than this is not readable either.
    let room = max(terminal.width - indent, 24)
    let wraps = columns.last?.alignment == .left

    return all.enumerated().flatMap { index, cells -> [String] in
      let parts = wraps ? wrapped(cells.last ?? "", width: room) : [cells.last ?? ""]
      return parts.enumerated().map { part, last in
        var line = ""
        for column in columns.indices {
          let isLast = column == columns.count - 1
          let cell = isLast ? last : part == 0 ? cells[column] : ""
          let padding = String(repeating: " ", count: max(widths[column] - cell.count, 0))
          let padded = columns[column].alignment == .right ? padding + cell : isLast ? cell : cell + padding
          line += padded + (isLast ? "" : "  ")
        }
        while line.last == " " { line.removeLast() }
        return index == 0 && hasHeading ? terminal.styled(line, .bold) : line
      }
    }
  }

  /// The lines as one text.
  package func text(for terminal: Terminal) -> String { lines(for: terminal).joined(separator: "\n") }
}

/// `text` in lines of at most `width` characters, broken between words; a longer word has a line of its own.
package func wrapped(_ text: String, width: Int) -> [String] {
  if text.count <= width, !text.contains("\n") { return [text] }
  var lines: [String] = []
  for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
    var line = ""
    for word in paragraph.split(separator: " ") {
      if line.isEmpty {
        line = String(word)
      } else if line.count + 1 + word.count <= width {
        line += " " + word
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    lines.append(line)
  }
  return lines
}
