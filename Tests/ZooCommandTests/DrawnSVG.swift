import Testing
import ZooTestSupport

/// A picture that `zoo draw` made, as a reader of the file sees it.
struct DrawnSVG {
  struct Area: Equatable {
    let x: Int
    let y: Int
    let width: Int
    let height: Int

    var right: Int { x + width }
    var bottom: Int { y + height }
    var middle: Int { x + width / 2 }

    func overlaps(_ other: Area) -> Bool { x < other.right && other.x < right && y < other.bottom && other.y < bottom }
    func contains(_ other: Area) -> Bool { x <= other.x && y <= other.y && right >= other.right && bottom >= other.bottom }
  }

  struct Text {
    let words: String
    let size: Int
    let x: Int
    let y: Int
    let anchor: String

    /// No wider than this in any usual font of characters of one width.
    var width: Double { 0.62 * Double(size * words.count) }
    var left: Double { anchor == "start" ? Double(x) : anchor == "end" ? Double(x) - width : Double(x) - width / 2 }
  }

  struct Box {
    let path: String
    let area: Area
    let texts: [Text]
    let look: String
  }

  struct Wire {
    let value: String
    /// Its lines, each as points that lie on it.
    let lines: [[(x: Double, y: Double)]]
    let tips: [(x: Int, y: Int)]

    func starts(_ x: Int, _ y: Int) -> Bool { lines.contains { $0[0] == (Double(x), Double(y)) } }
  }

  struct Frame {
    let texts: [Text]
    let area: Area

    var words: [String] { texts.map(\.words) }
  }

  let width: Int
  let height: Int
  let title: String
  let description: String
  let boxes: [Box]
  let frames: [Frame]
  let wires: [Wire]
  /// Every text of the picture.
  let words: [String]

  init(_ svg: String) throws {
    let root = try XMLReader.root(svg)
    guard root.name == "svg", root.attributes["xmlns"] == "http://www.w3.org/2000/svg" else { throw TestProblem("no SVG") }
    (width, height) = (try root.number("width"), try root.number("height"))
    let all = root.all
    title = root.children.first { $0.name == "title" }?.text ?? ""
    description = root.children.first { $0.name == "desc" }?.text ?? ""
    words = all.filter { $0.name == "text" }.map(\.text)
    func groups(_ name: String) -> [XMLElement] { all.filter { $0.attributes["class"] == name && $0.name == "g" } }
    boxes = try groups("box").map { group in
      guard let rect = group.children.first(where: { $0.name == "rect" }) else { throw TestProblem("a box without a rect") }
      return Box(
        path: group.attributes["data-path"] ?? "", area: try Self.area(rect), texts: try Self.texts(group),
        look: rect.attributes["class"] ?? "")
    }
    frames = try groups("group").map { group in
      guard let rect = group.children.first(where: { $0.attributes["class"] == "frame" }) else { throw TestProblem("no frame") }
      return Frame(texts: try Self.texts(group), area: try Self.area(rect))
    }
    wires = try groups("wire").map { group in
      let paths = group.children.filter { $0.name == "path" }
      guard paths.map({ $0.attributes["class"] ?? "" }).joined(separator: " ").hasPrefix("line"), let line = paths.first?.attributes["d"]
      else { throw TestProblem("a wire without a line") }
      let tip = paths.dropFirst().first?.attributes["d"] ?? ""
      let tips = try tip.split(separator: "M").map { words in
        let numbers = words.prefix { $0 != "l" }.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { throw TestProblem("a tip at '\(words)'") }
        return (x: numbers[0], y: numbers[1])
      }
      return Wire(value: group.attributes["data-value"] ?? "", lines: try Self.lines(line), tips: tips)
    }
  }

  private static func area(_ rect: XMLElement) throws -> Area {
    Area(x: try rect.number("x"), y: try rect.number("y"), width: try rect.number("width"), height: try rect.number("height"))
  }

  private static func texts(_ group: XMLElement) throws -> [Text] {
    try group.children.filter { $0.name == "text" }.map { text in
      Text(
        words: text.text, size: text.attributes["class"] == "name" ? 12 : 11, x: try text.number("x"), y: try text.number("y"),
        anchor: text.attributes["text-anchor"] ?? "")
    }
  }

  /// The points of a path of `M`, `V` and `C`; of curves, points along the way.
  private static func lines(_ path: String) throws -> [[(x: Double, y: Double)]] {
    var lines: [[(x: Double, y: Double)]] = []
    var rest = path[...]
    while let command = rest.popFirst() {
      let words = rest.prefix { !$0.isLetter }
      rest = rest.dropFirst(words.count)
      let n = words.split(separator: " ").compactMap { Double($0) }
      let last = lines.last?.last ?? (0, 0)
      switch command {
      case "M": lines.append([(n[0], n[1])])
      case "V": lines[lines.count - 1].append((last.x, n[0]))
      case "C":
        for step in 1...32 {
          let t = Double(step) / 32
          let (a, b, c, d) = ((1 - t) * (1 - t) * (1 - t), 3 * (1 - t) * (1 - t) * t, 3 * (1 - t) * t * t, t * t * t)
          lines[lines.count - 1].append((a * last.x + b * n[0] + c * n[2] + d * n[4], a * last.y + b * n[1] + c * n[3] + d * n[5]))
        }
      default: throw TestProblem("'\(command)' in a path")
      }
    }
    return lines
  }

  /// What is drawn of the values that a box takes.
  func taken(by box: Box) -> [String] {
    wires.flatMap { wire in wire.tips.filter { $0 == (box.area.middle, box.area.y) }.map { _ in wire.value } }.sorted()
  }

  func box(_ path: String) throws -> Box { try #require(boxes.first { $0.path == path }, "no box '\(path)'") }

  /// What is wrong with where things are; nothing, if the picture can be read.
  var faults: [String] {
    var faults: [String] = []
    for (i, box) in boxes.enumerated() {
      for other in boxes[..<i] where box.area.overlaps(other.area) { faults.append("\(box.path) overlaps \(other.path)") }
      for frame in frames where box.area.overlaps(frame.area) && !frame.area.contains(box.area) {
        faults.append("\(box.path) is half in \(frame.words)")
      }
      if box.area.x < 0 || box.area.right > width - 48 || box.area.bottom > height { faults.append("\(box.path) is outside") }
      faults += textFaults(box.texts, in: box.area).map { "\(box.path): \($0)" }
    }
    for (i, frame) in frames.enumerated() {
      faults += textFaults(frame.texts, in: frame.area)
      for other in frames[..<i] where frame.area.overlaps(other.area) && !other.area.contains(frame.area) {
        faults.append("\(frame.words) overlaps \(other.words)")
      }
    }
    for wire in wires {
      for line in wire.lines {
        for (from, to) in zip(line, line.dropFirst()) where to.y < from.y { faults.append("\(wire.value) goes up") }
        for point in line {
          for box in boxes
          where point.x > Double(box.area.x) && point.x < Double(box.area.right) && point.y > Double(box.area.y)
            && point.y < Double(box.area.bottom)
          {
            faults.append("\(wire.value) runs through \(box.path)")
          }
        }
      }
      for tip in wire.tips {
        let isBox = boxes.contains { $0.area.middle == tip.x && $0.area.y == tip.y }
        let isFrame = frames.contains { $0.area.y == tip.y && $0.area.x < tip.x && tip.x < $0.area.right }
        if !isBox && !isFrame { faults.append("\(wire.value) points at nothing") }
      }
    }
    return faults
  }

  private func textFaults(_ texts: [Text], in area: Area) -> [String] {
    var faults: [String] = []
    for (i, text) in texts.enumerated() {
      if text.left < Double(area.x) || text.left + text.width > Double(area.right) { faults.append("'\(text.words)' is too wide") }
      for other in texts[..<i] where other.y == text.y && text.left < other.left + other.width && other.left < text.left + text.width {
        faults.append("'\(text.words)' is over '\(other.words)'")
      }
    }
    return faults
  }
}
