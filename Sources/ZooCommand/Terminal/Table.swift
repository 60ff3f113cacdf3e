/// Text in columns that fit the width of a terminal: words are wrapped where they do not.
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
    let spare: Int

    /// A column of words; where a table is too wide, columns with a `spare` go, the highest first.
    package static func words(_ title: String, spare: Int = 0) -> Column { Column(title: title, alignment: .left, spare: spare) }
    /// A column of numbers.
    package static func numbers(_ title: String, spare: Int = 0) -> Column { Column(title: title, alignment: .right, spare: spare) }
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

  /// The table's lines, none longer than the terminal is wide unless its words are.
  ///
  /// There are two spaces between columns. Where a line would be too long, columns to spare are left out, and then the widest columns of
  /// words are wrapped; the first is not.
  package func lines(for terminal: Terminal) -> [String] {
    if let spared = sparing(for: terminal.width) { return spared.lines(for: terminal) }
    let hasHeading = columns.contains { !$0.title.isEmpty }
    let all = (hasHeading ? [columns.map(\.title)] : []) + rows
    let widths = widths(of: all, in: terminal.width)
    return all.enumerated().flatMap { index, cells -> [String] in
      let parts = zip(cells, widths).map { wrapped($0, width: max($1, 1)) }
      return (0..<(parts.map(\.count).max() ?? 0)).map { part in
        let line = line(parts.map { part < $0.count ? $0[part] : "" }, widths)
        return index == 0 && hasHeading ? terminal.styled(line, .bold) : line
      }
    }
  }

  /// The table without a column, if it is too wide and has one to spare.
  private func sparing(for limit: Int) -> Table? {
    guard let most = columns.indices.max(by: { columns[$0].spare < columns[$1].spare }), columns[most].spare > 0 else { return nil }
    let widths = columns.indices.map { column in
      ([columns[column].title] + rows.map { $0[column] }).flatMap { $0.split(separator: "\n") }.map(\.count).max() ?? 0
    }
    guard widths.reduce(2 * (columns.count - 1), +) > limit else { return nil }
    func rest<Element>(_ elements: [Element]) -> [Element] { Array(elements[..<most] + elements[(most + 1)...]) }
    var table = Table(rest(columns))
    table.rows = rows.map(rest)
    return table
  }

  private func widths(of rows: [[String]], in limit: Int) -> [Int] {
    var widths = columns.indices.map { column in rows.flatMap { $0[column].split(separator: "\n") }.map(\.count).max() ?? 0 }
    // No column is narrower than its longest word, which would stand out.
    let least = columns.indices.map { column in
      rows.map { row in row[column].split { $0 == " " || $0 == "\n" }.map(\.count).max() ?? 0 }.max() ?? 0
    }
    let gaps = 2 * (columns.count - 1)
    while widths.reduce(gaps, +) > limit {
      let candidates = columns.indices.dropFirst().filter {
        columns[$0].alignment == .left && widths[$0] > max(Self.narrowest, least[$0])
      }
      guard let widest = candidates.last(where: { i in candidates.allSatisfy { widths[$0] <= widths[i] } }) else { break }
      widths[widest] -= 1
    }
    return widths
  }

  // What is narrower is not readable either.
  private static let narrowest = 16

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (i, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: max(widths[i] - cell.count, 0))
      line += (i > 0 ? "  " : "") + (columns[i].alignment == .right ? padding + cell : cell + padding)
    }
    while line.last == " " { line.removeLast() }
    return line
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
