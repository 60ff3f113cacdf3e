import Glibc
import ZooFormats

/// A drawing of numbers in letters, for a terminal.
package enum TextPlot {
  /// The lines of a drawing of points whose x stand at equal factors.
  ///
  /// - Parameters:
  ///   - points: what is drawn, from left to right.
  ///   - mark: the x of a column that is marked; nil: none is.
  ///   - width: how many letters a line has at most.
  ///   - height: how many lines the drawing has, its axis left out.
  package static func lines(_ points: [(x: Double, y: Double)], mark: Double? = nil, width: Int, height: Int = 12) -> [String] {
    guard let first = points.first, let last = points.last, first.x > 0, first.x < last.x else { return [] }
    let (low, high) = (points.map(\.y).min() ?? 0, points.map(\.y).max() ?? 1)
    let labels = (0..<height).map { row in
      row == 0 ? shortNumber(high) : row == height - 1 ? shortNumber(low) : row == height / 2 ? shortNumber((low + high) / 2) : ""
    }
    let margin = (labels.map(\.count).max() ?? 0) + 2
    let columns = max(width - margin - 1, 10)
    func column(_ x: Double) -> Int { Int((log(x / first.x) / log(last.x / first.x) * Double(columns - 1)).rounded()) }
    var rows = [[Character]](repeating: [Character](repeating: " ", count: columns), count: height)
    if let mark, mark >= first.x, mark <= last.x { for row in 0..<height { rows[row][column(mark)] = ":" } }
    for point in points {
      let place = high > low ? (high - point.y) / (high - low) * Double(height - 1) : Double(height / 2)
      rows[Int(place.rounded())][column(point.x)] = "*"
    }
    var lines = zip(labels, rows).map { label, row in
      var line = String(repeating: " ", count: margin - 2 - label.count) + label + " |" + String(row)
      while line.last == " " { line.removeLast() }
      return line
    }
    let (left, right) = (formatted("%.1e", first.x), formatted("%.1e", last.x))
    lines.append(String(repeating: " ", count: margin - 1) + "+" + String(repeating: "-", count: columns))
    let gap = String(repeating: " ", count: max(columns - left.count - right.count, 1))
    lines.append(String(repeating: " ", count: margin) + left + gap + right)
    return lines
  }
}
