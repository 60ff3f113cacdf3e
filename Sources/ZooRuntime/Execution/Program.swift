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
  public var arenaBytes: Int { binding.memory.arena.bytes }
  /// The size of the parameters in the layers' own layouts.
  public var packedBytes: Int { binding.packedBytes }
  /// The arithmetic of one forward, in operations; 0 where a layer does not say.
  public let flops: Double
  /// What it was made from.
  let planned: PlannedGraph

  private let binding: Binding
  private let block: UnsafeMutableRawPointer
  // The block, the gradients of the parameters, and the inputs.
  private let regions: Binding.Regions
  private let seed: (pointer: UnsafeMutablePointer<Float>, count: Int)?

  /// Makes a planned graph ready.
  ///
  /// With `carried`, outputs may overwrite the memory of inputs.
  init(
    _ planned: PlannedGraph, store: ParameterStore, differentiation: Differentiation? = nil, carried: [(output: Source, input: Int)] = []
  ) throws(GraphError) {
    self.planned = planned
    let inputs = planned.inputs.map { TensorBuffer($0) }
    self.inputs = inputs
    outputSpecs = planned.outputs.map(planned.spec)
    flops = planned.layers.reduce(0) { $0 + $1.instance.plan.flops }
    if let differentiation {
      for (i, layer) in planned.layers.enumerated() where differentiation.isActive[i] {
        try layer.instance.differentiate(parameters: differentiation.parameters, inputs: differentiation.wantsInput[i])
      }
    }
    let memory = MemoryPlan(planned, differentiation: differentiation, carried: carried)
    let available = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    guard memory.arena.bytes < available else { throw .tooLarge(bytes: memory.arena.bytes, available: available) }
    block = alignedMemory(bytes: memory.arena.bytes)
    memset(block, 0, memory.arena.bytes)

    var gradients: [Int: Int] = [:]  // from a parameter to its region
    for index in memory.parameterTargets { gradients[index] = 1 + inputs.count + gradients.count }
    regions = .allocate(capacity: 1 + inputs.count + gradients.count)
    regions.initialize(to: block)
    for (i, input) in inputs.enumerated() { (regions + 1 + i).initialize(to: input.pointer) }
    for (index, region) in gradients { (regions + region).initialize(to: store.gradient(of: index)) }
    binding = Binding(
      planned, memory: memory, differentiation: differentiation, store: store, inputs: inputs.indices.map { Location(region: 1 + $0) },
      place: { Location(region: 0, offset: $0.offset) },
      parameterGradient: { index in
        guard let region = gradients[index] else { preconditionFailure("every target has a region") }
        return Location(region: region)
      })
    binding.refresh(.forward, regions)
    binding.refresh(.backward, regions)
    let block = block
    seed = differentiation.flatMap { differentiation in
      differentiation.seeds.first.flatMap { minimise in
        memory.seeds[minimise].map { ((block + $0.offset).assumingMemoryBound(to: Float.self), planned.spec(minimise).count) }
      }
    }
  }

  deinit {
    regions.deallocate()
    free(block)
  }

  // MARK: Running

  /// Runs every layer.
  ///
  /// Parameters that have changed are packed again first.
  public func forward() throws(LayerFailure) {
    try binding.pack()
    if let failed = binding.run(.forward) { throw failed.layer.failure(.forward, failed.status) }
  }

  /// Runs every layer backwards, once after each `forward`: gradients of the parameters are then in the store.
  ///
  /// Adjoints take the place of activations that nothing reads any more, so what `forward` wrote is gone, but for the outputs.
  public func backward() throws(LayerFailure) {
    // What is minimised has derivative 1 by itself.
    if let seed { seed.pointer.update(repeating: 1, count: seed.count) }
    if let failed = binding.run(.backward) { throw failed.layer.failure(.backward, failed.status) }
  }

  /// The elements of output `i`, valid until the next run.
  public func output(_ i: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: pointer(planned.outputs[i]), count: outputSpecs[i].byteCount)
  }

  /// A copy of output `i`.
  public func copyOutput(_ i: Int) -> TensorBuffer { TensorBuffer(outputSpecs[i], bytes: output(i)) }

  /// A copy of the gradient of graph input `i`, if the program was made with it.
  package func copyInputGradient(_ i: Int) -> TensorBuffer? {
    binding.memory.graphInputGradients[i].map {
      TensorBuffer(planned.inputs[i], bytes: UnsafeRawBufferPointer(start: block + $0.offset, count: planned.inputs[i].byteCount))
    }
  }

  /// Runs the layers one by one and says which is the first to write something that is NaN or infinite.
  public func firstNonFinite() throws(LayerFailure) -> (layer: String, kind: String, output: String, index: [Int], value: Float)? {
    for (i, layer) in planned.layers.enumerated() {
      try execute(i)
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
      for i in planned.layers.indices {
        let start = monotonicSeconds()
        try execute(i)
        best[i] = min(best[i], monotonicSeconds() - start)
      }
    }
    return planned.layers.enumerated().map {
      ($1.instance.path, $1.instance.kind.name, $1.fused, $1.instance.plan.flops, best[$0])
    }
  }

  private func execute(_ i: Int) throws(LayerFailure) {
    var status = zoo_status(ZOO_OK)
    if zoo_execute(binding.forwardSteps + i, 1, &status) >= 0 { throw planned.layers[i].instance.failure(.forward, status) }
  }

  private func pointer(_ source: Source) -> UnsafeMutableRawPointer? {
    binding.location(source).flatMap { location in regions[location.region].map { $0 + location.offset } }
  }
}

/// Seconds on a clock that never jumps.
package func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
