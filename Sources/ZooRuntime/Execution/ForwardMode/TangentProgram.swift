public import ZooTypes

/// Forward-mode differentiation: how the outputs of a graph change as inputs and parameters move (Jacobian-vector products).
///
/// Kinds have no function for it, only backward, which multiplies by the transposed Jacobian. `LayerTangent` says how that is turned round.
public final class TangentProgram {
  /// A way in which inputs and parameters may move; what is not named stays where it is.
  public struct Direction: Sendable {
    /// By the numbers of the graph's inputs, which are `f32`.
    public var inputs: [Int: [Float]]
    /// By the parameters' indices in the store.
    public var parameters: [Int: [Float]]

    /// A direction.
    public init(inputs: [Int: [Float]] = [:], parameters: [Int: [Float]] = [:]) { (self.inputs, self.parameters) = (inputs, parameters) }
  }

  /// The graph's inputs: write the elements here before `tangents`.
  public let inputs: [TensorBuffer]
  /// How many seconds `tangents` may take; it throws before a layer that would take more than is left.
  public var limit = Double.infinity

  private let graph: Graph
  private let outputs: [Source]
  private let layers: [(node: Int, program: LayerProgram)]

  /// Plans each of `nodes` by itself.
  init(_ graph: Graph, nodes: [Int], inputs specs: [Spec], outputs: [Source], store: ParameterStore, run: Run) throws {
    (self.graph, self.outputs) = (graph, outputs)
    inputs = specs.map { TensorBuffer($0) }
    var known: [Source: Spec] = Dictionary(uniqueKeysWithValues: specs.enumerated().map { (.input($0), $1) })
    var layers: [(Int, LayerProgram)] = []
    for n in nodes {
      let node = graph.nodes[n]
      let program = try LayerProgram(node, inputs: node.inputs.map { $0.flatMap { known[$0] } }, store: store, run: run)
      for (o, spec) in program.outputs.enumerated() { known[.node(n, output: o)] = spec }
      layers.append((n, program))
    }
    self.layers = layers
  }

  /// For each direction, the derivative of each output along it.
  ///
  /// All directions together cost little more than one. Gradients in the store are overwritten; parameters are moved, and moved back.
  public func tangents(along directions: [Direction]) throws -> [[[Float]]] {
    var tangents: [Source: [[Float]?]] = [:]
    for i in inputs.indices { tangents[.input(i)] = directions.map { $0.inputs[i] } }
    let start = monotonicSeconds()
    let values = try visit { n, layer in
      var given: [Int: [[Float]?]] = [:]  // by the layer's own inputs
      for (source, input) in zip(layer.node.inputs, layer.inputs) {
        if let source, let input { given[input] = tangents[source] }
      }
      if layer.isObstacle, given.values.contains(where: { $0.contains { $0 != nil } }) {
        throw GraphError.notDifferentiable(
          layer: layer.node.path, kind: layer.node.kind.name, minimise: outputs.map(graph.name).joined(separator: ", "),
          place: layer.node.place)
      }
      let moves = layer.arguments.map { argument in
        switch argument.place {
        case .input(let i): given[i] ?? directions.map { _ in nil }
        case .parameter(let index): directions.map { $0.parameters[index] }
        }
      }
      if moves.allSatisfy({ $0.allSatisfy { $0 == nil } }) { return }
      let left = limit - (monotonicSeconds() - start)
      if left < 0 { throw TangentError.outOfTime(layer: layer.node.path, kind: layer.node.kind.name) }
      var tangent = try LayerTangent(layer, moves, limit: left)
      try tangent.find()
      for o in layer.outputs.indices where layer.hasCotangent[o] {
        tangents[.node(n, output: o)] = tangent.results.map { $0[o] }
      }
    }
    return directions.indices.map { d in
      outputs.map { source in
        tangents[source]?[d] ?? Array(repeating: 0, count: values[source]?.spec.count ?? 0)
      }
    }
  }

  /// Runs layer after layer, and calls `body` with each, and its node's number, when it has run.
  ///
  /// The result has every value of the graph.
  @discardableResult
  package func visit(_ body: (_ node: Int, _ layer: LayerProgram) throws -> Void) throws -> [Source: TensorBuffer] {
    var values: [Source: TensorBuffer] = Dictionary(uniqueKeysWithValues: inputs.enumerated().map { (.input($0), $1) })
    for (n, layer) in layers {
      for (source, input) in zip(layer.node.inputs, layer.inputs) {
        if let source, let input, let value = values[source] { layer.set(input, value) }
      }
      try layer.forward()
      for o in layer.outputs.indices { values[.node(n, output: o)] = layer.output(o) }
      try body(n, layer)
    }
    return values
  }
}

extension Session {
  /// A program for the derivatives of some values of `graph`, which extends this session's graph, along directions.
  public func tangentProgram(_ graph: Graph, inputs: [Spec], outputs: [Source]) throws -> TangentProgram {
    try graph.check(inputs)
    let planned = try PlannedGraph(graph, inputs: inputs, wanted: outputs, training: true, fuse: false, store: store, run: run)
    try prepareParameters(of: graph)
    let nodes = planned.layers.map(\.node).filter { $0 < graph.nodes.count }
    return try TangentProgram(graph, nodes: nodes, inputs: inputs, outputs: outputs, store: store, run: run)
  }
}
