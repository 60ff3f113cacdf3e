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
  /// What backward computes again.
  let recomputation: Recomputation
  /// What layers that run a second time then write.
  private(set) var repeated: [Source: ArenaBuffer] = [:]
  private(set) var repeatedSaved: [[ArenaBuffer]]
  private(set) var repeatedScratch: [ArenaBuffer?]
  /// Of such a layer, the parameters that forward writes to, and where they are kept as they were before.
  private(set) var snapshots: [[(parameter: Int, memory: ArenaBuffer)]]
  /// What one iteration of a loop keeps for its backward.
  private(set) var tapeBytes = 0
  private(set) var arena = Arena([])

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
    recomputation = Recomputation(planned, differentiation)
    let end = recomputation.end
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
      for (k, source) in layer.inputs.enumerated() {
        guard let source, !recomputation.isRepeated(source, for: i) else { continue }
        let isRead = differentiation?.isActive[i] == true && layer.instance.backwardNeedsInput(k)
        if isRead || recomputation.isRepeated[i] { kept.insert(source) }
      }
      guard differentiation?.isActive[i] == true, !recomputation.isRepeated[i] else { continue }
      for o in layer.instance.outputs.indices where layer.instance.backwardNeedsOutput(o) { kept.insert(.node(layer.node, output: o)) }
    }

    saved = layers.map { _ in [] }
    repeatedSaved = saved
    repeatedScratch = layers.map { _ in nil }
    snapshots = layers.map { _ in [] }
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
        for input in planned.replaceable(byOutput: o, of: layer) where lastUse[input] == i && !kept.contains(input) {
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
      if recomputation.isRepeated[i] {
        for (p, parameter) in layer.instance.parameters.enumerated() where parameter.isBuffer {
          snapshots[i].append((p, buffer(parameter.spec.byteCount, at: i)))
        }
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
      var lastRepeatedUse: [Source: Int] = [:]
      for case .again(let i) in recomputation.actions { for case let source? in layers[i].inputs { lastRepeatedUse[source] = i } }
      for action in recomputation.actions {
        if case .again(let i) = action { placeRepeated(i, planned, lastUse: lastRepeatedUse, buffer) }
        guard case .backward(let i) = action else { continue }
        let layer = layers[i]
        let step = recomputation.backwardSteps[i]
        for (k, source) in layer.inputs.enumerated() where layer.instance.backwardNeedsInput(k) {
          if let source { value(source, for: i)?.use(at: step) }
        }
        for o in layer.instance.outputs.indices {
          if layer.instance.backwardNeedsOutput(o) { value(.node(layer.node, output: o), for: i)?.use(at: step) }
          outputGradients[i][o] = adjoints[.node(layer.node, output: o)]
          outputGradients[i][o]?.use(at: step)
        }
        for memory in saved(for: i) { memory.use(at: step) }
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

  /// Places what layer `i` touches when it runs again; `lastUse` says which of the layers that do so is the last to read a value.
  private mutating func placeRepeated(
    _ i: Int, _ planned: PlannedGraph, lastUse: [Source: Int], _ buffer: (_ bytes: Int, _ step: Int) -> ArenaBuffer
  ) {
    let (layer, step) = (planned.layers[i], recomputation.repeatSteps[i])
    for case let source? in layer.inputs { value(source, for: i)?.use(at: step) }
    var taken: [ArenaBuffer] = []
    for (o, spec) in layer.instance.outputs.enumerated() {
      var reused: ArenaBuffer?
      for input in planned.replaceable(byOutput: o, of: layer)
      where lastUse[input] == i && recomputation.isRepeated(input, for: i) && !recomputation.read.contains(input) {
        if let memory = repeated[input], !taken.contains(where: { $0 === memory }) { reused = memory }
      }
      if let reused { taken.append(reused) }
      repeated[.node(layer.node, output: o)] = reused ?? buffer(spec.byteCount, step)
    }
    if layer.instance.plan.scratch_forward > 0 { repeatedScratch[i] = buffer(Int(layer.instance.plan.scratch_forward), step) }
    for spec in layer.instance.saved { repeatedSaved[i].append(buffer(spec.byteCount, step)) }
    for snapshot in snapshots[i] { snapshot.memory.use(at: step) }
  }

  /// Where layer `i` reads a value when it runs again, or backwards.
  func value(_ source: Source, for i: Int) -> ArenaBuffer? {
    recomputation.isRepeated(source, for: i) ? repeated[source] : values[source]
  }

  /// Where the backward of layer `i` reads what forward has saved.
  func saved(for i: Int) -> [ArenaBuffer] { recomputation.isRepeated[i] ? repeatedSaved[i] : saved[i] }

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

extension PlannedGraph {
  /// The values in whose memory a layer may write its output `o`, unless something else reads them.
  fileprivate func replaceable(byOutput o: Int, of layer: Layer) -> [Source] {
    layer.instance.aliases.compactMap { alias in
      guard alias.output == o, let input = layer.inputs[alias.input], layer.inputs.filter({ $0 == input }).count == 1,
        spec(input).byteCount == layer.instance.outputs[o].byteCount
      else { return nil }
      return input
    }
  }
}
