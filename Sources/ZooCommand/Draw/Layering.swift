/// A frame's boxes in layers: whatever is taken stands above what takes it, and wires are short.
///
/// A wire that passes a layer has a bend there, so that a place is kept free for it. What takes the same value shares its bends.
struct Layering {
  /// What stands in a layer.
  enum What {
    case item(Int), top(Int), bottom(Int), bend
  }

  /// Something in a layer.
  struct Vertex {
    let what: What
    let layer: Int
  }

  /// A wire between two layers that follow one another.
  struct Segment {
    let wire: Int
    let upper: Int
    let lower: Int
    /// The port of an item above or below.
    let upperPort: Int
    let lowerPort: Int
    /// How much it matters that it is straight.
    let weight: Int
  }

  private(set) var vertices: [Vertex] = []
  private(set) var segments: [Segment] = []
  private(set) var layerCount = 0

  /// More bends than this are no picture.
  private static let limit = 20_000

  /// The layers of a frame.
  init(_ frame: Frame, subject: String) throws(DrawingError) {
    let ranks = Self.ranks(frame)
    let (first, last) = frame.items.isEmpty ? (0, 1) : Self.span(frame, ranks)
    let count = frame.items.count
    layerCount = last - first + 1
    func add(_ what: What, _ rank: Int) -> Int {
      vertices.append(Vertex(what: what, layer: rank - first))
      return vertices.count - 1
    }
    for i in frame.items.indices { _ = add(.item(i), ranks[i]) }
    let tops = frame.tops.indices.map { add(.top($0), ranks[count]) }
    let bottoms = frame.bottoms.indices.map { add(.bottom($0), ranks[count + 1]) }

    func place(_ end: Frame.End) -> (vertex: Int, port: Int) {
      switch end {
      case .top(let port): (tops[port], 0)
      case .bottom(let port): (bottoms[port], 0)
      case .item(let item, let port): (item, port)
      }
    }
    for (w, wire) in frame.wires.enumerated() {
      let (source, sourcePort) = place(wire.from)
      let targets = wire.to.map(place).sorted { vertices[$0.vertex].layer < vertices[$1.vertex].layer }
      var (above, port, isBend) = (source, sourcePort, false)
      for target in targets {
        let isFirst = target.port == 0
        while vertices[above].layer + 1 < vertices[target.vertex].layer {
          guard vertices.count < Self.limit else { throw .tooLarge(subject) }
          let bend = add(.bend, vertices[above].layer + 1 + first)
          let weight = isBend ? 24 : Self.weight(wire, isFirst: isFirst, isLong: true)
          segments.append(Segment(wire: w, upper: above, lower: bend, upperPort: port, lowerPort: 0, weight: weight))
          (above, port, isBend) = (bend, 0, true)
        }
        let weight = Self.weight(wire, isFirst: isFirst, isLong: isBend)
        segments.append(
          Segment(wire: w, upper: above, lower: target.vertex, upperPort: port, lowerPort: target.port, weight: weight))
      }
    }
  }

  /// How straight a wire is to be: chains before branches, the first input before others, and least those around other boxes.
  private static func weight(_ wire: Frame.Wire, isFirst: Bool, isLong: Bool) -> Int {
    switch (wire.to.count == 1, isFirst && wire.isMain) {
    case (true, true): isLong ? 16 : 24
    case (true, false): isLong ? 2 : 6
    case (false, true): isLong ? 2 : 4
    case (false, false): isLong ? 1 : 3
    }
  }

  /// The layer of every item, then that of the top edge and that of the bottom edge.
  private static func ranks(_ frame: Frame) -> [Int] {
    let (top, bottom) = (frame.items.count, frame.items.count + 1)
    func vertex(_ end: Frame.End) -> Int {
      switch end {
      case .top: top
      case .bottom: bottom
      case .item(let item, _): item
      }
    }
    var edges = [NetworkSimplex.Edge(top, bottom, length: 1, weight: 0)]
    for item in frame.items.indices {
      edges.append(.init(top, item, length: 1, weight: 0))
      edges.append(.init(item, bottom, length: 1, weight: 0))
    }
    for wire in frame.wires {
      for end in wire.to where vertex(wire.from) != vertex(end) {
        // What many take need not be near each of them.
        edges.append(.init(vertex(wire.from), vertex(end), length: 1, weight: wire.to.count == 1 ? 4 : 1))
      }
    }
    return NetworkSimplex.solve(frame.items.count + 2, edges)
  }

  /// The first and the last layer in which anything stands.
  private static func span(_ frame: Frame, _ ranks: [Int]) -> (Int, Int) {
    let count = frame.items.count
    let items = ranks[..<count]
    let first = frame.tops.isEmpty ? items.min() ?? 0 : ranks[count]
    return (first, frame.bottoms.isEmpty ? items.max() ?? 0 : ranks[count + 1])
  }
}
