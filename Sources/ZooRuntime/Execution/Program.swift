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
  /// What it calls, and where everything lies.
  public var listing: ProgramListing { ProgramListing(planned, binding.memory) }
  /// The size of the parameters in the layers' own layouts.
  public var packedBytes: Int { binding.packedBytes }
  /// The arithmetic of one forward, in operations; 0 where a layer does not say.
  public let flops: Double
  /// The parameters, by their indices in the store, whose gradients `backward` computes: what an optimiser may update.
  ///
  /// Those of frozen layers, and those that what is minimised does not depend on, are none of them.
  public let trained: [Int]
  /// What it was made from.
  let planned: PlannedGraph

  private let binding: Binding
  private let block: UnsafeMutableRawPointer
  // The block, the gradients of the parameters, and the inputs.
  private let regions: Binding.Regions
  private let seeds: [(pointer: UnsafeMutablePointer<Float>, count: Int, weight: Float)]

  /// Makes a planned graph ready.
  init(
    _ planned: PlannedGraph, store: ParameterStore, differentiation: Differentiation? = nil
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
    let memory = MemoryPlan(planned, differentiation: differentiation)
    let available = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    guard memory.arena.bytes < available else { throw .tooLarge(bytes: memory.arena.bytes, available: available) }
    block = alignedMemory(bytes: memory.arena.bytes)
    memset(block, 0, memory.arena.bytes)

    trained = memory.parameterTargets.sorted()
    var gradients: [Int: Int] = [:]  // from a parameter to its region
    for index in trained { gradients[index] = 1 + inputs.count + gradients.count }
    regions = .allocate(capacity: 1 + inputs.count + gradients.count)
    regions.initialize(to: block)
    for (i, input) in inputs.enumerated() { (regions + 1 + i).initialize(to: input.pointer) }
    for (index, region) in gradients { (regions + region).initialize(to: store.gradient(of: index)) }
    binding = Binding(
      planned, memory: memory, store: store, inputs: inputs.indices.map { Location(region: 1 + $0) },
      place: { Location(region: 0, offset: $0.offset) },
      parameterGradient: { index in
        guard let region = gradients[index] else { preconditionFailure("every target has a region") }
        return Location(region: region)
      })
    binding.refresh(.forward, regions)
    binding.refresh(.backward, regions)
    let block = block
    seeds = (differentiation?.seeds ?? []).enumerated().compactMap { i, source in
      memory.seeds[source].map {
        ((block + $0.offset).assumingMemoryBound(to: Float.self), planned.spec(source).count, differentiation?.weights[i] ?? 1)
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
  /// Adjoints take the place of activations that nothing reads any more, so what `forward` wrote is gone, but for the outputs. All gradients
  /// are multiplied by `scale`.
  public func backward(scale: Float = 1) throws(LayerFailure) {
    // What is minimised has derivative 1 by itself; a term of a sum, its weight.
    for seed in seeds { seed.pointer.update(repeating: seed.weight * scale, count: seed.count) }
    if let failed = binding.run(.backward) { throw failed.layer.failure(.backward, failed.status) }
  }

  /// Runs every layer backwards from these derivatives by the outputs, once after each `forward`; nil: zeros.
  ///
  /// An output that is no `f32`, or depends on nothing that gradients are wanted of, has none.
  public func backward(from cotangents: [[Float]?]) throws(LayerFailure) {
    for (source, seed) in binding.memory.seeds { memset(block + seed.offset, 0, planned.spec(source).byteCount) }
    for (output, cotangent) in zip(planned.outputs, cotangents) {
      guard let cotangent, let seed = binding.memory.seeds[output], planned.spec(output).dtype == .f32 else { continue }
      precondition(cotangent.count == planned.spec(output).count, "a cotangent has as many elements as its output")
      let floats = (block + seed.offset).assumingMemoryBound(to: Float.self)
      for i in cotangent.indices { floats[i] += cotangent[i] }  // two outputs may be one value
    }
    if let failed = binding.run(.backward) { throw failed.layer.failure(.backward, failed.status) }
  }

  /// Whether gradients flow from output `o`.
  package func hasCotangent(_ o: Int) -> Bool { binding.memory.seeds[planned.outputs[o]] != nil }

  /// The gradient of graph input `i` after `backward`, if the program was made with it, and it has one.
  func inputGradient(_ i: Int) -> UnsafePointer<Float>? {
    binding.memory.graphInputGradients[i].map { UnsafePointer((block + $0.offset).assumingMemoryBound(to: Float.self)) }
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

  /// Runs the layers one by one, those inside loops and conditions too, and says which is the first to write something that is NaN or
  /// infinite.
  public func firstNonFinite() throws(LayerFailure) -> NonFinite? { try inspect(Inspection(checks: true)).found }

  /// What each layer's forward takes, the fastest of `repeats`; those inside a loop or condition come behind it.
  public func profile(repeats: Int) throws(LayerFailure) -> [LayerTime] {
    try forward()
    var best: [LayerTime] = []
    for repetition in 0..<repeats {
      let times = try inspect(Inspection(checks: false)).times(of: planned)
      if repetition == 0 { best = times }
      for i in best.indices { best[i].seconds = min(best[i].seconds, times[i].seconds) }
    }
    return best
  }

  private func inspect(_ inspection: Inspection) throws(LayerFailure) -> Inspection {
    try binding.pack()
    planned.inspect(by: inspection)
    defer { planned.inspect(by: nil) }
    if let failed = binding.run(inspection, regions) { throw failed.layer.failure(.forward, failed.status) }
    return inspection
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
