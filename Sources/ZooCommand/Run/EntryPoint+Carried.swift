import ZooRuntime

/// What of a graph is for people to give and to see: not the states and caches that it carries for itself.
extension EntryPoint {
  /// Whether an input may be left to what is carried.
  func isCarried(input: Int) -> Bool { carried.contains { $0.input == input } }

  /// The inputs that are worth a file.
  var visibleInputs: [String] {
    graph.inputs.indices.filter { graph.inputs[$0].codec != nil || !isCarried(input: $0) }.map { graph.inputs[$0].name }
  }

  /// The outputs that are worth showing; all, if there are none but states.
  var visibleOutputs: [String] {
    let visible = graph.outputs.indices.filter { o in graph.outputs[o].codec != nil || !carried.contains { $0.output == o } }
    return (visible.isEmpty ? Array(graph.outputs.indices) : visible).map { graph.outputs[$0].name }
  }

  /// What the runs after the first are given of what it was given.
  func later(_ inputs: [TensorBuffer?]) -> [TensorBuffer?] { inputs.enumerated().map { isCarried(input: $0) ? nil : $1 } }
}
