import CZoo
import ZooTypes

/// Where every value, adjoint and scratch of a program lies, and from when to when.
struct MemoryPlan {
  /// A gradient that a layer's backward writes.
  enum GradientTarget {
    /// Not wanted.
    case none
    /// The first to write it overwrites.
    case direct(ArenaBuffer)
    /// A later one that adds by itself.
    case accumulate(ArenaBuffer)
    /// A later one that cannot: it writes to `temporary`, and the host adds.
    case temporary(ArenaBuffer, into: ArenaBuffer)
  }

  /// A parameter's gradient, likewise, in the store's own memory.
  enum ParameterTarget {
    case none
    case direct(Int)
    case accumulate(Int)
    case temporary(ArenaBuffer, into: Int)
  }

  private(set) var values: [Source: ArenaBuffer] = [:]
  /// Values that lie in the memory of a graph input, which they replace.
  private(set) var inPlace: [Source: Int] = [:]
  private(set) var saved: [[ArenaBuffer]]
  private(set) var forwardScratch: [ArenaBuffer?]
  private(set) var backwardScratch: [ArenaBuffer?]
  private(set) var outputGradients: [[ArenaBuffer?]]
  private(set) var inputGradients: [[GradientTarget]]
  private(set) var parameterGradients: [[ParameterTarget]]
  private(set) var seeds: [Source: ArenaBuffer] = [:]
  private(set) var graphInputGradients: [Int: ArenaBuffer] = [:]
  /// What one iteration of a loop keeps for its backward.
  private(set) var tapeBytes = 0
  let arena: Arena

  /// Places everything that `planned` touches.
  ///
  /// - Parameters:
  ///   - differentiation: what backward does; nil: there is none.
  ///   - isBody: whether it runs inside another graph, many times for one backward. What lives from forward to backward is then apart from
  ///     the arena, on a tape; outputs are read at once; parameters' gradients are always added to.
  ///   - carried: outputs that may overwrite an input.
  init(_ planned: PlannedGraph, differentiation: Differentiation?, isBody: Bool = false, carried: [(output: Source, input: Int)] = []) {
    let layers = planned.layers
    let count = layers.count
    let end = 2 * count + 2
    func backwardStep(_ i: Int) -> Int { 2 * count - i }  // the seed is at `count`
    var buffers: [ArenaBuffer] = []
    func buffer(_ bytes: Int, at step: Int) -> ArenaBuffer {
      let buffer = ArenaBuffer(bytes: bytes, at: step)
      buffers.append(buffer)
      return buffer
    }

    // What must outlive its last reader forward.
    var lastUse: [Source: Int] = [:]
    var kept = Set(planned.outputs)
    for (i, layer) in layers.enumerated() {
      for case let source? in layer.inputs + [layer.folding.addend] { lastUse[source] = i }
      guard differentiation?.isActive[i] == true else { continue }
      for (k, source) in layer.inputs.enumerated() where layer.instance.backwardNeedsInput(k) { if let source { kept.insert(source) } }
      for o in layer.instance.outputs.indices where layer.instance.backwardNeedsOutput(o) { kept.insert(.node(layer.node, output: o)) }
    }

    saved = layers.map { _ in [] }
    forwardScratch = layers.map { _ in nil }
    backwardScratch = layers.map { _ in nil }
    outputGradients = layers.map { $0.instance.outputs.map { _ in nil } }
    inputGradients = layers.map { $0.inputs.map { _ in .none } }
    parameterGradients = layers.map { $0.parameters.map { _ in .none } }

    for (i, layer) in layers.enumerated() {
      for case let source? in layer.inputs + [layer.folding.addend] { values[source]?.use(at: i) }
      var taken: [ArenaBuffer] = []
      for (o, spec) in layer.instance.outputs.enumerated() {
        let source = Source.node(layer.node, output: o)
        if let placement = planned.placements[source] {
          // The whole is there from the first of its parts on.
          let whole = values[placement.whole] ?? buffer(planned.spec(placement.whole).byteCount, at: i)
          values[placement.whole] = whole
          let part = ArenaBuffer(in: whole, at: placement.offset)
          part.use(at: i)
          values[source] = part
          continue
        }
        if let whole = values[source] {
          whole.use(at: i)
          continue
        }
        var reused: ArenaBuffer?
        for alias in layer.instance.aliases where alias.output == o {
          guard let input = layer.inputs[alias.input], lastUse[input] == i, !kept.contains(input),
            layer.inputs.filter({ $0 == input }).count == 1, planned.spec(input).byteCount == spec.byteCount
          else { continue }
          if let memory = values[input], !taken.contains(where: { $0 === memory }) { reused = memory }
          if case .input(let index) = input, carried.contains(where: { $0 == (source, index) }) { inPlace[source] = index }
        }
        if inPlace[source] != nil { continue }
        if o == 0, reused == nil, let addend = layer.folding.addend, lastUse[addend] == i, !kept.contains(addend),
          !layer.inputs.contains(addend)
        {
          reused = values[addend]
        }
        if let reused {
          taken.append(reused)
          values[source] = reused
        } else {
          values[source] = buffer(spec.byteCount, at: i)
        }
      }
      if layer.instance.plan.scratch_forward > 0 { forwardScratch[i] = buffer(Int(layer.instance.plan.scratch_forward), at: i) }
      if planned.isTraining {
        for spec in layer.instance.saved { saved[i].append(buffer(spec.byteCount, at: i)) }
      }
    }
    for source in planned.outputs { values[source]?.use(at: isBody ? count : end) }

    if let differentiation {
      var adjoints: [Source: ArenaBuffer] = [:]
      for source in differentiation.seeds where adjoints[source] == nil {
        let seed = buffer(planned.spec(source).byteCount, at: count)
        adjoints[source] = seed
        seeds[source] = seed
        if case .input(let index) = source, differentiation.inputs.contains(index) {
          graphInputGradients[index] = seed
          seed.use(at: end)
        }
      }
      var written: Set<Int> = []
      for i in layers.indices.reversed() where differentiation.isActive[i] {
        let layer = layers[i]
        let step = backwardStep(i)
        for (k, source) in layer.inputs.enumerated() where layer.instance.backwardNeedsInput(k) {
          if let source { values[source]?.use(at: step) }
        }
        for o in layer.instance.outputs.indices {
          if layer.instance.backwardNeedsOutput(o) { values[.node(layer.node, output: o)]?.use(at: step) }
          outputGradients[i][o] = adjoints[.node(layer.node, output: o)]
          outputGradients[i][o]?.use(at: step)
        }
        for memory in saved[i] { memory.use(at: step) }
        if layer.instance.plan.scratch_backward > 0 {
          backwardScratch[i] = buffer(Int(layer.instance.plan.scratch_backward), at: step)
        }
        var mine: Set<Source> = []  // a value that feeds this layer twice: the order of its own writes is the layer's business
        for (k, source) in layer.inputs.enumerated() where differentiation.wantsInput[i][k] {
          guard let source else { continue }
          if let adjoint = adjoints[source] {
            adjoint.use(at: step)
            if layer.instance.accumulates, k < 64, !mine.contains(source) {
              inputGradients[i][k] = .accumulate(adjoint)
            } else {
              inputGradients[i][k] = .temporary(buffer(planned.spec(source).byteCount, at: step), into: adjoint)
            }
          } else {
            let adjoint = buffer(planned.spec(source).byteCount, at: step)
            adjoints[source] = adjoint
            inputGradients[i][k] = .direct(adjoint)
            if case .input(let index) = source, differentiation.inputs.contains(index) {
              graphInputGradients[index] = adjoint
              adjoint.use(at: end)
            }
          }
          mine.insert(source)
        }
        let trained = layer.instance.control?.trained ?? differentiation.parameters
        for (p, index) in layer.parameters.enumerated()
        where differentiation.parameters.contains(index) && trained.contains(index) && !layer.isFrozen {
          if written.insert(index).inserted, !isBody {
            parameterGradients[i][p] = .direct(index)
          } else if layer.instance.accumulates, p < 64 {
            parameterGradients[i][p] = .accumulate(index)
          } else {
            parameterGradients[i][p] = .temporary(buffer(layer.instance.parameters[p].spec.byteCount, at: step), into: index)
          }
        }
      }
    }
    if isBody {
      for buffer in buffers where buffer.first < count && buffer.last > count {
        buffer.place(onTapeAt: tapeBytes)
        tapeBytes += buffer.bytes
      }
      arena = Arena(buffers.filter { !$0.isOnTape })
    } else {
      arena = Arena(buffers)
    }
  }

  /// The parameters, by their indices in the store, whose gradients something writes.
  var parameterTargets: Set<Int> {
    var indices: Set<Int> = []
    for target in parameterGradients.joined() {
      switch target {
      case .none: break
      case .direct(let index), .accumulate(let index), .temporary(_, let index): indices.insert(index)
      }
    }
    return indices
  }
}
