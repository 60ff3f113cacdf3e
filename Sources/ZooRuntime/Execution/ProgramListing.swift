public import ZooTypes

/// The flat program that a graph becomes: one call after another, and where everything lies.
public struct ProgramListing: Sendable {
  /// A piece of the arena.
  public struct Memory: Sendable, Hashable {
    /// In bytes from the arena's beginning.
    public let offset: Int
    /// Its size.
    public let bytes: Int
  }

  /// A value that a call reads or writes.
  public struct Value: Sendable {
    /// The graph input, or the layer whose call writes it; of a call's later outputs with their number: `walk.1`.
    public let name: String
    /// Type and shape.
    public let spec: Spec
    /// Where it lies; nil: in the memory of an input, which is not the program's own.
    public let memory: Memory?
    /// The value that it takes the place of, in the same memory; nil: none.
    public let replaces: String?
    /// The value that it is a part of, into which it is written right away; nil: none.
    public let partOf: String?
  }

  /// One call.
  public struct Call: Sendable {
    /// The layer's path in the model.
    public let path: String
    /// Its kind.
    public let kind: String
    /// The paths of the layers that were folded into it, or are computed along.
    public let fused: [String]
    /// What it reads; nil: an optional input left out.
    public let inputs: [Value?]
    /// What it adds to its output, because a sum was folded into it; nil: nothing.
    public let addend: Value?
    /// What it writes.
    public let outputs: [Value]
    /// Its scratch; nil: it needs none.
    public let scratch: Memory?
    /// The arithmetic, in operations; 0: the layer does not say.
    public let flops: Double
    /// What it reads of parameters, in bytes; of a loop, once.
    public let parameterBytes: Int
    /// What it writes, in bytes; none where the output is the input under another shape, or is put together from parts in place.
    public let writtenBytes: Int
    /// The size of its parameters in the layer's own layout.
    public let packedBytes: Int
    /// The calls inside: of one iteration of a loop, or of both branches of a condition.
    public let calls: [Call]
    /// How often those run; of a condition, one branch does.
    public let times: Int
  }

  /// The calls, in order.
  public let calls: [Call]
  /// What the program gives.
  public let outputs: [Value]
  /// The size of the block that holds activations and scratch.
  public let arenaBytes: Int
  /// The most of it that is in use at once, which no arrangement could do without.
  public let peakBytes: Int

  /// The arithmetic of one run.
  public var flops: Double { calls.reduce(0) { $0 + $1.flops } }
  /// What a run reads of parameters, each once.
  public var parameterBytes: Int { calls.reduce(0) { $0 + $1.parameterBytes } }
  /// What a run writes of activations.
  public var writtenBytes: Int { calls.reduce(0) { $0 + $1.writtenBytes } }
  /// The size of the parameters in the layers' own layouts.
  public var packedBytes: Int { calls.reduce(0) { $0 + $1.packedBytes } }

  init(_ planned: PlannedGraph, _ memory: MemoryPlan) {
    let lister = Lister(planned: planned, memory: memory, base: 0)
    calls = lister.calls
    outputs = planned.outputs.map { lister.value($0) }
    arenaBytes = memory.arena.bytes
    peakBytes = memory.arena.peak
  }
}

/// Lists the calls of one graph, whose arena begins at `base`.
private struct Lister {
  let planned: PlannedGraph
  let memory: MemoryPlan
  let base: Int

  var calls: [ProgramListing.Call] { planned.layers.indices.map(call) }

  func value(_ source: Source, replaces: Source? = nil) -> ProgramListing.Value {
    let spec = planned.spec(source)
    return ProgramListing.Value(
      name: planned.name(of: source), spec: spec,
      memory: memory.values[source].map { ProgramListing.Memory(offset: base + $0.offset, bytes: spec.byteCount) },
      replaces: replaces.map { planned.name(of: $0) }, partOf: planned.placements[source].map { planned.name(of: $0.whole) })
  }

  private func call(_ i: Int) -> ProgramListing.Call {
    let layer = planned.layers[i]
    let instance = layer.instance
    let outputs = instance.outputs.indices.map { o -> ProgramListing.Value in
      let source = Source.node(layer.node, output: o)
      return value(source, replaces: replaced(by: source, in: layer))
    }
    let scratch = memory.forwardScratch[i].map {
      ProgramListing.Memory(offset: base + $0.offset, bytes: Int(instance.plan.scratch_forward))
    }
    let bodies = (instance.control?.bodies ?? []).map { body in
      let start = (scratch?.offset ?? 0) + ((instance.control as? LoopLayer)?.memory.arena ?? 0)
      return Lister(planned: body.planned, memory: body.memory, base: start).calls
    }
    let times = (instance.control as? LoopLayer)?.times ?? 1
    // Of a condition, the dearer branch.
    func most(_ count: (ProgramListing.Call) -> Int) -> Int { bodies.map { $0.reduce(0) { $0 + count($1) } }.max() ?? 0 }
    let isView = instance.plan.flops == 0 && bodies.isEmpty && layer.parameters.isEmpty && !outputs.contains { $0.replaces == nil }
    // What others have written into its output already, it does not write.
    let parts = layer.inputs.reduce(0) { sum, input in
      guard let input, let placement = planned.placements[input], placement.whole == .node(layer.node, output: 0) else { return sum }
      return sum + planned.spec(input).byteCount
    }
    let own = isView ? 0 : instance.outputs.reduce(0) { $0 + $1.byteCount } - parts
    let isPacked = !planned.isTraining && instance.table.pointee.pack != nil
    return ProgramListing.Call(
      path: instance.path, kind: instance.kind.name, fused: layer.fused,
      inputs: layer.inputs.map { $0.map { value($0) } }, addend: layer.folding.addend.map { value($0) }, outputs: outputs, scratch: scratch,
      flops: instance.plan.flops,
      parameterBytes: bodies.isEmpty ? instance.parameterBytes : most(\.parameterBytes),
      writtenBytes: bodies.isEmpty ? own : times * most(\.writtenBytes),
      packedBytes: bodies.isEmpty ? (isPacked ? Int(instance.plan.packed_bytes) : 0) : bodies.joined().reduce(0) { $0 + $1.packedBytes },
      calls: Array(bodies.joined()), times: times)
  }

  /// What `layer` reads in whose memory its output `source` lies.
  private func replaced(by source: Source, in layer: PlannedGraph.Layer) -> Source? {
    if let index = memory.inPlace[source] { return .input(index) }
    guard let mine = memory.values[source] else { return nil }
    for case let input? in layer.inputs + [layer.folding.addend] { if let other = memory.values[input], other === mine { return input } }
    return nil
  }
}

extension LayerInstance {
  /// What a forward reads of parameters, in bytes: all of them, unless the layer says otherwise.
  var parameterBytes: Int {
    if plan.bytes.isFinite, plan.bytes > 0, plan.bytes < 0x1p62 { return Int(plan.bytes) }
    return parameters.reduce(0) { $0 + $1.spec.byteCount }
  }
}
