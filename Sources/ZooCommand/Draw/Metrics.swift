/// How large things in a picture are, in pixels.
enum Metrics {
  static let nameSize = 12
  static let smallSize = 11
  static let titleSize = 18

  /// From a box's edge to its text.
  static let padding = 11
  /// From a frame's edge to what is in it.
  static let margin = 18
  /// The bar with a frame's title, without and with the names of its ports under it.
  static let header = 28
  static let labelBar = 20
  /// Between boxes side by side, and between wires.
  static let gap = 26
  static let wireGap = 14
  /// Between one layer and the next: at least, and at most.
  static let layerGap = 28
  static let widestLayerGap = 52
  /// Beside what is in a loop, for what goes round.
  static let returnLane = 24
  static let lineHeight = 16
  /// The second card behind what is repeated.
  static let shadow = 5

  /// No wider than this is text of that size in any usual font with characters of one width.
  static func width(_ text: String, size: Int) -> Int {
    // Scripts such as Chinese have characters about as wide as they are high.
    let units = text.unicodeScalars.reduce(0) { $0 + ($1.value < 0x1100 ? 62 : 105) }
    return (units * size + 99) / 100
  }

  /// No wider than this is a bold heading in any usual font.
  static func headingWidth(_ text: String) -> Int { width(text, size: titleSize) * 115 / 100 }

  /// `text` with what is too long left out in its middle.
  static func short(_ text: String, _ limit: Int = 48) -> String {
    text.count <= limit ? text : "\(text.prefix(limit / 2))…\(text.suffix(limit / 2 - 1))"
  }
}

extension Box {
  /// The lines of text at its left, and at its right.
  var lines: [(left: String, right: String)] {
    if role != .layer { return [(Metrics.short(name), ""), (Metrics.short("\(kind) \(shapes.first ?? "")"), "")] }
    // Short shapes share a line; of very many the first say enough.
    let joined = shapes.joined(separator: ", ")
    var shown = joined.count <= 28 ? [joined] : shapes.count > 4 ? Array(shapes.prefix(3)) + ["and \(shapes.count - 3) more"] : shapes
    if shown.isEmpty { shown = [""] }
    return [(Metrics.short(name), Metrics.short(kind))] + shown.enumerated().map { (Metrics.short($1), $0 == 0 ? note : "") }
  }

  var naturalWidth: Int {
    let widths = lines.enumerated().map { i, line in
      let size = i == 0 ? Metrics.nameSize : Metrics.smallSize
      let right = line.right.isEmpty ? 0 : Metrics.width(line.right, size: Metrics.smallSize) + 16
      return Metrics.width(line.left, size: size) + right
    }
    return ((widths.max() ?? 0) + 2 * Metrics.padding + 1) / 2 * 2
  }

  var height: Int { 12 + Metrics.lineHeight * lines.count }
}
