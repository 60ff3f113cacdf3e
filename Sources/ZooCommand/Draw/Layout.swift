/// Gives everything in a frame its place.
///
/// Layers from top to bottom, their order, then the places in them (Sugiyama, Tagawa & Toda 1981; Gansner et al. 1993). A frame inside is
/// laid out first, and then is a box with ports.
struct Layout {
  private let frame: Frame
  private let layering: Layering
  private let inside: [Picture?]
  private let sizes: [(width: Int, height: Int)]  // of items
  private var x: [Int] = []  // of vertices: their left edge
  private var tops: [Int] = []  // of layers
  private var heights: [Int] = []

  /// The picture of `frame`, with bars and an edge around it unless it `isRoot`.
  static func picture(of frame: Frame, isRoot: Bool, subject: String) throws(DrawingError) -> Picture {
    var layout = try Layout(frame, subject)
    layout.placeAcross()
    return layout.picture(isRoot: isRoot)
  }

  private init(_ frame: Frame, _ subject: String) throws(DrawingError) {
    self.frame = frame
    var inside: [Picture?] = []
    for item in frame.items {
      if case .frame(let inner) = item {
        inside.append(try Self.picture(of: inner, isRoot: false, subject: subject))
      } else {
        inside.append(nil)
      }
    }
    self.inside = inside
    layering = try Layering(frame, subject: subject)
    // Boxes of layers are equally wide: that makes columns.
    let widest =
      frame.items.map { item in
        if case .box(let box) = item, box.role == .layer { box.naturalWidth } else { 0 }
      }.max() ?? 0
    sizes = zip(frame.items, inside).map { item, picture in
      switch item {
      case .box(let box): (box.role == .layer ? widest : box.naturalWidth, box.height)
      case .frame: (picture?.width ?? 0, picture?.height ?? 0)
      }
    }
  }

  // MARK: Across

  private func width(_ vertex: Int) -> Int {
    switch layering.vertices[vertex].what {
    case .item(let item): sizes[item].width
    case .top(let port): portWidth(frame.tops[port])
    case .bottom(let port): portWidth(frame.bottoms[port])
    case .bend: 0
    }
  }

  private func portWidth(_ port: Frame.Port) -> Int {
    port.label.isEmpty ? 2 : (Metrics.width(Metrics.short(port.label), size: Metrics.smallSize) + 1) / 2 * 2
  }

  private func isItem(_ vertex: Int) -> Bool { if case .item = layering.vertices[vertex].what { true } else { false } }

  /// Where a wire meets a vertex, from its left edge.
  private func offset(_ vertex: Int, port: Int, isUpper: Bool) -> Int {
    guard case .item(let item) = layering.vertices[vertex].what, let picture = inside[item] else { return width(vertex) / 2 }
    let ports = isUpper ? picture.bottoms : picture.tops
    return port < ports.count ? ports[port] : picture.width / 2
  }

  private mutating func placeAcross() {
    func share(_ vertex: Int, _ port: Int, _ isUpper: Bool) -> Double {
      Double(offset(vertex, port: port, isUpper: isUpper)) / Double(max(width(vertex), 1) + 1)
    }
    let ordering = Ordering(
      layering, upperShare: { share($0.upper, $0.upperPort, true) }, lowerShare: { share($0.lower, $0.lowerPort, false) })

    let count = layering.vertices.count
    var edges: [NetworkSimplex.Edge] = []
    for layer in ordering.layers {
      // An origin at the left of all layers.
      if let first = layer.first { edges.append(.init(count, first, length: 0, weight: 0)) }
      for (left, right) in zip(layer, layer.dropFirst()) {
        let isWide = isItem(left) && isItem(right)
        edges.append(.init(left, right, length: width(left) + (isWide ? Metrics.gap : Metrics.wireGap), weight: 0))
      }
    }
    for (s, segment) in layering.segments.enumerated() {
      let upper = offset(segment.upper, port: segment.upperPort, isUpper: true)
      let lower = offset(segment.lower, port: segment.lowerPort, isUpper: false)
      let left = count + 1 + s
      edges.append(.init(left, segment.upper, length: max(lower - upper, 0), weight: segment.weight))
      edges.append(.init(left, segment.lower, length: max(upper - lower, 0), weight: segment.weight))
    }
    x = Array(NetworkSimplex.solve(count + 1 + layering.segments.count, edges)[..<count])
    let least = x.min() ?? 0
    x = x.map { $0 - least }
  }

  // MARK: Down

  private func height(_ vertex: Int) -> Int { if case .item(let item) = layering.vertices[vertex].what { sizes[item].height } else { 0 } }

  private func reach(_ segment: Layering.Segment) -> (upper: Int, lower: Int) {
    (
      x[segment.upper] + offset(segment.upper, port: segment.upperPort, isUpper: true),
      x[segment.lower] + offset(segment.lower, port: segment.lowerPort, isUpper: false)
    )
  }

  private mutating func placeDown(from top: Int) {
    heights = Array(repeating: 0, count: layering.layerCount)
    var shifts = heights
    for vertex in layering.vertices.indices {
      let layer = layering.vertices[vertex].layer
      heights[layer] = max(heights[layer], height(vertex))
    }
    for segment in layering.segments {
      let (upper, lower) = reach(segment)
      let layer = layering.vertices[segment.upper].layer
      shifts[layer] = max(shifts[layer], abs(upper - lower))
    }
    var y = top
    tops = zip(heights, shifts).map { height, shift in
      defer { y += height + min(Metrics.layerGap + shift / 8, Metrics.widestLayerGap) }
      return y
    }
  }

  /// Where an item stands: inputs near what takes them, all else near what it takes.
  private func top(of item: Int) -> Int {
    let layer = layering.vertices[item].layer
    if case .box(let box) = frame.items[item], box.role == .input { return tops[layer] + heights[layer] - sizes[item].height }
    return tops[layer]
  }

  private mutating func picture(isRoot: Bool) -> Picture {
    let hasTopLabels = frame.tops.contains { !$0.label.isEmpty }
    let header = isRoot ? 0 : Metrics.header + (hasTopLabels ? Metrics.labelBar : 0)
    let footer = frame.bottoms.contains { !$0.label.isEmpty } ? Metrics.labelBar : 0
    placeDown(from: frame.tops.isEmpty && !isRoot ? header + Metrics.margin : header)

    let content = layering.vertices.indices.map { x[$0] + self.width($0) }.max() ?? 0
    let lane = frame.isLoop ? Metrics.returnLane : 0
    let margin = isRoot ? 0 : Metrics.margin
    let width = max(content + 2 * margin + lane, isRoot ? 0 : frame.headingWidth)
    let left = (width - lane - content) / 2
    for vertex in x.indices { x[vertex] += left }

    var picture = Picture()
    let last = (tops.last ?? header) + (heights.last ?? 0)
    let end = frame.bottoms.isEmpty && !isRoot ? last + margin : last
    (picture.width, picture.height) = (width, end + footer)
    picture.tops = Array(repeating: 0, count: frame.tops.count)
    picture.bottoms = Array(repeating: 0, count: frame.bottoms.count)
    for (v, vertex) in layering.vertices.enumerated() {
      switch vertex.what {
      case .top(let port): picture.tops[port] = x[v] + self.width(v) / 2
      case .bottom(let port): picture.bottoms[port] = x[v] + self.width(v) / 2
      default: break
      }
    }
    if !isRoot {
      let labels =
        zip(frame.tops, picture.tops).map { (at: Point(x: $1, y: Metrics.header + Metrics.labelBar / 2), text: $0.label) }
        + zip(frame.bottoms, picture.bottoms).map { (at: Point(x: $1, y: end + Metrics.labelBar / 2), text: $0.label) }
      picture.frames.append(
        .init(
          area: Area(x: 0, y: 0, width: width, height: picture.height), frame: frame, header: header, footer: footer,
          labels: labels.filter { !$0.text.isEmpty }))
    }
    for (i, item) in frame.items.enumerated() {
      let (left, top) = (x[i], top(of: i))
      switch item {
      case .box(let box):
        picture.boxes.append(.init(area: Area(x: left, y: top, width: sizes[i].width, height: sizes[i].height), box: box))
      case .frame: if let inner = inside[i] { picture.add(inner, at: left, top) }
      }
    }
    picture.routes += routes()
    return picture
  }

  private func routes() -> [Picture.Route] {
    var routes = frame.wires.map { Picture.Route(name: $0.name, lines: [], tips: []) }
    for segment in layering.segments {
      let (upper, lower) = reach(segment)
      let (above, below) = (layering.vertices[segment.upper], layering.vertices[segment.lower])
      let band = tops[above.layer] + heights[above.layer]
      var start = tops[above.layer]
      if case .item(let item) = above.what { start = top(of: item) + sizes[item].height }
      if start < band { routes[segment.wire].lines.append((Point(x: upper, y: start), Point(x: upper, y: band))) }
      let end = Point(x: lower, y: tops[below.layer])
      routes[segment.wire].lines.append((Point(x: upper, y: band), end))
      if case .item = below.what { routes[segment.wire].tips.append(end) }
    }
    return routes
  }
}

extension Frame {
  /// How wide its title is, with all that stands beside it.
  var headingWidth: Int {
    let size = Metrics.smallSize
    let parts = [
      title.isEmpty ? 0 : Metrics.width(Metrics.short(title), size: Metrics.nameSize) + 12,
      note.isEmpty ? 0 : Metrics.width(note, size: size) + 12,
      parameters.isEmpty ? 0 : Metrics.width(parameters, size: size) + 12,
    ]
    return (parts.reduce(2 * Metrics.padding, +) + 1) / 2 * 2
  }
}
