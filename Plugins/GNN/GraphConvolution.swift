import CZoo
import ZooKernels
import ZooPlugin

/// A linear map of each node's features, averaged over its neighbours and itself.
///
///     y = D^-1/2 (A + I) D^-1/2 x weightᵀ + bias
///
/// A[i, j] is the sum of the weights of the edges from j to i, D the diagonal matrix of the row sums of A + I. As in PyTorch Geometric's
/// `GCNConv`, a node that has an edge to itself gets no second one; of several only the last counts. Where a degree is 0, its power is
/// taken as 0, and so is its derivative. Without `normalize` D is I, and without `self_loops` A stays as it is.
///
/// Features are mapped first, or averaged first where they are fewer than `units`: sums are then shorter.
///
/// - Shapes: `x` is `[V, C]`, `y` is `[V, units]`; `edges`, of i32 or i64, is `[2, E]`, sources in row 0 and targets in row 1, so that an
///   undirected edge stands there twice; `edge_weight` is `[E]`; `lin.weight` is `[units, C]`, `bias` is `[units]`. An edge with an end
///   that is no node is an error.
/// - Reference: Kipf & Welling 2017, <https://arxiv.org/abs/1609.02907>.
struct GraphConvolution: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "gnn.graph_convolution", "A linear map of each node's features, averaged over its neighbours and itself.",
      formula: "y = D^-1/2 (A + I) D^-1/2 x lin.weight^T + bias", reference: "Kipf & Welling 2017, arXiv:1609.02907",
      attributes: [
        Attribute("units", \.units, .required, in: 1...1e9, "The length of the last axis of y."),
        Attribute("bias", \.hasBias, "Whether anything is added."),
        Attribute("self_loops", \.selfLoops, "Whether nodes without an edge to themselves get one; by default as `normalize`."),
        Attribute("normalize", \.normalize, "Whether edges are divided by the roots of the degrees of both ends."),
      ],
      inputs: [
        Port("x", "[V, C]", "The nodes' features."),
        Port("edges", "[2, E]", "Sources, then targets, from 0 to V - 1, of i32 or i64.", .notDifferentiable),
        Port("edge_weight", "[E]", "How much each edge counts; 1 if absent.", .optional),
      ], outputs: [Port("y", "[V, units]")])
  }

  var units = 1
  var hasBias = true
  var selfLoops: Bool?
  var normalize = true
  private var planned: Planned?
  private var epilogue: Epilogue?

  /// What a plan keeps.
  private struct Planned {
    let graph: SparseGraph
    let map: LinearMap
    let biasSums: ColumnSums
    let nodes: Int
    let channels: Int
    /// Whether neighbours are averaged first.
    let averagesFirst: Bool
    /// Whether training saves what comes between the two steps.
    let savesBetween: Bool

    /// What comes between the two steps, in floats.
    var between: Int
    /// What is averaged: as many channels.
    var averaged: Int
  }

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 2...2)
    let edges = try request.indices(1, "edges")
    let (nodes, channels) = (x.shape[0], x.shape[1])
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x.shape)") }
    for (rows, columns, name) in [(channels, units, "a weight"), (nodes, units, "a y")] {
      let (size, overflows) = rows.multipliedReportingOverflow(by: columns)
      guard !overflows, size < 1 << 40 else { throw .attribute("\(name) of \(rows) x \(units) elements is too large") }
    }
    let graph = try SparseGraph(nodes: nodes, edges: edges, loops: selfLoops ?? normalize, normalized: normalize)
    let isWeighted = request.optional(2) != nil
    if isWeighted {
      let weight = try request.float(2, "edge_weight")
      guard weight.shape == [edges.shape[1]] else {
        throw .shape("edge_weight for edges of \(edges.shape) must have the shape [\(edges.shape[1])], but its shape is \(weight.shape)")
      }
    }
    let averagesFirst = channels < units
    let averaged = min(channels, units)
    let map = LinearMap(rows: nodes, inputs: channels, outputs: units)
    let planned = Planned(
      graph: graph, map: map, biasSums: ColumnSums(rows: nodes, columns: units), nodes: nodes, channels: channels,
      averagesFirst: averagesFirst, savesBetween: averagesFirst || isWeighted, between: nodes * averaged, averaged: averaged)
    self.planned = planned

    var plan = Plan(outputs: [Spec([nodes, units])])
    plan.parameters = [Parameter("lin.weight", [units, channels], .xavierUniform())]
    if hasBias { plan.parameters.append(Parameter("bias", [units], .zeros, .noDecay)) }
    plan.neededInputs = isWeighted ? [0, 1, 2] : [0, 1]
    plan.flops = map.flops + graph.flops(channels: averaged)
    let work = max(map.forwardScratch(packed: !request.isTraining), graph.scaleScratch, graph.multiplyScratch)
    if request.isTraining {
      plan.saved = [graph.scales]
      if planned.savesBetween { plan.saved.append(Spec([nodes, averaged])) }
      plan.forwardScratch = (planned.savesBetween ? 0 : Scratch.bytes(floats: planned.between)) + work
      plan.backwardScratch =
        Scratch.bytes(floats: planned.between)
        + max(map.backwardScratch, planned.biasSums.scratchBytes, graph.multiplyScratch, isWeighted ? graph.weightGradientScratch : 0)
    } else {
      plan.packedBytes = map.packedBytes + Scratch.bytes(floats: units)
      plan.forwardScratch = Scratch.bytes(floats: planned.between) + Scratch.bytes(floats: graph.scaleCount) + work
      plan.epilogues = .all
      epilogue = request.epilogue
    }
    return plan
  }

  func pack(_ call: PackCall) throws(LayerError) {
    guard let planned else { return }
    let bias = hasBias ? call.parameters[1].floats : nil
    // Added after the averages, a bias is none of the map's.
    planned.map.pack(weight: call.parameters[0].floats, bias: planned.averagesFirst ? bias : nil, into: call.packed)
    if let bias { (call.packed + planned.map.packedBytes).assumingMemoryBound(to: Float.self).update(from: bias, count: units) }
  }

  func forward(_ call: Call) throws(LayerError) {
    guard let planned else { return }
    guard call.packed != nil || call.isTraining else { throw .internal("the host has not packed the weight") }
    let graph = planned.graph
    let edges = try graph.edges(call, edges: 1, weights: 2)
    var pieces = Scratch(call.scratch)
    let scales = call.isTraining ? call.saved[0].floats : pieces.take(floats: graph.scaleCount)
    let between =
      call.isTraining && planned.savesBetween ? call.saved[1].floats : pieces.take(floats: planned.between)
    let (x, y, scratch) = (call.inputs[0].floats, call.outputs[0].floats, pieces.rest)
    graph.scale(edges, into: scales, scratch: scratch)
    if planned.averagesFirst {
      try graph.multiply(call, edges, scales: scales, x, channels: planned.averaged, into: between, scratch: scratch)
      try map(call, between, bias: bias(call), epilogue: epilogue?.raw, into: y, scratch: scratch)
    } else {
      try map(call, x, bias: nil, epilogue: nil, into: between, scratch: scratch)
      try graph.multiply(
        call, edges, scales: scales, between, channels: planned.averaged, bias: bias(call), epilogue: epilogue?.raw, into: y,
        scratch: scratch)
    }
  }

  private func map(
    _ call: Call, _ x: UnsafePointer<Float>, bias: UnsafePointer<Float>?, epilogue: zoo_epilogue?, into y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    try planned?.map.forward(
      call, x, packed: call.packed, weight: call.parameters[0].floats, bias: bias, epilogue: epilogue, into: y, scratch: scratch)
  }

  private func bias(_ call: Call) -> UnsafePointer<Float>? {
    guard hasBias, let planned else { return nil }
    guard let packed = call.packed else { return UnsafePointer(call.parameters[1].floats) }
    return (packed + planned.map.packedBytes).assumingMemoryBound(to: Float.self)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let planned else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    let (graph, channels) = (planned.graph, planned.averaged)
    let edges = try graph.edges(call, edges: 1, weights: 2)
    let (scales, x, weight) = (call.saved[0].floats, call.inputs[0].floats, call.parameters[0].floats)
    let (dx, dedges) = (call.inputGradients.optional(0)?.floats, call.inputGradients.optional(2)?.floats)
    let dweight = call.parameterGradients.optional(0)?.floats
    let dbias = hasBias ? call.parameterGradients.optional(1)?.floats : nil
    var pieces = Scratch(call.scratch)
    let dbetween = pieces.take(floats: planned.between)
    let scratch = pieces.rest
    if planned.averagesFirst {
      let isBetweenWanted = dx != nil || dedges != nil
      try planned.map.backward(
        call, x: call.saved[1].floats, weight: weight, dy: dy, dx: isBetweenWanted ? dbetween : nil, dweight: dweight, dbias: dbias,
        scratch: scratch)
      if let dx {
        try graph.multiply(call, edges, scales: scales, transposed: true, dbetween, channels: channels, into: dx, scratch: scratch)
      }
      if let dedges {
        try graph.weightGradient(call, edges, scales: scales, x: x, dy: dbetween, channels: channels, into: dedges, scratch: scratch)
      }
    } else {
      if dx != nil || dweight != nil {
        try graph.multiply(call, edges, scales: scales, transposed: true, dy, channels: channels, into: dbetween, scratch: scratch)
      }
      try planned.map.backward(call, x: x, weight: weight, dy: dbetween, dx: dx, dweight: dweight, dbias: nil, scratch: scratch)
      if let dbias { try planned.biasSums.execute(call, dy, into: dbias, scratch: scratch) }
      if let dedges {
        try graph.weightGradient(
          call, edges, scales: scales, x: call.saved[1].floats, dy: dy, channels: channels, into: dedges, scratch: scratch)
      }
    }
  }
}
