import CZoo
import ZooFormats
import ZooTypes

/// A graph whose layers are made and planned for concrete shapes, with what can be fused fused.
struct PlannedGraph {
  /// One planned layer, in the order of execution.
  struct Layer {
    let node: Int
    var instance: LayerInstance
    /// Where each input comes from, fused layers skipped.
    var inputs: [Source?]
    /// The parameters' indices in the store.
    var parameters: [Int]
    /// Whether no parameter of its own gets a gradient.
    let isFrozen: Bool
    /// What this one does of others' work.
    var folding = Folding()
    /// The paths of the layers that are left out for that.
    var fused: [String] = []
    /// The block that backward computes again as a whole; nil: none.
    var segment: String?
  }

  let graph: Graph
  let inputs: [Spec]
  var layers: [Layer]
  /// Where each graph output comes from, fused layers skipped.
  var outputs: [Source]
  /// Values that are parts of others.
  var placements: [Source: Placement] = [:]
  let isTraining: Bool

  /// Plans every layer of `graph`.
  ///
  /// `wanted` is what the program must produce; layers that it does not need are planned (their parameters belong to the model) but left
  /// out.
  init(
    _ graph: Graph, inputs: [Spec], wanted: [Source], training: Bool, fuse: Bool, store: ParameterStore, run: Run
  ) throws {
    self.graph = graph
    self.inputs = inputs
    isTraining = training
    outputs = wanted
    layers = []

    var specs: [[Spec]] = []
    var conversions = Conversions(run, nodes: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      let givenSpecs = try node.inputs.map { source -> Spec? in
        switch source {
        case nil: return nil
        case .input(let i): return inputs[i]
        case .node(let n, let output):
          guard output < specs[n].count else {
            throw GraphError.noSuchOutput(
              of: graph.nodes[n].path, output: output, count: specs[n].count, wantedBy: node.path, place: node.place)
          }
          return specs[n][output]
        }
      }
      let (sources, inputSpecs) = try conversions.inputs(of: node, givenSpecs, in: graph, appendingTo: &layers)
      if let control = node.control {
        let layer = try Self.layer(
          control, node, inputs: inputSpecs.compactMap { $0 }, names: node.inputs.map { graph.name(of: $0) }, training: training,
          fuse: fuse, store: store, run: run)
        let requests = layer.parameters.map { ParameterRequest(store.entries[$0]) }
        let instance = LayerInstance(layer, kind: node.kind, parameters: requests, run: run, place: node.place)
        specs.append(instance.outputs)
        layers.append(
          Layer(
            node: index, instance: instance, inputs: sources, parameters: layer.parameters,
            isFrozen: node.isFrozen || layer.isFrozen, segment: node.segment))
        continue
      }
      let instance = try LayerInstance(
        kind: node.kind, attributes: node.attributes, path: node.path, inputs: inputSpecs,
        inputNames: node.inputs.map { graph.name(of: $0) },
        training: training, run: run, place: node.place)
      var parameters: [Int] = []
      for request in instance.parameters {
        parameters.append(
          try store.register(
            request, layer: node.parameterPath, kind: node.kind.name, choice: node.initializers[request.name], place: node.place))
      }
      for name in instance.ignored { store.ignore(name, layer: node.parameterPath) }
      for name in node.initializers.keys where !instance.parameters.contains(where: { $0.name == name }) {
        throw GraphError.noSuchParameter(
          name, of: node.path, has: instance.parameters.map(\.name), place: node.place)
      }
      specs.append(instance.outputs)
      layers.append(
        Layer(node: index, instance: instance, inputs: sources, parameters: parameters, isFrozen: node.isFrozen, segment: node.segment))
    }

    for source in wanted {
      if case .node(let n, let output) = source, output >= specs[n].count {
        throw GraphError.noSuchOutput(of: graph.nodes[n].path, output: output, count: specs[n].count, wantedBy: "outputs", place: nil)
      }
    }
    outputs = try wanted.map { source in try conversions.output(source, spec(source), in: graph, appendingTo: &layers) }
    dropUnneeded()
    if fuse && !training { try fold(run: run) }
  }

  private static func layer(
    _ control: Control, _ node: Node, inputs: [Spec], names: [String], training: Bool, fuse: Bool, store: ParameterStore, run: Run
  ) throws -> ControlLayer {
    switch control {
    case .loop(let loop):
      try LoopLayer(loop, node: node, inputs: inputs, inputNames: names, training: training, fuse: fuse, store: store, run: run)
    case .conditional(let conditional):
      try ConditionalLayer(conditional, node: node, inputs: inputs, training: training, fuse: fuse, store: store, run: run)
    }
  }

  /// The spec of a value.
  func spec(_ source: Source) -> Spec {
    switch source {
    case .input(let i): inputs[i]
    case .node(let n, let output): layers.first { $0.node == n }?.instance.outputs[output] ?? Spec([])
    }
  }

  private mutating func dropUnneeded() {
    var needed: Set<Int> = []
    func need(_ source: Source?) {
      if case .node(let n, _)? = source { needed.insert(n) }
    }
    outputs.forEach { need($0) }
    for layer in layers.reversed() where needed.contains(layer.node) { layer.inputs.forEach { need($0) } }
    layers.removeAll { !needed.contains($0.node) }
  }
}

extension Graph {
  /// A value's name for messages: an input's, or a layer's path.
  func name(of source: Source?) -> String {
    switch source {
    case nil: "nothing"
    case .input(let i): inputs[i].name
    case .node(let n, 0): nodes[n].path
    case .node(let n, let output): "\(nodes[n].path).\(output)"
    }
  }
}
