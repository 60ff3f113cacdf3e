import ZooTraining

/// Writes a picture as an SVG file that needs nothing else: no fonts, scripts or images from anywhere.
///
/// Its colours follow the reader's choice of light or dark. Boxes say in `data-path` which layer they are, wires in `data-value` what they
/// carry.
struct SVG {
  private var lines: [String] = []
  private let picture: Picture

  /// The text of a file with the picture of `diagram`.
  static func text(_ diagram: Diagram, subject: String) throws(DrawingError) -> String {
    let picture = try Layout.picture(of: diagram.root, isRoot: true, subject: subject)
    var svg = SVG(picture: picture)
    svg.write(diagram)
    return svg.lines.joined(separator: "\n") + "\n"
  }

  private init(picture: Picture) { self.picture = picture }

  private mutating func write(_ diagram: Diagram) {
    let edge = 24
    let title = Metrics.short(diagram.title, 80)
    let top = edge + 26 + 18 * diagram.subtitle.count + 18
    let subtitleWidth = diagram.subtitle.map { Metrics.width($0, size: Metrics.smallSize) }.max() ?? 0
    let content = max(picture.width, Metrics.headingWidth(title), subtitleWidth)
    let (width, height) = (content + 2 * edge, top + picture.height + edge)
    lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" role="img" \
      aria-labelledby="title desc">
      <title id="title">\(escaped(diagram.title))</title>
      <desc id="desc">\(escaped(diagram.description))</desc>
      <style>
      \(Self.style)
      </style>
      <rect class="paper" width="\(width)" height="\(height)" rx="8"/>
      <text class="heading" x="\(edge)" y="\(edge + 18)">\(escaped(title))</text>
      """
    ]
    for (i, line) in diagram.subtitle.enumerated() {
      lines.append("<text class=\"small\" x=\"\(edge)\" y=\"\(edge + 40 + 18 * i)\">\(escaped(line))</text>")
    }
    lines.append("<g transform=\"translate(\(edge + (content - picture.width) / 2) \(top))\">")
    for frame in picture.frames { write(frame) }
    for route in picture.routes { write(route) }
    for box in picture.boxes { write(box) }
    lines.append("</g>\n</svg>")
  }

  private mutating func write(_ placed: Picture.PlacedBox) {
    let (area, box) = (placed.area, placed.box)
    let isLayer = box.role == .layer
    let look = isLayer ? (box.hasParameters ? "trained" : "plain") : box.role.rawValue
    lines.append(
      """
      <g class="box" data-path="\(escaped(box.path))"><title>\(escaped(box.path)): \(escaped(box.kind)) \
      \(escaped(box.shapes.joined(separator: ", ")))\(box.note.isEmpty ? "" : ", \(escaped(box.note))")</title>
      <rect class="\(look)" \(attributes(area)) rx="\(isLayer ? 5 : 15)"/>
      """)
    for (i, line) in box.lines.enumerated() {
      let y = area.y + 19 + Metrics.lineHeight * i
      let style = i == 0 ? "name" : "small"
      if isLayer {
        text(line.left, style, area.x + Metrics.padding, y)
        text(line.right, i > 0 && box.hasParameters ? "small count" : "small", area.x + area.width - Metrics.padding, y, "end")
      } else {
        text(line.left, style, area.x + area.width / 2, y, "middle")
      }
    }
    lines.append("</g>")
  }

  private mutating func write(_ placed: Picture.PlacedFrame) {
    let (area, frame) = (placed.area, placed.frame)
    lines.append("<g class=\"group\"><title>\(escaped([frame.title, frame.note].filter { !$0.isEmpty }.joined(separator: " ")))</title>")
    if frame.isRepeated {
      let behind = Area(x: area.x + Metrics.shadow, y: area.y + Metrics.shadow, width: area.width, height: area.height)
      lines.append("<rect class=\"frame behind\" \(attributes(behind)) rx=\"8\"/>")
    }
    lines.append("<rect class=\"frame\" \(attributes(area)) rx=\"8\"/>")
    lines.append("<path class=\"bar\" d=\"\(bar(area, placed.header, isTop: true))\"/>")
    if placed.footer > 0 { lines.append("<path class=\"bar\" d=\"\(bar(area, placed.footer, isTop: false))\"/>") }

    var x = area.x + Metrics.padding
    let y = area.y + 18
    for (words, style, size) in [(Metrics.short(frame.title), "name", Metrics.nameSize), (frame.note, "note", Metrics.smallSize)]
    where !words.isEmpty {
      text(words, style, x, y)
      x += Metrics.width(words, size: size) + 12
    }
    text(frame.parameters, "small count", area.x + area.width - Metrics.padding, y, "end")
    for label in placed.labels { text(Metrics.short(label.text), "small", label.at.x, label.at.y + 4, "middle") }
    if frame.isLoop {
      let lane = area.x + area.width - Metrics.returnLane + 2
      let (from, to) = (area.bottom - placed.footer, area.y + placed.header)
      lines.append("<path class=\"again\" d=\"M\(lane) \(from)V\(to + 6)\"/>")
      lines.append("<path class=\"tip\" d=\"M\(lane) \(to + 1)l4 8h-8z\"/>")
    }
    lines.append("</g>")
  }

  private mutating func write(_ route: Picture.Route) {
    var path = ""
    var at: Point?
    for (from, to) in route.lines {
      if from != at { path += "M\(from.x) \(from.y)" }
      if from.x == to.x {
        path += "V\(to.y)"
      } else {
        let middle = (from.y + to.y) / 2
        path += "C\(from.x) \(middle) \(to.x) \(middle) \(to.x) \(to.y)"
      }
      at = to
    }
    let tips = route.tips.map { "M\($0.x) \($0.y)l-4 -8h8z" }.joined()
    lines.append(
      "<g class=\"wire\" data-value=\"\(escaped(route.name))\"><title>\(escaped(route.name))</title><path class=\"line\" d=\"\(path)\"/>")
    if !tips.isEmpty { lines.append("<path class=\"tip\" d=\"\(tips)\"/>") }
    lines.append("</g>")
  }

  private mutating func text(_ words: String, _ style: String, _ x: Int, _ y: Int, _ anchor: String = "start") {
    guard !words.isEmpty else { return }
    lines.append("<text class=\"\(style)\" x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\">\(escaped(words))</text>")
  }

  private func attributes(_ area: Area) -> String {
    "x=\"\(area.x)\" y=\"\(area.y)\" width=\"\(area.width)\" height=\"\(area.height)\""
  }

  /// A bar along the top or bottom edge of `area`, with its round corners.
  private func bar(_ area: Area, _ height: Int, isTop: Bool) -> String {
    isTop
      ? "M\(area.x) \(area.y + height)v\(8 - height)a8 8 0 0 1 8 -8h\(area.width - 16)a8 8 0 0 1 8 8v\(height - 8)z"
      : "M\(area.x) \(area.bottom - height)v\(height - 8)a8 8 0 0 0 8 8h\(area.width - 16)a8 8 0 0 0 8 -8v\(8 - height)z"
  }
}
