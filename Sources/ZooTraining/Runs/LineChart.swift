/// A drawing of numbers as lines: one panel below the other.
package struct LineChart: Sendable {
  /// One line.
  package struct Line: Sendable {
    /// What the legend calls it.
    package var name: String
    /// Its points, from left to right.
    package var points: [Curve.Point]
    /// Whether the points are few enough to be seen each.
    package var hasDots: Bool

    /// A line.
    package init(name: String, points: [Curve.Point], hasDots: Bool = false) {
      (self.name, self.points, self.hasDots) = (name, points, hasDots)
    }
  }

  /// Lines over the same axes.
  package struct Panel: Sendable {
    /// What is measured.
    package var title: String
    /// What it is measured over.
    package var xTitle: String
    /// The lines, at most two.
    package var lines: [Line]
    /// Whether equal steps to the right are equal factors.
    package var isLogarithmicInX = false
    /// A place to point at, and what is there.
    package var mark: (point: Curve.Point, label: String)?

    /// Lines over the same axes.
    package init(title: String, xTitle: String, lines: [Line]) { (self.title, self.xTitle, self.lines) = (title, xTitle, lines) }

    /// Whether equal steps upwards are equal factors: where values span more than a factor of thirty.
    package var isLogarithmicInY: Bool {
      let values = lines.flatMap(\.points).map(\.y)
      guard let low = values.min(), let high = values.max() else { return false }
      return low > 0 && high / low > 30
    }
  }

  /// The heading.
  package var title: String
  /// The panels, from above.
  package var panels: [Panel]

  /// A drawing.
  package init(title: String, panels: [Panel]) { (self.title, self.panels) = (title, panels) }

  // MARK: SVG

  private static let (width, panelHeight, left, right) = (760.0, 240.0, 84.0, 24.0)

  /// The drawing as an SVG file that needs nothing else, and follows the reader's choice of light or dark.
  package var svg: String {
    let height = 56 + Self.panelHeight * Double(max(panels.count, 1))
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(text(Self.width))" height="\(text(height))" \
      viewBox="0 0 \(text(Self.width)) \(text(height))" role="img" aria-labelledby="title">
      <title id="title">\(escaped(title))</title>
      <style>
      \(Self.style)
      </style>
      <rect class="paper" width="\(text(Self.width))" height="\(text(height))" rx="8"/>
      <text class="heading" x="24" y="34">\(escaped(title))</text>
      """
    ]
    if panels.isEmpty { lines.append("<text x=\"24\" y=\"80\">There are no numbers yet.</text>") }
    for (i, panel) in panels.enumerated() { draw(panel, top: 56 + Self.panelHeight * Double(i), into: &lines) }
    return lines.joined(separator: "\n") + "\n</svg>\n"
  }

  private func draw(_ panel: Panel, top: Double, into lines: inout [String]) {
    let points = panel.lines.flatMap(\.points)
    let x = Axis(points.map(\.x), isLogarithmic: panel.isLogarithmicInX, from: Self.left, to: Self.width - Self.right, ticks: 7)
    let (above, below) = (top + 34, top + Self.panelHeight - 40)
    let y = Axis(points.map(\.y), isLogarithmic: panel.isLogarithmicInY, from: below, to: above, ticks: 5)
    lines.append("<g class=\"panel\"><text class=\"name\" x=\"24\" y=\"\(text(top + 20))\">\(escaped(panel.title))</text>")
    for tick in y.ticks {
      let at = text(y.place(tick))
      lines.append("<path class=\"grid\" d=\"M\(text(Self.left)) \(at)H\(text(Self.width - Self.right))\"/>")
      lines.append("<text x=\"\(text(Self.left - 8))\" y=\"\(text(y.place(tick) + 4))\" text-anchor=\"end\">\(y.label(tick))</text>")
    }
    for tick in x.ticks {
      let at = text(x.place(tick))
      lines.append("<path class=\"grid\" d=\"M\(at) \(text(below))v5\"/>")
      lines.append("<text x=\"\(at)\" y=\"\(text(below + 19))\" text-anchor=\"middle\">\(x.label(tick))</text>")
    }
    lines.append(
      "<text x=\"\(text(Self.width - Self.right))\" y=\"\(text(below + 34))\" text-anchor=\"end\">\(escaped(panel.xTitle))</text>")

    var legend = Self.width - Self.right
    for (i, line) in panel.lines.enumerated().reversed() {
      let places = line.points.map { "\(text(x.place($0.x))) \(text(y.place($0.y)))" }
      lines.append("<path class=\"line line\(i + 1)\" d=\"M\(places.joined(separator: "L"))\"/>")
      if line.hasDots, line.points.count <= 64 || line.points.count == 1 {
        for point in line.points {
          lines.append("<circle class=\"dot\(i + 1)\" cx=\"\(text(x.place(point.x)))\" cy=\"\(text(y.place(point.y)))\" r=\"3\"/>")
        }
      }
      guard panel.lines.count > 1 else { continue }
      legend -= 7.3 * Double(line.name.count)
      lines.append("<text x=\"\(text(legend))\" y=\"\(text(top + 20))\">\(escaped(line.name))</text>")
      lines.append("<path class=\"line line\(i + 1)\" d=\"M\(text(legend - 28)) \(text(top + 16))h22\"/>")
      legend -= 48
    }
    if let (point, label) = panel.mark {
      let at = x.place(point.x)
      let isRight = at > Self.width / 2
      // Where the line is not.
      let isHigh = y.place(point.y) < (above + below) / 2
      lines.append("<path class=\"mark\" d=\"M\(text(at)) \(text(above))V\(text(below))\"/>")
      lines.append("<circle class=\"spot\" cx=\"\(text(at))\" cy=\"\(text(y.place(point.y)))\" r=\"5\"/>")
      lines.append(
        """
        <text class="note" x="\(text(at + (isRight ? -8 : 8)))" y="\(text(isHigh ? below - 8 : above + 12))" \
        text-anchor="\(isRight ? "end" : "start")">\(escaped(label))</text>
        """)
    }
    lines.append("</g>")
  }

  /// Colours, with a contrast of 4.5 for text and 3 for lines at least, in light and in dark.
  private static let style = """
    text{font:12px monospace;fill:#57606a}
    .heading{font:bold 18px sans-serif;fill:#1f2328}
    .name{font:bold 13px sans-serif;fill:#1f2328}
    .note{fill:#8a4600;font-weight:bold}
    .paper{fill:#fff}
    .grid{fill:none;stroke:#d0d7de}
    .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
    .line1{stroke:#0969da}
    .line2{stroke:#bc4c00}
    .dot1{fill:#0969da}
    .dot2{fill:#bc4c00}
    .mark{fill:none;stroke:#8a4600;stroke-dasharray:4 3}
    .spot{fill:#8a4600}
    @media (prefers-color-scheme: dark){
    text{fill:#a5b0bc}
    .heading,.name{fill:#e9eef3}
    .note{fill:#f0b072}
    .paper{fill:#0d1117}
    .grid{stroke:#30363d}
    .line1{stroke:#58a6ff}
    .line2{stroke:#f0883e}
    .dot1{fill:#58a6ff}
    .dot2{fill:#f0883e}
    .mark{stroke:#f0b072}
    .spot{fill:#f0b072}
    }
    """
}

/// Where numbers stand between two ends of a drawing.
struct Axis {
  /// The numbers that are written beside it.
  let ticks: [Double]

  private let isLogarithmic: Bool
  private let (low, high): (Double, Double)  // logarithms, if it is logarithmic
  private let (from, to): (Double, Double)
  private let step: Double

  /// An axis for `values` between the places `from` and `to`.
  init(_ values: [Double], isLogarithmic: Bool, from: Double, to: Double, ticks count: Int) {
    self.isLogarithmic = isLogarithmic && values.allSatisfy { $0 > 0 }
    (self.from, self.to) = (from, to)
    let scaled = self.isLogarithmic ? values.map(logarithm) : values
    var (low, high) = (scaled.min() ?? 0, scaled.max() ?? 1)
    if high - low <= 1e-12 * max(high.magnitude, low.magnitude) {
      let room = max(high.magnitude * 0.1, 1e-9)
      (low, high) = (low - room, high + room)
    }
    let margin = (high - low) * 0.03
    (self.low, self.high) = (low - margin, high + margin)
    if self.isLogarithmic {
      (self.ticks, step) = (Self.decades(self.low, self.high, count), 0)
    } else {
      let step = Self.niceStep((self.high - self.low) / Double(count))
      self.step = step
      let first = (self.low / step).rounded(.up)
      let last = (self.high / step).rounded(.down)
      self.ticks = last - first < 100 ? stride(from: first, through: last, by: 1).map { $0 * step } : []
    }
  }

  /// Where a number stands.
  func place(_ value: Double) -> Double {
    let scaled = isLogarithmic ? logarithm(value) : value
    return from + (scaled - low) / (high - low) * (to - from)
  }

  /// The number as it is written at the axis.
  func label(_ tick: Double) -> String {
    if tick == 0 { return "0" }
    let magnitude = tick.magnitude
    if magnitude >= 1e6 || magnitude < 1e-4 { return scientific(tick) }
    let digits = isLogarithmic ? -floorLog10(magnitude) : -floorLog10(step)
    return decimal(tick, digits: min(max(digits, 0), 8))
  }

  /// 1, 2 or 5 times a power of ten, at least `rough`.
  private static func niceStep(_ rough: Double) -> Double {
    let power = tenTo(floorLog10(rough))
    return ([1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10) * power
  }

  /// Powers of ten between two logarithms; with few of them, also 2 and 5 times those.
  private static func decades(_ low: Double, _ high: Double, _ count: Int) -> [Double] {
    let exponents = Int(low.rounded(.down))...Int(high.rounded(.up))
    let factors: [Double] = high - low > 2 ? [1] : high - low > 1 ? [1, 3] : [1, 2, 3, 5, 7]
    let every = max(1, (exponents.count + count - 1) / count)
    return exponents.filter { $0 % every == 0 }.flatMap { exponent in factors.map { $0 * tenTo(exponent) } }
      .filter { logarithm($0) >= low && logarithm($0) <= high }
  }
}
