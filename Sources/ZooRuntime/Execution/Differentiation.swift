import ZooTypes

/// Which layers reverse-mode differentiation visits, and which values need an adjoint.
struct Differentiation {
  /// What is minimised: its derivative by itself is 1.
  let minimise: Source
  /// Indices in the store of the parameters whose gradients are wanted.
  let parameters: Set<Int>
  /// Graph inputs whose gradients are wanted.
  let inputs: Set<Int>
  /// For each planned layer, whether its backward runs.
  private(set) var isActive: [Bool]
  /// For each planned layer and input, whether that input's gradient is wanted.
  private(set) var wantsInput: [[Bool]]

  /// Walks forward to find what depends on the parameters, then backward to find what the minimised value depends on.
  init(
    _ planned: PlannedGraph, minimise: Source, name: String, parameters: Set<Int>, inputs: Set<Int> = [], pattern: String
  ) throws(GraphError) {
    self.minimise = minimise
    self.parameters = parameters
    self.inputs = inputs
    let layers = planned.layers
    var depends = Set(inputs.map { Source.input($0) })
    var layerDepends = [Bool](repeating: false, count: layers.count)
    wantsInput = layers.map { [Bool](repeating: false, count: $0.inputs.count) }
    for (i, layer) in layers.enumerated() {
      for (k, source) in layer.inputs.enumerated() {
        guard let source, depends.contains(source), layer.instance.port(k)?.isDifferentiable ?? true else { continue }
        guard planned.spec(source).dtype.isFloat else { continue }
        wantsInput[i][k] = true
      }
      let trains = !layer.isFrozen && layer.parameters.contains { parameters.contains($0) }
      guard trains || wantsInput[i].contains(true) else { continue }
      layerDepends[i] = true
      for (o, spec) in layer.instance.outputs.enumerated() where spec.dtype.isFloat {
        let port = layer.instance.kind.outputs.isEmpty ? nil : layer.instance.kind.outputs[min(o, layer.instance.kind.outputs.count - 1)]
        if port?.isDifferentiable ?? true { depends.insert(.node(layer.node, output: o)) }
      }
    }

    isActive = layerDepends
    guard depends.contains(minimise) else { throw .nothingToUpdate(minimise: name, pattern: pattern) }
    var reached: Set = [minimise]
    for i in layers.indices.reversed() {
      let layer = layers[i]
      let feeds = layer.instance.outputs.indices.contains { reached.contains(.node(layer.node, output: $0)) }
      isActive[i] = layerDepends[i] && feeds
      guard isActive[i] else {
        wantsInput[i] = wantsInput[i].map { _ in false }
        continue
      }
      guard layer.instance.kind.isDifferentiable else {
        throw .notDifferentiable(layer: layer.instance.path, kind: layer.instance.kind.name, minimise: name, place: layer.instance.place)
      }
      for (k, source) in layer.inputs.enumerated() where wantsInput[i][k] { if let source { reached.insert(source) } }
    }
  }
}

extension LayerInstance {
  /// The declared port of input `i`; a variadic one stands for all that follow.
  func port(_ i: Int) -> PortInfo? { kind.inputs.isEmpty ? nil : kind.inputs[min(i, kind.inputs.count - 1)] }
}
