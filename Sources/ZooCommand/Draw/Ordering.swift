/// Orders what stands in each layer so that few wires cross: each thing goes where its neighbours are on average, layer after layer, down
/// and up again.
struct Ordering {
  /// By layer: vertices from left to right.
  private(set) var layers: [[Int]]
  private var place: [Int]
  private let up: [[Neighbour]]
  private let down: [[Neighbour]]

  /// What a vertex is wired to: another one, how far to the right in it, and how far to the right the wire is in the vertex itself.
  private struct Neighbour {
    let vertex: Int
    let share: Double
    let ownShare: Double
  }

  /// The order of `layering`; `share` says where in an item a port is, from 0 at its left to 1.
  init(_ layering: Layering, upperShare: (Layering.Segment) -> Double, lowerShare: (Layering.Segment) -> Double) {
    layers = Array(repeating: [], count: layering.layerCount)
    var (up, down) = (layering.vertices.map { _ in [Neighbour]() }, layering.vertices.map { _ in [Neighbour]() })
    for segment in layering.segments {
      let (upper, lower) = (upperShare(segment), lowerShare(segment))
      down[segment.upper].append(Neighbour(vertex: segment.lower, share: lower, ownShare: upper))
      up[segment.lower].append(Neighbour(vertex: segment.upper, share: upper, ownShare: lower))
    }
    for vertex in down.indices { down[vertex].sort { $0.ownShare < $1.ownShare } }
    (self.up, self.down) = (up, down)
    place = layering.vertices.map { _ in 0 }

    // First as they are met on the way down.
    var isMet = layering.vertices.map { _ in false }
    let starts = layering.vertices.indices.sorted { layering.vertices[$0].layer < layering.vertices[$1].layer }
    for start in starts where !isMet[start] {
      var pending = [start]
      isMet[start] = true
      while let vertex = pending.popLast() {
        place[vertex] = layers[layering.vertices[vertex].layer].count
        layers[layering.vertices[vertex].layer].append(vertex)
        for next in down[vertex].reversed() where !isMet[next.vertex] {
          isMet[next.vertex] = true
          pending.append(next.vertex)
        }
      }
    }
    improve()
  }

  private mutating func improve() {
    var best = (crossings: crossings, layers: layers)
    for round in 0..<16 where best.crossings > 0 {
      let isDown = round.isMultiple(of: 2)
      for layer in isDown ? Array(layers.indices.dropFirst()) : layers.indices.dropLast().reversed() {
        sort(layer, by: isDown ? up : down)
      }
      let now = crossings
      if now < best.crossings { best = (now, layers) }
    }
    layers = best.layers
  }

  private mutating func sort(_ layer: Int, by neighbours: [[Neighbour]]) {
    let keyed = layers[layer].map { vertex -> (vertex: Int, key: Double) in
      let all = neighbours[vertex].map { Double(place[$0.vertex]) + $0.share }
      return (vertex, all.isEmpty ? Double(place[vertex]) + 0.5 : all.reduce(0, +) / Double(all.count))
    }
    layers[layer] = keyed.sorted { ($0.key, place[$0.vertex]) < ($1.key, place[$1.vertex]) }.map(\.vertex)
    for (i, vertex) in layers[layer].enumerated() { place[vertex] = i }
  }

  /// How often wires cross.
  private var crossings: Int {
    layers.reduce(0) { sum, layer in
      let ends = layer.flatMap { vertex in
        down[vertex].map { (own: $0.ownShare, other: Double(place[$0.vertex]) + $0.share) }
          .sorted { ($0.own, $0.other) < ($1.own, $1.other) }.map(\.other)
      }
      return sum + Self.inversions(ends)
    }
  }

  /// How many pairs stand the wrong way round.
  private static func inversions(_ values: [Double]) -> Int {
    guard values.count > 1 else { return 0 }
    let ranks = Dictionary(uniqueKeysWithValues: Set(values).sorted().enumerated().map { ($1, $0 + 1) })
    var tree = Array(repeating: 0, count: ranks.count + 1)
    var count = 0
    for (seen, value) in values.enumerated() {
      var i = ranks[value] ?? 0
      var before = 0
      while i > 0 {
        before += tree[i]
        i -= i & -i
      }
      count += seen - before
      i = ranks[value] ?? 1
      while i < tree.count {
        tree[i] += 1
        i += i & -i
      }
    }
    return count
  }
}
