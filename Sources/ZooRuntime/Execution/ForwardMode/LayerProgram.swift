import CZoo
package import ZooTypes

/// One layer of a graph as a program of its own, for derivatives of it alone.
package final class LayerProgram {
  /// What a layer depends on: one of its inputs, or one of its parameters.
  package struct Argument {
    /// An input's or a parameter's index, among the program's or in the store.
    package enum Place: Hashable {
      case input(Int)
      case parameter(Int)
    }

    package let place: Place
    /// The port's name, or the parameter's path.
    package let name: String
    package let spec: Spec
    /// Its elements.
    package let values: UnsafeMutableBufferPointer<Float>
  }

  package let node: Node
  /// For each input of the node, the program's; nil: it is left out.
  package let inputs: [Int?]
  package let outputs: [Spec]
  /// Whether gradients flow from each output.
  package let hasCotangent: [Bool]
  /// What gradients flow to.
  package let arguments: [Argument]
  /// Whether row `n` of every output depends on row `n` of the inputs alone, as the layer says.
  let isRowIndependent: Bool
  /// Whether gradients would flow through it, but it has no backward.
  let isObstacle: Bool

  private let program: Program
  private let store: ParameterStore
  // Parameters that forward writes to.
  private let buffers: [Int]
  // With more than the one layer, adjoints may lie where activations were.
  private let keepsForward: Bool

  /// Plans a node for inputs of these types and shapes; its parameters are in the store already.
  init(_ node: Node, inputs specs: [Spec?], store: ParameterStore, run: Run) throws {
    var layer = node
    var given: [(port: Int, spec: Spec)] = []
    inputs = specs.enumerated().map { port, spec in
      guard let spec else { return nil }
      given.append((port, spec))
      return given.count - 1
    }
    layer.inputs = inputs.map { $0.map { .input($0) } }
    let graph = Graph(
      inputs: given.map { GraphInput("\($0.port)", shape: $0.spec.shape.map { .fixed($0) }, dtype: $0.spec.dtype) }, nodes: [layer],
      outputs: [], names: [:]
    ).recomputing([])
    func plan(_ outputs: Int) throws -> PlannedGraph {
      try PlannedGraph(
        graph, inputs: given.map(\.spec), wanted: (0..<outputs).map { .node(0, output: $0) }, training: true, fuse: false, store: store,
        run: run)
    }
    var planned = try plan(1)
    let count = planned.layers.first { $0.node == 0 }?.instance.outputs.count ?? 1
    if count > 1 { planned = try plan(count) }

    let owned = planned.layers.flatMap(\.parameters)
    let trainable = Set(owned.filter { store.entries[$0].isTrainable })
    let floats = Set(given.indices.filter { given[$0].spec.dtype == .f32 })
    let dependence = Dependence(planned, parameters: trainable, inputs: floats)
    let seeds = planned.outputs.filter(dependence.values.contains)
    var differentiation: Differentiation? = Differentiation(planned, seeds: seeds, parameters: trainable, inputs: floats)
    isObstacle = differentiation?.obstacle != nil
    if seeds.isEmpty || isObstacle { differentiation = nil }
    let program = try Program(planned, store: store, differentiation: differentiation)
    (self.node, self.program, self.store) = (node, program, store)
    outputs = program.outputSpecs
    hasCotangent = program.outputSpecs.indices.map { program.hasCotangent($0) && program.outputSpecs[$0].dtype == .f32 }
    isRowIndependent = planned.layers.allSatisfy { $0.instance.plan.flags & UInt32(ZOO_LAYER_ROW_INDEPENDENT) != 0 }
    keepsForward = planned.layers.count == 1
    buffers = owned.filter { store.entries[$0].isBuffer }
    arguments =
      given.enumerated().compactMap { i, input in
        guard program.inputGradient(i) != nil else { return nil }
        let name = node.kind.inputs.isEmpty ? "\(input.port)" : node.kind.inputs[min(input.port, node.kind.inputs.count - 1)].name
        return Argument(place: .input(i), name: name, spec: input.spec, values: program.inputs[i].bytes.bindMemory(to: Float.self))
      }
      + program.trained.compactMap { index in
        let entry = store.entries[index]
        guard let start = entry.pointer?.assumingMemoryBound(to: Float.self) else { return nil }
        let values = UnsafeMutableBufferPointer(start: start, count: entry.spec.count)
        return Argument(place: .parameter(index), name: entry.path, spec: entry.spec, values: values)
      }
  }

  /// Gives it a value for one of its inputs.
  package func set(_ input: Int, _ value: TensorBuffer) {
    program.inputs[input].bytes.copyMemory(from: UnsafeRawBufferPointer(value.bytes))
  }

  /// Runs it, and leaves the parameters that forward writes to as they were.
  package func forward() throws(LayerFailure) {
    let before = buffers.map { i in
      TensorBuffer(
        store.entries[i].spec, bytes: UnsafeRawBufferPointer(start: store.entries[i].pointer, count: store.entries[i].spec.byteCount))
    }
    defer {
      for (i, values) in zip(buffers, before) {
        store.entries[i].pointer?.copyMemory(from: values.pointer, byteCount: values.spec.byteCount)
      }
    }
    try program.forward()
  }

  /// Runs it backwards, as often as wanted after each `forward`.
  package func backward(from cotangents: [[Float]?]) throws(LayerFailure) {
    if !keepsForward { try forward() }
    try program.backward(from: cotangents)
  }

  /// A copy of output `o`.
  package func output(_ o: Int) -> TensorBuffer { program.copyOutput(o) }

  /// The elements of an `f32` output, until the next run.
  package func floats(_ o: Int) -> UnsafeBufferPointer<Float> { program.output(o).bindMemory(to: Float.self) }

  /// The gradient of an argument, until the next run.
  package func gradient(of argument: Argument) -> UnsafeBufferPointer<Float> {
    let start: UnsafePointer<Float>? =
      switch argument.place {
      case .input(let i): program.inputGradient(i)
      case .parameter(let index): UnsafePointer(store.gradient(of: index).assumingMemoryBound(to: Float.self))
      }
    return UnsafeBufferPointer(start: start, count: argument.spec.count)
  }
}
