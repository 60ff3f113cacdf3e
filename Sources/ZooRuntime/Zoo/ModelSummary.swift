public import ZooTypes

/// What a graph looks like for inputs of certain shapes: planned, but without memory for anything.
public struct ModelSummary: Sendable {
  /// One layer.
  public struct Layer: Sendable {
    /// Its path in the model.
    public let path: String
    /// Its kind.
    public let kind: String
    /// What it writes.
    public let outputs: [Spec]
    /// How many numbers it owns, those included that it shares with an earlier layer.
    public let parameterCount: Int
    /// Whether another layer before it owns all of them.
    public let isShared: Bool
    /// The arithmetic of one forward, in operations; 0 where the layer does not say.
    public let flops: Double
    /// The layers inside a loop, as they are in one iteration, or those inside a condition.
    public let layers: [Layer]

    fileprivate init(_ layer: PlannedGraph.Layer, in store: ParameterStore, owned: inout Set<Int>) {
      let bodies = layer.instance.control?.bodies ?? []
      isShared = !layer.parameters.isEmpty && layer.parameters.allSatisfy(owned.contains)
      layers = Self.list(bodies.map(\.planned), in: store, owned: &owned)
      owned.formUnion(layer.parameters)
      path = layer.instance.path
      kind = layer.instance.kind.name
      outputs = layer.instance.outputs
      parameterCount = layer.parameters.reduce(0) { $0 + store.entries[$1].spec.count }
      flops = layer.instance.plan.flops
    }

    /// The layers of some graphs; `owned` are the parameters of those before them, and then theirs too.
    fileprivate static func list(_ graphs: [PlannedGraph], in store: ParameterStore, owned: inout Set<Int>) -> [Layer] {
      var layers: [Layer] = []
      for layer in graphs.flatMap(\.layers) { layers.append(Layer(layer, in: store, owned: &owned)) }
      return layers
    }
  }

  /// One parameter.
  public struct Parameter: Sendable {
    /// Its path.
    public let path: String
    /// Type and shape.
    public let spec: Spec
    /// Whether training may change it.
    public let isTrainable: Bool
  }

  /// The layers, in the order of execution, none of them folded into another.
  public let layers: [Layer]
  /// Every parameter, once.
  public let parameters: [Parameter]
  /// What comes out.
  public let outputs: [Spec]
  /// What runs, layers folded unless that is switched off.
  public let program: ProgramListing

  /// Plans `graph` for `inputs`; `foreign` are the libraries that its layers may call.
  ///
  /// With `fuse`, layers are folded into one another in `program`.
  public init(_ graph: Graph, inputs: [Spec], fuse: Bool = true, foreign: ForeignLibraries = .none) throws {
    try graph.check(inputs)
    let store = ParameterStore()
    let run = Run(foreign: foreign)
    func plan(fuse: Bool) throws -> PlannedGraph {
      try PlannedGraph(graph, inputs: inputs, wanted: graph.outputs.map(\.source), training: false, fuse: fuse, store: store, run: run)
    }
    let planned = try plan(fuse: false)
    var owned: Set<Int> = []
    layers = Layer.list([planned], in: store, owned: &owned)
    parameters = store.entries.map { Parameter(path: $0.path, spec: $0.spec, isTrainable: $0.isTrainable) }
    outputs = planned.outputs.map(planned.spec)
    let flat = try fuse ? plan(fuse: true) : planned
    program = ProgramListing(flat, MemoryPlan(flat, differentiation: nil))
  }

  /// How many numbers training may change.
  public var trainableCount: Int { parameters.reduce(0) { $0 + ($1.isTrainable ? $1.spec.count : 0) } }
  /// How many numbers the model has besides.
  public var bufferCount: Int { parameters.reduce(0) { $0 + ($1.isTrainable ? 0 : $1.spec.count) } }
  /// The size of all of them.
  public var parameterBytes: Int { parameters.reduce(0) { $0 + $1.spec.byteCount } }
  /// The arithmetic of one forward, in operations.
  public var flops: Double { layers.reduce(0) { $0 + $1.flops } }
}
