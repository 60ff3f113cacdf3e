import ZooTypes

/// Which layers reverse-mode differentiation visits, and which values need an adjoint.
struct Differentiation {
  /// The values whose adjoints are given: what is minimised, or what a graph inside another puts out.
  let seeds: [Source]
  /// What those of a program are, if not 1: one for each seed.
  private(set) var weights: [Float]
  /// Indices in the store of the parameters whose gradients are wanted.
  let parameters: Set<Int>
  /// Graph inputs whose gradients are wanted.
  let inputs: Set<Int>
  /// For each planned layer, whether its backward runs.
  private(set) var isActive: [Bool]
  /// For each planned layer and input, whether that input's gradient is wanted.
  private(set) var wantsInput: [[Bool]]
  /// The first layer that backward would have to pass, but cannot.
  private(set) var obstacle: LayerInstance?

  /// Walks forward to find what depends on the parameters and inputs, then backward to find what the seeds depend on.
  init(_ planned: PlannedGraph, seeds: [Source], parameters: Set<Int>, inputs: Set<Int> = []) {
    self.seeds = seeds
    weights = seeds.map { _ in 1 }
    self.parameters = parameters
    self.inputs = inputs
    let layers = planned.layers
    let dependence = Dependence(planned, parameters: parameters, inputs: inputs)
    wantsInput = dependence.wantsInput
    isActive = dependence.isDependent
    var reached = Set(seeds)
    for i in layers.indices.reversed() {
      let layer = layers[i]
      let feeds = layer.instance.outputs.indices.contains { reached.contains(.node(layer.node, output: $0)) }
      isActive[i] = dependence.isDependent[i] && feeds
      guard isActive[i] else {
        wantsInput[i] = wantsInput[i].map { _ in false }
        continue
      }
      if !layer.instance.kind.isDifferentiable, obstacle == nil { obstacle = layer.instance }
      for (k, source) in layer.inputs.enumerated() where wantsInput[i][k] { if let source { reached.insert(source) } }
    }
  }

  /// What must be done to minimise a weighted sum of single numbers.
  init(
    _ planned: PlannedGraph, minimise terms: [TrainingTerm], parameters: Set<Int>, inputs: Set<Int> = [], pattern: String
  ) throws(GraphError) {
    let dependent = Dependence(planned, parameters: parameters, inputs: inputs).values
    // Two names may stand for one value.
    var sum: [(source: Source, weight: Double)] = []
    for term in terms {
      guard dependent.contains(term.source) else { throw .nothingToUpdate(minimise: term.name, pattern: pattern) }
      if let same = sum.firstIndex(where: { $0.source == term.source }) {
        sum[same].weight += term.weight
      } else {
        sum.append((term.source, term.weight))
      }
    }
    self.init(planned, seeds: sum.map(\.source), parameters: parameters, inputs: inputs)
    weights = sum.map { Float($0.weight) }
    if let obstacle {
      throw .notDifferentiable(
        layer: obstacle.path, kind: obstacle.kind.name, minimise: terms.map(\.name).joined(separator: "+"), place: obstacle.place)
    }
  }
}

/// What depends on some parameters and inputs, differentiably.
struct Dependence {
  /// The values that do.
  private(set) var values: Set<Source>
  /// For each planned layer, whether any of its outputs may.
  private(set) var isDependent: [Bool]
  /// For each planned layer and input, whether it is such a value, and the layer can differentiate by it.
  private(set) var wantsInput: [[Bool]]

  init(_ planned: PlannedGraph, parameters: Set<Int>, inputs: Set<Int>) {
    values = Set(inputs.map { Source.input($0) })
    isDependent = planned.layers.map { _ in false }
    wantsInput = planned.layers.map { $0.inputs.map { _ in false } }
    for (i, layer) in planned.layers.enumerated() {
      for (k, source) in layer.inputs.enumerated() {
        guard let source, values.contains(source), layer.instance.inputPort(k)?.isDifferentiable ?? true else { continue }
        wantsInput[i][k] = planned.spec(source).dtype.isFloat
      }
      let trains = !layer.isFrozen && layer.parameters.contains { parameters.contains($0) }
      guard trains || wantsInput[i].contains(true) else { continue }
      isDependent[i] = true
      for (o, spec) in layer.instance.outputs.enumerated()
      where spec.dtype.isFloat && layer.instance.outputPort(o)?.isDifferentiable ?? true {
        values.insert(.node(layer.node, output: o))
      }
    }
  }
}

extension LayerInstance {
  /// The declared port of input `i`; a variadic one stands for all that follow.
  func inputPort(_ i: Int) -> PortInfo? { kind.inputs.isEmpty ? nil : kind.inputs[min(i, kind.inputs.count - 1)] }

  /// The declared port of output `o`; a variadic one stands for all that follow.
  func outputPort(_ o: Int) -> PortInfo? { kind.outputs.isEmpty ? nil : kind.outputs[min(o, kind.outputs.count - 1)] }
}
