import ZooRuntime
import ZooTypes

/// Shapes that a port's words may mean: "[N, T, C]", "[..., in]", "[N] or []".
///
/// The words are for people, so this only guesses: what a guess is worth, the kind's own plan says.
struct ShapeHint {
  private let alternatives: [[String]]

  init(_ words: String) {
    alternatives = words.components(separatedBy: " or ").compactMap { part in
      guard let open = part.firstIndex(of: "["), let close = part.lastIndex(of: "]"), open < close else { return nil }
      let inner = String(part[part.index(after: open)..<close]).trimmed
      return inner.isEmpty ? [] : inner.split(separator: ",").map { String($0).trimmed }
    }
  }

  /// Shapes to try, likeliest first; `known` are the axes that attributes name.
  func shapes(known: [String: Int]) -> [[Int]] {
    var shapes: [[Int]] = []
    for axes in alternatives.isEmpty ? [["..."]] : alternatives {
      for filling in Self.fillings {
        let shape = axes.flatMap { axis in axis.hasSuffix("...") ? filling : [Self.length(of: axis, known)] }
        if shape.count <= 8, !shapes.contains(shape) { shapes.append(shape) }
      }
    }
    return shapes
  }

  /// What "..." may stand for.
  private static let fillings = [[3], [2, 3], [], [2, 3, 5], [4]]

  /// The same name has the same length everywhere; odd ones, but for channels, which groups and heads have to divide.
  private static func length(of axis: String, _ known: [String: Int]) -> Int {
    if let number = Int(axis) { return number }
    if let length = known[axis] { return length }
    let factors = axis.split(separator: "*").map { String($0).trimmed }
    if factors.count > 1 { return factors.map { length(of: $0, known) }.reduce(1, *) }
    switch axis {
    case "N": return 3
    case "C", "D": return 4
    case "H": return 7
    case "W": return 6
    case "T", "V": return 5
    case "L": return 9
    case "E": return 8
    case "d": return 2
    default: return 3
    }
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [String] {
    var (parts, rest) = ([String](), self[...])
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
