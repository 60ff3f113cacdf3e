import CKernels
public import CZoo
public import ZooPlugin

/// The adjacency matrix of a graph whose edges are data, planned once for their number: its products with features, and their gradients.
///
///     y[i] = sum over edges from j to i of root[j] weight[e] root[i] x[j], plus loop[i] x[i]
///     root[i] = degree[i]^-1/2, where degree[i] is the sum of the weights that lead to i; 0 where that is 0
///
/// Results are the same bits on any number of threads, and executing allocates nothing.
public struct SparseGraph: Sendable {
  private let nodes: Int
  private let edges: Int
  private let indexBytes: Int
  private let hasLoops: Bool
  private let isNormalized: Bool

  /// For so many nodes, and edges [2, E] whose ends are i32 or i64.
  ///
  /// With `loops` every node has an edge to itself, of weight 1 unless the list has one. Without normalisation every root is 1.
  public init(nodes: Int, edges: Spec, loops: Bool, normalized: Bool) throws(LayerError) {
    guard edges.rank == 2, edges.shape[0] == 2 else { throw .shape("edges must have the shape [2, E], but theirs is \(edges.shape)") }
    guard nodes < Int32.max, edges.shape[1] < Int32.max else {
      throw .shape("a graph must have fewer than 2^31 nodes and edges, but it has \(nodes) and \(edges.shape[1])")
    }
    self.nodes = nodes
    self.edges = edges.shape[1]
    indexBytes = edges.dtype.byteCount
    hasLoops = loops
    isNormalized = normalized
  }

  /// The edges of one call, with their weights, if any.
  public struct Edges {
    fileprivate var list: zoo_graph
  }

  /// The edges and weights among a call's inputs, the numbers of which are given; absent weights are 1.
  ///
  /// Throws if an end of an edge is no node; the words name both.
  public func edges(_ call: Call, edges place: Int, weights: Int) throws(LayerError) -> Edges {
    guard let ends = call.inputs.optional(place) else { return Edges(list: list(nil, weights: nil)) }
    let data: UnsafeRawPointer
    if indexBytes == 4 {
      data = UnsafeRawPointer(ends.pointer(to: Int32.self))
    } else {
      data = UnsafeRawPointer(ends.pointer(to: Int64.self))
    }
    let wrong = Int(zoo_first_outside(Int64(indexBytes), data, Int64(2 * edges), 0, Int64(nodes)))
    guard wrong < 0 else {
      let index = zoo_index(Int64(indexBytes), data, Int64(wrong))
      throw .data(
        "edge \(wrong % edges) \(wrong < edges ? "comes from" : "leads to") node \(index), but the \(nodes) nodes are 0 to \(nodes - 1)")
    }
    return Edges(list: list(data, weights: call.inputs.optional(weights)?.floats))
  }

  private func list(_ data: UnsafeRawPointer?, weights: UnsafePointer<Float>?) -> zoo_graph {
    zoo_graph(
      nodes: Int64(nodes), edges: data == nil ? 0 : Int64(edges), size: Int64(indexBytes), ends: data, weight: weights,
      has_loops: hasLoops ? 1 : 0, is_normalized: isNormalized ? 1 : 0)
  }

  // Scales

  /// What `scale` writes: the nodes' roots, and the coefficients of their loops.
  public var scales: Spec { Spec([2, nodes]) }
  /// How many numbers that is.
  public var scaleCount: Int { 2 * nodes }
  /// The scratch that `scale` wants, in bytes.
  public var scaleScratch: Int { Scratch.bytes(floats: 2 * nodes) }

  /// Writes the nodes' scales.
  public func scale(_ edges: Edges, into scales: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer) {
    var list = edges.list
    zoo_graph_scales(&list, scratch.assumingMemoryBound(to: Double.self), scales, scales + nodes)
  }

  // Products

  /// The arithmetic of a product with so many channels, in operations.
  public func flops(channels: Int) -> Double { 2 * Double(edges + nodes) * Double(channels) }

  /// The scratch that `multiply` wants, in bytes.
  public var multiplyScratch: Int { Scratch.bytes(floats: nodes + 2) + Scratch.bytes(floats: 2 * edges) }

  /// y = epilogue(A x + bias), or with the transpose of A; x and y are [nodes, channels].
  public func multiply(
    _ call: Call, _ edges: Edges, scales: UnsafePointer<Float>, transposed: Bool = false, _ x: UnsafePointer<Float>, channels: Int,
    bias: UnsafePointer<Float>? = nil, epilogue: zoo_epilogue? = nil, into y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    var pieces = Scratch(scratch)
    let start = UnsafeMutableRawPointer(pieces.take(floats: nodes + 2)).assumingMemoryBound(to: Int32.self)
    var rows = zoo_neighbours(start: start, neighbours: pieces.rest.assumingMemoryBound(to: zoo_neighbour.self))
    var list = edges.list
    zoo_graph_sort(&list, scales, transposed ? 1 : 0, &rows)
    var work = zoo_aggregation()
    (work.nodes, work.channels) = (Int64(nodes), Int64(channels))
    (work.start, work.neighbours) = (UnsafePointer(rows.start), UnsafePointer(rows.neighbours))
    work.loop = hasLoops ? scales + nodes : nil
    (work.x, work.bias, work.y) = (x, bias, y)
    let last = epilogue ?? zoo_epilogue()
    // A node is as much work as it has edges: cut by edges, or the part with a hub would be late.
    try call.parallel(nodes + self.edges, grain: Grain.moving(floats: 2 * channels + 8)) { [work] part, _ in
      withUnsafePointer(to: last) { last in
        var work = work
        work.epilogue = last
        zoo_graph_aggregate(&work, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
  }

  // The weights' gradient

  /// The scratch that `weightGradient` wants, in bytes.
  public var weightGradientScratch: Int { 2 * Scratch.bytes(floats: nodes) + Scratch.bytes(floats: 2 * nodes) }

  /// The gradient of the edges' weights, through the degrees too, from x and dy, both [nodes, channels].
  ///
  /// As calculus has it: of several edges from a node to itself that one loop stands for, all but the last get 0.
  public func weightGradient(
    _ call: Call, _ edges: Edges, scales: UnsafePointer<Float>, x: UnsafePointer<Float>, dy: UnsafePointer<Float>, channels: Int,
    into gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    var pieces = Scratch(scratch)
    let byLoop = pieces.take(floats: nodes)
    let last = UnsafeMutableRawPointer(pieces.take(floats: nodes)).assumingMemoryBound(to: Int32.self)
    let sum = pieces.rest.assumingMemoryBound(to: Double.self)
    let grain = Grain.moving(floats: 2 * channels + 8)
    var list = edges.list
    try call.parallel(self.edges, grain: grain) { [list] part, _ in
      withUnsafePointer(to: list) {
        zoo_graph_edge_products($0, dy, x, Int64(channels), gradient, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
    if hasLoops {
      try call.parallel(nodes, grain: grain) { part, _ in
        zoo_graph_loop_products(dy, x, Int64(channels), byLoop, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
    zoo_graph_weight_gradient(&list, scales, scales + nodes, hasLoops ? byLoop : nil, sum, last, gradient)
  }
}
