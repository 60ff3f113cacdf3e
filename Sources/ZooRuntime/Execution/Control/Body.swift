import CHost
import CZoo
import ZooTypes

/// A graph inside a loop or condition: planned, placed in memory that its owner gives at every run, and bound.
final class Body {
  let planned: PlannedGraph
  private(set) var memory: MemoryPlan
  private(set) var differentiation: Differentiation?
  /// Who watches its layers run forward; nil: nobody.
  var inspection: Inspection?
  /// Where its memory begins: the arena, the tape, the inputs, the parameters' gradients.
  let regions: Binding.Regions

  private let parameters: [Int]
  private let parameterRegions: [Int: Int]
  private let carried: [(output: Source, input: Int)]
  private let moving: Set<Int>
  private var binding: Binding?
  private var contexts: [(context: UnsafeMutablePointer<zoo_context>, key: UInt64)]
  private let regionCount: Int

  static let arena = 0
  static let tape = 1
  static func input(_ i: Int) -> Int { 2 + i }

  /// Plans `graph`.
  ///
  /// - Parameters:
  ///   - carriedCount: how many inputs are followed, in the same place, by an output of the iteration before.
  ///   - moving: inputs that lie elsewhere in every iteration.
  init(
    _ graph: Graph, inputs: [Spec], carriedCount: Int = 0, moving: Set<Int> = [], training: Bool, fuse: Bool, store: ParameterStore,
    run: Run
  ) throws {
    let planned = try PlannedGraph(
      graph, inputs: inputs, wanted: graph.outputs.map(\.source), training: training, fuse: fuse, store: store, run: run)
    // In training, what is carried lies on the tape, one place for each iteration.
    carried = training ? [] : (0..<carriedCount).map { (planned.outputs[$0], $0) }
    self.planned = planned
    memory = MemoryPlan(planned, differentiation: nil, isBody: true, carried: carried)
    parameters = planned.layers.flatMap(\.parameters).uniqued()
    parameterRegions = Dictionary(uniqueKeysWithValues: parameters.enumerated().map { ($1, 2 + inputs.count + $0) })
    regionCount = 2 + inputs.count + parameters.count
    regions = .allocate(capacity: regionCount)
    regions.initialize(repeating: nil, count: regionCount)
    self.moving = Set(moving.map(Self.input)).union([Self.tape])
    contexts = planned.layers.map { ($0.instance.context, $0.instance.context.pointee.path_key) }
  }

  deinit { regions.deallocate() }

  /// The parameters of its layers, by their indices in the store.
  var parameterIndices: [Int] { parameters }
  var flops: Double { planned.layers.reduce(0) { $0 + $1.instance.plan.flops } }
  var packedBytes: Int { binding?.packedBytes ?? 0 }

  /// Prepares for a backward that asks for these gradients.
  func differentiate(seeds: [Source], parameters: Set<Int>, inputs: Set<Int>) throws(GraphError) {
    let dependence = Dependence(planned, parameters: parameters, inputs: inputs)
    let differentiation = Differentiation(
      planned, seeds: seeds.uniqued().filter(dependence.values.contains), parameters: parameters, inputs: inputs)
    if let obstacle = differentiation.obstacle {
      throw .notDifferentiable(layer: obstacle.path, kind: obstacle.kind.name, minimise: "the loss", place: obstacle.place)
    }
    for (i, layer) in planned.layers.enumerated() where differentiation.isActive[i] {
      try layer.instance.differentiate(parameters: parameters, inputs: differentiation.wantsInput[i])
    }
    memory = MemoryPlan(planned, differentiation: differentiation, isBody: true)
    self.differentiation = differentiation
  }

  /// Whether backward of any layer reads input `i`, or a layer that then runs again.
  func backwardNeedsInput(_ i: Int) -> Bool {
    guard let differentiation else { return false }
    return planned.layers.enumerated().contains { index, layer in
      let isRepeated = memory.recomputation.isRepeated[index]
      return layer.inputs.enumerated().contains { k, source in
        source == .input(i) && (isRepeated || differentiation.isActive[index] && layer.instance.backwardNeedsInput(k))
      }
    }
  }

  func bind(_ store: ParameterStore) {
    binding = Binding(
      planned, memory: memory, store: store,
      inputs: planned.inputs.indices.map { Location(region: Self.input($0)) },
      place: { Location(region: $0.isOnTape ? Self.tape : Self.arena, offset: $0.offset) },
      parameterGradient: { [parameterRegions] in Location(region: parameterRegions[$0] ?? 0) }, moving: moving)
  }

  func pack() throws(LayerFailure) { try binding?.pack() }

  // MARK: Running

  /// Where the gradients of its parameters go, as the owner's call says; `owned` are the owner's parameters.
  func takeGradients(_ call: zoo_call, of owned: [Int]) {
    for (p, index) in owned.enumerated() {
      if let region = parameterRegions[index] { regions[region] = call.parameter_gradients[p].data }
    }
  }

  /// Gives every layer random numbers of its own for this iteration.
  func salt(_ salt: UInt64) {
    for (context, key) in contexts { context.pointee.path_key = key ^ salt }
  }

  func refresh(_ phase: LayerFailure.Phase) { binding?.refresh(phase, regions) }
  func move(_ phase: LayerFailure.Phase) { binding?.move(phase, regions) }
  func run(_ phase: LayerFailure.Phase) -> (layer: LayerInstance, status: zoo_status)? {
    if let inspection, phase == .forward { return binding?.run(inspection, regions) }
    return binding?.run(phase)
  }

  /// Where a value is now.
  func pointer(_ source: Source) -> UnsafeMutableRawPointer? {
    binding?.location(source).flatMap { location in regions[location.region].map { $0 + location.offset } }
  }

  /// Where output `o` is now.
  func output(_ o: Int) -> UnsafeMutableRawPointer? { pointer(planned.outputs[o]) }

  /// Where the adjoint of output `o` is to be written before backward; nil: nothing depends on it.
  func seed(_ o: Int) -> UnsafeMutableRawPointer? { memory.seeds[planned.outputs[o]].flatMap(pointer) }

  /// Where backward leaves the gradient of input `i`; nil: there is none.
  func inputGradient(_ i: Int) -> UnsafeMutableRawPointer? { memory.graphInputGradients[i].flatMap(pointer) }

  private func pointer(_ buffer: ArenaBuffer) -> UnsafeMutableRawPointer? {
    regions[buffer.isOnTape ? Self.tape : Self.arena].map { $0 + buffer.offset }
  }
}

extension Sequence where Element: Hashable {
  /// The elements in their order, each once.
  func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
