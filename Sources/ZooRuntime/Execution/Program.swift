import CHost
import CZoo
import Glibc
public import ZooTypes

/// A graph made ready to run: every layer planned, every byte placed, every argument bound.
///
/// Running is a loop over an array of calls; nothing is allocated, looked up or parsed.
public final class Program {
  /// The graph's inputs: write the elements here before `forward`.
  ///
  /// They stay until they are overwritten.
  public let inputs: [TensorBuffer]
  /// The outputs' types and shapes.
  public let outputSpecs: [Spec]
  /// The size of the block that holds activations, adjoints and scratch.
  public var arenaBytes: Int { memory.arena.bytes }
  /// The size of the parameters in the layers' own layouts.
  public private(set) var packedBytes = 0
  /// The arithmetic of one forward, in operations; 0 where a layer does not say.
  public let flops: Double
  /// What it was made from.
  let planned: PlannedGraph

  private let store: ParameterStore
  private let memory: MemoryPlan
  private let block: UnsafeMutableRawPointer
  private var tables: [TensorTable] = []
  private var calls: [UnsafeMutablePointer<zoo_call>] = []
  private var packs: [(layer: Int, memory: UnsafeMutableRawPointer)] = []
  private var packedVersion = -1
  private let forwardSteps: UnsafeMutablePointer<zoo_step>
  private let backwardSteps: UnsafeMutablePointer<zoo_step>
  private var backwardLayers: [Int] = []  // the layer behind each backward step

  init(_ planned: PlannedGraph, store: ParameterStore, differentiation: Differentiation? = nil) throws(GraphError) {
    self.planned = planned
    self.store = store
    inputs = planned.inputs.map { TensorBuffer($0) }
    outputSpecs = planned.outputs.map(planned.spec)
    flops = planned.layers.reduce(0) { $0 + $1.instance.plan.flops }
    memory = MemoryPlan(planned, differentiation: differentiation)
    let available = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    guard memory.arena.bytes < available else { throw .tooLarge(bytes: memory.arena.bytes, available: available) }
    block = alignedMemory(bytes: memory.arena.bytes)
    memset(block, 0, memory.arena.bytes)
    forwardSteps = .allocate(capacity: max(planned.layers.count, 1))
    backwardSteps = .allocate(capacity: planned.layers.reduce(1) { $0 + 1 + $1.inputs.count + $1.parameters.count })
    for i in planned.layers.indices { bindForward(i) }
    if let differentiation { bindBackward(differentiation) }
  }

  deinit {
    for call in calls { call.deallocate() }
    for pack in packs { free(pack.memory) }
    forwardSteps.deallocate()
    backwardSteps.deallocate()
    free(block)
  }

  // MARK: Running

  /// Runs every layer.
  ///
  /// Parameters that have changed are packed again first.
  public func forward() throws(LayerFailure) {
    if packedVersion != store.version { try pack() }
    try execute(forwardSteps, planned.layers.count, .forward) { planned.layers[$0].instance }
  }

  /// Runs every layer backwards, once after each `forward`: gradients of the parameters are then in the store.
  ///
  /// Adjoints take the place of activations that nothing reads any more, so what `forward` wrote is gone, but for the outputs.
  public func backward() throws(LayerFailure) {
    try execute(backwardSteps, backwardLayers.count, .backward) { planned.layers[backwardLayers[$0]].instance }
  }

  private func execute(
    _ steps: UnsafeMutablePointer<zoo_step>, _ count: Int, _ phase: LayerFailure.Phase, _ layer: (Int) -> LayerInstance
  ) throws(LayerFailure) {
    var status = zoo_status(ZOO_OK)
    let failed = zoo_execute(steps, Int64(count), &status)
    if failed >= 0 { throw layer(Int(failed)).failure(phase, status) }
  }

  /// The elements of output `i`, valid until the next run.
  public func output(_ i: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: pointer(planned.outputs[i]), count: outputSpecs[i].byteCount)
  }

  /// A copy of output `i`.
  public func copyOutput(_ i: Int) -> TensorBuffer { TensorBuffer(outputSpecs[i], bytes: output(i)) }

  /// A copy of the gradient of graph input `i`, if the program was made with it.
  package func copyInputGradient(_ i: Int) -> TensorBuffer? {
    memory.graphInputGradients[i].map {
      TensorBuffer(planned.inputs[i], bytes: UnsafeRawBufferPointer(start: block + $0.offset, count: planned.inputs[i].byteCount))
    }
  }

  /// Runs the layers one by one and says which is the first to write something that is NaN or infinite.
  public func firstNonFinite() throws(LayerFailure) -> (layer: String, kind: String, output: String, index: [Int], value: Float)? {
    for (i, layer) in planned.layers.enumerated() {
      try execute(forwardSteps + i, 1, .forward) { _ in layer.instance }
      for (o, spec) in layer.instance.outputs.enumerated() where spec.dtype == .f32 {
        let floats = pointer(.node(layer.node, output: o))?.assumingMemoryBound(to: Float.self)
        let found = zoo_first_nonfinite(floats, Int64(spec.count))
        guard found >= 0, let floats else { continue }
        var index: [Int] = []
        var rest = Int(found)
        for axis in spec.shape.reversed() {
          index.insert(rest % axis, at: 0)
          rest /= axis
        }
        let ports = layer.instance.kind.outputs
        let name = ports.isEmpty ? "\(o)" : ports[min(o, ports.count - 1)].name
        return (layer.instance.path, layer.instance.kind.name, name, index, floats[Int(found)])
      }
    }
    return nil
  }

  /// Seconds of each layer's forward, the fastest of `repeats`.
  public func profile(repeats: Int) throws(LayerFailure) -> [(layer: String, kind: String, fused: [String], flops: Double, seconds: Double)]
  {
    try forward()
    var best = [Double](repeating: .infinity, count: planned.layers.count)
    for _ in 0..<repeats {
      for (i, layer) in planned.layers.enumerated() {
        let start = monotonicSeconds()
        try execute(forwardSteps + i, 1, .forward) { _ in layer.instance }
        best[i] = min(best[i], monotonicSeconds() - start)
      }
    }
    return planned.layers.enumerated().map {
      ($1.instance.path, $1.instance.kind.name, $1.fused, $1.instance.plan.flops, best[$0])
    }
  }

  // MARK: Binding

  private func pointer(_ source: Source) -> UnsafeMutableRawPointer? {
    switch source {
    case .input(let i): inputs[i].pointer
    case .node: memory.values[source].map { block + $0.offset }
    }
  }

  private func table(_ specs: [Spec], _ data: [UnsafeMutableRawPointer?]) -> UnsafePointer<zoo_tensor> {
    let table = TensorTable(specs, data: data)
    tables.append(table)
    return UnsafePointer(table.first)
  }

  private func inputSpecs(_ layer: PlannedGraph.Layer) -> [Spec] { layer.inputs.map { $0.map(planned.spec) ?? Spec([]) } }

  private func parameterTable(_ layer: PlannedGraph.Layer) -> UnsafePointer<zoo_tensor> {
    table(layer.instance.parameters.map(\.spec), layer.parameters.map { store.entries[$0].pointer })
  }

  /// A call with everything that forward and backward have in common.
  private func makeCall(_ i: Int, needing: Bool) -> UnsafeMutablePointer<zoo_call> {
    let layer = planned.layers[i]
    let instance = layer.instance
    let call = UnsafeMutablePointer<zoo_call>.allocate(capacity: 1)
    call.initialize(to: zoo_call())
    calls.append(call)
    call.pointee.size = UInt32(MemoryLayout<zoo_call>.size)
    call.pointee.flags = planned.isTraining ? UInt32(ZOO_CALL_TRAINING) : 0
    call.pointee.host = zoo_host_table()
    call.pointee.context = instance.context
    call.pointee.input_count = UInt32(layer.inputs.count)
    call.pointee.inputs = table(
      inputSpecs(layer),
      layer.inputs.enumerated().map { k, source in needing && !instance.backwardNeedsInput(k) ? nil : source.flatMap(pointer) })
    call.pointee.output_count = UInt32(instance.outputs.count)
    call.pointee.outputs = table(
      instance.outputs,
      instance.outputs.indices.map { needing && !instance.backwardNeedsOutput($0) ? nil : pointer(.node(layer.node, output: $0)) })
    call.pointee.parameter_count = UInt32(layer.parameters.count)
    call.pointee.parameters = parameterTable(layer)
    call.pointee.saved_count = UInt32(memory.saved[i].count)
    call.pointee.saved = table(Array(instance.saved.prefix(memory.saved[i].count)), memory.saved[i].map { block + $0.offset })
    return call
  }

  private func bindForward(_ i: Int) {
    let instance = planned.layers[i].instance
    let call = makeCall(i, needing: false)
    call.pointee.scratch = memory.forwardScratch[i].map { block + $0.offset }
    if !planned.isTraining, instance.plan.packed_bytes > 0, instance.table.pointee.pack != nil {
      let memory = alignedMemory(bytes: Int(instance.plan.packed_bytes))
      packedBytes += Int(instance.plan.packed_bytes)
      packs.append((i, memory))
      call.pointee.packed = UnsafeRawPointer(memory)
    }
    forwardSteps[i] = zoo_step(function: instance.table.pointee.forward, layer: instance.layer, call: call)
  }

  private func pack() throws(LayerFailure) {
    for (i, memory) in packs {
      let layer = planned.layers[i]
      guard let pack = layer.instance.table.pointee.pack else { continue }
      let specs = TensorTable(layer.instance.parameters.map(\.spec), data: layer.parameters.map { store.entries[$0].pointer })
      var call = zoo_pack_call(
        size: UInt32(MemoryLayout<zoo_pack_call>.size), parameter_count: UInt32(layer.parameters.count), host: zoo_host_table(),
        context: layer.instance.context, parameters: UnsafePointer(specs.first), packed: memory)
      let status = withExtendedLifetime(specs) { pack(layer.instance.layer, &call) }
      if status != zoo_status(ZOO_OK) { throw layer.instance.failure(.pack, status) }
    }
    packedVersion = store.version
  }

  private func bindBackward(_ differentiation: Differentiation) {
    func add(_ function: zoo_function?, _ layer: Int, _ handle: OpaquePointer?, _ call: UnsafeMutablePointer<zoo_call>) {
      backwardSteps[backwardLayers.count] = zoo_step(function: function, layer: handle, call: call)
      backwardLayers.append(layer)
    }
    func hostCall(_ spec: Spec, from: UnsafeMutableRawPointer?, to: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<zoo_call> {
      let call = UnsafeMutablePointer<zoo_call>.allocate(capacity: 1)
      call.initialize(to: zoo_call())
      calls.append(call)
      call.pointee.inputs = table([spec], [from])
      call.pointee.outputs = table([spec], [to])
      return call
    }
    if let seed = memory.seed {
      let last = planned.layers.count - 1
      add(zoo_step_one, last, nil, hostCall(planned.spec(differentiation.minimise), from: nil, to: block + seed.offset))
    }
    for i in planned.layers.indices.reversed() where differentiation.isActive[i] {
      let layer = planned.layers[i]
      let instance = layer.instance
      let call = makeCall(i, needing: true)
      call.pointee.scratch = memory.backwardScratch[i].map { block + $0.offset }
      call.pointee.output_gradients = table(instance.outputs, memory.outputGradients[i].map { $0.map { block + $0.offset } })

      var sums: [UnsafeMutablePointer<zoo_call>] = []
      var targets: [UnsafeMutableRawPointer?] = []
      let specs = inputSpecs(layer)
      for (k, target) in memory.inputGradients[i].enumerated() {
        switch target {
        case .none: targets.append(nil)
        case .direct(let buffer): targets.append(block + buffer.offset)
        case .accumulate(let buffer):
          targets.append(block + buffer.offset)
          call.pointee.accumulate_inputs |= 1 << UInt64(k)
        case .temporary(let temporary, let into):
          targets.append(block + temporary.offset)
          sums.append(hostCall(specs[k], from: block + temporary.offset, to: block + into.offset))
        }
      }
      call.pointee.input_gradients = table(specs, targets)

      targets = []
      for (p, target) in memory.parameterGradients[i].enumerated() {
        switch target {
        case .none: targets.append(nil)
        case .direct(let index): targets.append(store.gradient(of: index))
        case .accumulate(let index):
          targets.append(store.gradient(of: index))
          call.pointee.accumulate_parameters |= 1 << UInt64(p)
        case .temporary(let temporary, let index):
          targets.append(block + temporary.offset)
          sums.append(hostCall(instance.parameters[p].spec, from: block + temporary.offset, to: store.gradient(of: index)))
        }
      }
      call.pointee.parameter_gradients = table(instance.parameters.map(\.spec), targets)

      add(instance.table.pointee.backward, i, instance.layer, call)
      for sum in sums { add(zoo_step_accumulate, i, nil, sum) }
    }
  }
}

/// Seconds on a clock that never jumps.
package func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
