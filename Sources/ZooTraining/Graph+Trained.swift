import ZooRuntime

extension Graph {
  /// Where the parameters are that the gradient of a value can reach: those of the layers that it is computed from, frozen ones left out.
  func trainedPaths(for value: Source) -> Set<String> {
    var paths: Set<String> = []
    collectTrained([value], &paths)
    return paths
  }

  private func collectTrained(_ values: [Source], _ paths: inout Set<String>) {
    var reached: Set<Int> = []
    func reach(_ source: Source?) {
      if case .node(let index, _)? = source { reached.insert(index) }
    }
    values.forEach { reach($0) }
    // In topological order: what a node takes comes before it.
    for index in nodes.indices.reversed() where reached.contains(index) {
      let node = nodes[index]
      switch node.control {
      case nil: if !node.isFrozen { paths.insert(node.parameterPath) }
      case .loop(let loop): loop.body.collectTrained(loop.body.outputs.map(\.source), &paths)
      case .conditional(let conditional):
        for branch in [conditional.then, conditional.otherwise] { branch.collectTrained(branch.outputs.map(\.source), &paths) }
      }
      let ports = node.kind.inputs
      for (i, input) in node.inputs.enumerated() where ports.isEmpty || ports[min(i, ports.count - 1)].isDifferentiable { reach(input) }
    }
  }
}

extension Session {
  /// The indices in the store of the parameters that a step updates.
  func parameters(of step: TrainingStep, in graph: Graph) -> [Int] {
    let trained = graph.trainedPaths(for: step.minimized)
    return trainable(matching: step.updated).filter { i in
      let path = store.entries[i].path
      return path.indices.contains { path[$0] == "." && trained.contains(String(path[..<$0])) }
    }
  }
}
