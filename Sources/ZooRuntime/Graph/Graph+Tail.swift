package import ZooTypes

extension Graph {
  /// What remains to be computed of `wanted` where the values `given` are known.
  ///
  /// It is a graph with one more input for each of those, behind its own; and with it come the places of `wanted` in that graph.
  package func tail(after given: [(source: Source, spec: Spec)], wanted: [Source]) -> (graph: Graph, wanted: [Source]) {
    var places: [Source: Source] = [:]
    for (i, value) in given.enumerated() { places[value.source] = .input(inputs.count + i) }
    var needed: Set<Int> = []
    var open = wanted
    while let source = open.popLast() {
      guard places[source] == nil, case .node(let index, _) = source, needed.insert(index).inserted else { continue }
      open += nodes[index].inputs.compactMap(\.self)
    }
    let kept = needed.sorted()
    let numbers = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    func place(_ source: Source) -> Source {
      if let place = places[source] { return place }
      guard case .node(let index, let output) = source, let number = numbers[index] else { return source }
      return .node(number, output: output)
    }
    let tail = kept.map { index in
      var node = nodes[index]
      node.inputs = node.inputs.map { $0.map(place) }
      return node
    }
    let more = given.enumerated().map { i, value in
      GraphInput("\(i)", shape: value.spec.shape.map { .fixed($0) }, dtype: value.spec.dtype)
    }
    return (Graph(inputs: inputs + more, nodes: tail, outputs: [], names: [:]), wanted.map(place))
  }
}
