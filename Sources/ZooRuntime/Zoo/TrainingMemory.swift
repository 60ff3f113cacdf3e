public import ZooTypes

/// What a training step takes of memory for inputs of certain shapes: planned, but nothing is allocated.
public struct TrainingMemory: Sendable {
  /// The size of the block that holds activations, adjoints and scratch.
  public let arenaBytes: Int
  /// The same if nothing were computed again.
  public let keptBytes: Int
  /// The size of the gradients of the parameters.
  public let gradientBytes: Int
  /// Whether some blocks are computed again.
  public let recomputes: Bool

  /// What computing again saves.
  public var savedBytes: Int { max(keptBytes - arenaBytes, 0) }

  /// Plans a step that minimises a sum of `losses`, values of `graph`, by the parameters whose paths match one of `patterns`.
  public init(
    _ graph: Graph, inputs: [Spec], losses: [Source], patterns: [String], foreign: ForeignLibraries = .none,
    precision: Precision = Precision()
  ) throws {
    func plan(_ graph: Graph) throws -> (arena: Int, gradients: Int) {
      try graph.check(inputs)
      let store = ParameterStore()
      let run = Run(foreign: foreign, precision: precision)
      let planned = try PlannedGraph(graph, inputs: inputs, wanted: losses, training: true, fuse: false, store: store, run: run)
      let trained = Set(store.trainable(matching: patterns))
      let differentiation = Differentiation(planned, seeds: planned.outputs.uniqued(), parameters: trained)
      for (i, layer) in planned.layers.enumerated() where differentiation.isActive[i] {
        try layer.instance.differentiate(parameters: trained, inputs: differentiation.wantsInput[i])
      }
      let memory = MemoryPlan(planned, differentiation: differentiation)
      return (memory.arena.bytes, memory.parameterTargets.reduce(0) { $0 + store.entries[$1].spec.byteCount })
    }
    recomputes = graph.recomputes
    (arenaBytes, gradientBytes) = try plan(graph)
    keptBytes = graph.recomputes ? try plan(graph.recomputing([])).arena : arenaBytes
  }
}
