public import ZooTypes

extension Session {
  /// A program that runs backwards from any of its outputs (vector-Jacobian products): `Program.backward(from:)` says by which cotangents.
  ///
  /// `outputs` are values of `graph`, which extends this session's graph; those that depend on nothing have no part in backward. Gradients are
  /// those of the parameters whose paths match one of `patterns`, in the store, and of the inputs in `inputGradients`.
  public func gradientProgram(
    _ graph: Graph, inputs: [Spec], outputs: [Source], patterns: [String] = ["*"], inputGradients: Set<Int> = []
  ) throws -> Program {
    try graph.check(inputs)
    let planned = try PlannedGraph(graph, inputs: inputs, wanted: outputs, training: true, fuse: false, store: store, run: run)
    try prepareParameters(of: graph)
    let parameters = Set(trainable(matching: patterns))
    let dependence = Dependence(planned, parameters: parameters, inputs: inputGradients)
    let seeds = planned.outputs.uniqued().filter(dependence.values.contains)
    guard !seeds.isEmpty else {
      throw GraphError.nothingToUpdate(minimise: outputs.map(graph.name).joined(separator: ", "), pattern: patterns.joined(separator: " "))
    }
    let differentiation = Differentiation(planned, seeds: seeds, parameters: parameters, inputs: inputGradients)
    if let obstacle = differentiation.obstacle {
      throw GraphError.notDifferentiable(
        layer: obstacle.path, kind: obstacle.kind.name, minimise: seeds.map(planned.name).joined(separator: ", "), place: obstacle.place)
    }
    return try Program(planned, store: store, differentiation: differentiation)
  }
}

extension ParameterStore {
  /// The indices of the parameters whose path matches one of `patterns`, buffers left out.
  public func trainable(matching patterns: [String]) -> [Int] {
    entries.indices.filter { i in entries[i].isTrainable && patterns.contains { glob($0, matches: entries[i].path) } }
  }
}
