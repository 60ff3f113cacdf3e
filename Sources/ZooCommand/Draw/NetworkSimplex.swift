/// Finds whole numbers, one for each vertex, that keep their distances and make the weighted sum of all distances as small as it can be.
///
///     minimise sum_e weight[e] * (x[head] - x[tail])  subject to  x[head] - x[tail] >= length[e]
///
/// The network simplex method: every spanning tree of edges that are exactly as long as they must be gives a solution, and one edge after
/// the other is exchanged for a better one. It gives the layers of a drawing, and the places within them.
///
/// - Reference: Gansner, Koutsofios, North & Vo 1993, <https://doi.org/10.1109/32.221135>.
package struct NetworkSimplex {
  /// What must hold between two vertices.
  package struct Edge {
    let tail: Int
    let head: Int
    let length: Int
    let weight: Int

    /// `head` is at least `length` after `tail`; `weight`: how much every unit of their distance costs.
    package init(_ tail: Int, _ head: Int, length: Int, weight: Int) {
      (self.tail, self.head, self.length, self.weight) = (tail, head, length, weight)
    }
  }

  private let edges: [Edge]
  private let incident: [[Int]]
  private var x: [Int]
  private var isInTree: [Bool]
  // The tree as seen from vertex 0: the edge to the parent, the order in which it was entered, and the end of what is below.
  private var parentEdge: [Int]
  private var entered: [Int]
  private var left: [Int]
  private var order: [Int] = []
  private var cut: [Int]

  /// The numbers for `count` vertices, the smallest of them 0.
  ///
  /// The edges must connect all of them, without a cycle.
  package static func solve(_ count: Int, _ edges: [Edge]) -> [Int] {
    guard count > 1 else { return Array(repeating: 0, count: count) }
    var simplex = NetworkSimplex(count, edges)
    simplex.makeTree()
    simplex.improve()
    let least = simplex.x.min() ?? 0
    return simplex.x.map { $0 - least }
  }

  private init(_ count: Int, _ edges: [Edge]) {
    self.edges = edges
    var incident = Array(repeating: [Int](), count: count)
    for (e, edge) in edges.enumerated() {
      incident[edge.tail].append(e)
      incident[edge.head].append(e)
    }
    self.incident = incident
    x = Array(repeating: 0, count: count)
    isInTree = edges.map { _ in false }
    cut = edges.map { _ in 0 }
    (parentEdge, entered, left) = (x, x, x)
  }

  private func slack(_ e: Int) -> Int { x[edges[e].head] - x[edges[e].tail] - edges[e].length }

  /// Places every vertex as early as it may be, then moves part after part until tight edges connect all.
  private mutating func makeTree() {
    var waiting = x
    for edge in edges { waiting[edge.head] += 1 }
    var ready = waiting.indices.filter { waiting[$0] == 0 }
    while let vertex = ready.popLast() {
      for e in incident[vertex] where edges[e].tail == vertex {
        let edge = edges[e]
        x[edge.head] = max(x[edge.head], x[vertex] + edge.length)
        waiting[edge.head] -= 1
        if waiting[edge.head] == 0 { ready.append(edge.head) }
      }
    }

    var isReached = x.map { _ in false }
    var reached: [Int] = []
    func isCrossing(_ e: Int) -> Bool { isReached[edges[e].tail] != isReached[edges[e].head] }
    var pending = [0]
    isReached[0] = true
    while true {
      while let vertex = pending.popLast() {
        reached.append(vertex)
        for e in incident[vertex] where isCrossing(e) && slack(e) == 0 {
          let other = isReached[edges[e].tail] ? edges[e].head : edges[e].tail
          isInTree[e] = true
          isReached[other] = true
          pending.append(other)
        }
      }
      guard let nearest = edges.indices.filter(isCrossing).min(by: { slack($0) < slack($1) }) else { return }
      let move = isReached[edges[nearest].tail] ? slack(nearest) : -slack(nearest)
      for vertex in reached { x[vertex] += move }
      // Its other end joins by the same rule as all others.
      pending = reached
      reached = []
    }
  }

  /// Exchanges edges until none makes it better; or, of what is too large for that, until enough has been tried.
  private mutating func improve() {
    var budget = 200_000_000
    var next = 0
    while budget > 0 {
      number()
      weigh()
      budget -= 4 * edges.count
      // In turn, so that none is tried again and again.
      func isWorse(_ e: Int) -> Bool { isInTree[e] && cut[e] < 0 }
      guard let leaving = edges.indices[next...].first(where: isWorse) ?? edges.indices.first(where: isWorse) else { return }
      next = (leaving + 1) % edges.count
      exchange(leaving)
    }
  }

  /// Numbers the vertices along the tree.
  private mutating func number() {
    order = []
    var pending = [(vertex: 0, edge: -1)]
    while let (vertex, edge) = pending.popLast() {
      parentEdge[vertex] = edge
      entered[vertex] = order.count
      order.append(vertex)
      for e in incident[vertex] where isInTree[e] && e != edge {
        pending.append((edges[e].tail == vertex ? edges[e].head : edges[e].tail, e))
      }
    }
    for vertex in x.indices { left[vertex] = entered[vertex] }
    for vertex in order.reversed() where parentEdge[vertex] >= 0 {
      let above = parent(of: vertex)
      left[above] = max(left[above], left[vertex])
    }
  }

  private func parent(of vertex: Int) -> Int {
    let edge = edges[parentEdge[vertex]]
    return edge.tail == vertex ? edge.head : edge.tail
  }

  private func isBelow(_ vertex: Int, _ top: Int) -> Bool { entered[vertex] >= entered[top] && entered[vertex] <= left[top] }

  /// The cut value of every edge of the tree: what a longer one would cost.
  private mutating func weigh() {
    // What flows out of the part below each vertex.
    var flow = Array(repeating: 0, count: x.count)
    for edge in edges {
      flow[edge.tail] += edge.weight
      flow[edge.head] -= edge.weight
    }
    for vertex in order.reversed() where parentEdge[vertex] >= 0 {
      let e = parentEdge[vertex]
      cut[e] = edges[e].tail == vertex ? flow[vertex] : -flow[vertex]
      flow[parent(of: vertex)] += flow[vertex]
    }
  }

  /// Makes a tree edge longer until another one is tight, which takes its place.
  private mutating func exchange(_ leaving: Int) {
    let edge = edges[leaving]
    let lower = parentEdge[edge.tail] == leaving ? edge.tail : edge.head
    let isTailBelow = lower == edge.tail
    var entering: (edge: Int, slack: Int)?
    for (e, other) in edges.enumerated() where !isInTree[e] {
      // From the part of the head into the part of the tail.
      guard isBelow(other.tail, lower) != isTailBelow, isBelow(other.head, lower) == isTailBelow else { continue }
      let slack = slack(e)
      if slack < entering?.slack ?? Int.max { entering = (e, slack) }
    }
    guard let entering else { return }
    isInTree[leaving] = false
    isInTree[entering.edge] = true
    guard entering.slack > 0 else { return }
    let move = isTailBelow ? -entering.slack : entering.slack
    for vertex in order[entered[lower]...left[lower]] { x[vertex] += move }
  }
}
