package import CZoo
import ZooTypes

/// What a layer does beside its own: y = epilogue(scale * y + shift + addend), read and written as others want it.
///
/// Any part may be missing.
struct Folding {
  /// A layer that scales and shifts each channel, as its `pack` computes them.
  struct Affine {
    let layer: LayerInstance
    /// Its parameters' indices in the store.
    let parameters: [Int]
    var channels: Int { layer.outputs[0].shape.last ?? 1 }
  }

  /// One, or none, of each of the layers that are computed together.
  var affine: [Affine] = []
  var addend: Source?
  var epilogue: zoo_epilogue?
  /// Zeros around its first input, before and after each axis.
  var padding: [Int64] = []
  /// Elements from row to row of its output, in what that is a part of; 0: it is dense.
  var rowStride = 0

  var isEmpty: Bool { affine.isEmpty && addend == nil && epilogue == nil && padding.isEmpty && rowStride == 0 }

  /// What a layer's plan is asked for.
  var request: FoldingRequest {
    FoldingRequest(
      epilogue: epilogue,
      folds: (affine.isEmpty ? 0 : 1 << UInt64(ZOO_EPILOGUE_AFFINE)) | (addend == nil ? 0 : 1 << UInt64(ZOO_EPILOGUE_ADD)),
      padding: padding, rowStride: rowStride)
  }
}

/// What a layer is asked to fold in when it is planned.
package struct FoldingRequest {
  package var epilogue: zoo_epilogue?
  /// Bits ZOO_EPILOGUE_AFFINE and ZOO_EPILOGUE_ADD.
  package var folds: UInt64
  package var padding: [Int64]
  package var rowStride: Int
  /// Layers that are to be computed along.
  package var siblings: [LayerInstance]

  package init(
    epilogue: zoo_epilogue? = nil, folds: UInt64 = 0, padding: [Int64] = [], rowStride: Int = 0, siblings: [LayerInstance] = []
  ) {
    self.epilogue = epilogue
    self.folds = folds
    self.padding = padding
    self.rowStride = rowStride
    self.siblings = siblings
  }
}

/// A value that is written right into a part of another, which a layer would otherwise put together from copies.
struct Placement {
  let whole: Source
  /// Bytes.
  let offset: Int
}

extension PlannedGraph {
  /// Makes fewer and cheaper calls of the layers, with the same results.
  mutating func fold(run: Run) throws {
    takeInPadding(run)
    foldEpilogues()
    let placed = placeParts(run)
    for i in layers.indices where !layers[i].folding.isEmpty && !placed.contains(i) {
      layers[i].instance = try instance(layers[i], layers[i].folding.request, run)
    }
    joinSiblings(run)
  }

  /// The layer, planned again.
  private func instance(_ layer: Layer, _ request: FoldingRequest, _ run: Run) throws -> LayerInstance {
    let node = graph.nodes[layer.node]
    return try LayerInstance(
      kind: node.kind, attributes: node.attributes, path: node.path, inputs: layer.inputs.map { $0.map(spec) },
      inputNames: node.inputs.map { graph.name(of: $0) }, training: false, folding: request, run: run, place: node.place)
  }

  /// How often each value is read.
  private var readers: [Source: Int] {
    var readers: [Source: Int] = [:]
    for layer in layers { for case let source? in layer.inputs + [layer.folding.addend] { readers[source, default: 0] += 1 } }
    for source in outputs { readers[source, default: 0] += 1 }
    return readers
  }

  // MARK: Padding

  /// Leaves out layers that put zeros around the input of one that can do so itself.
  private mutating func takeInPadding(_ run: Run) {
    let readers = readers
    var absorbed: Set<Int> = []
    for i in layers.indices where layers[i].instance.offers(ZOO_LAYER_PADS) {
      guard case .node(let n, 0)? = layers[i].inputs.first ?? nil, readers[.node(n, output: 0)] == 1,
        let pad = layers.first(where: { $0.node == n }), let padding = pad.instance.padding, let input = pad.inputs.first
      else { continue }
      var layer = layers[i]
      layer.inputs[0] = input
      layer.folding.padding = padding
      guard let planned = try? instance(layer, layer.folding.request, run), planned.outputs == layer.instance.outputs else { continue }
      layer.instance = planned
      layer.fused.append(pad.instance.path)
      layers[i] = layer
      absorbed.insert(n)
    }
    layers.removeAll { absorbed.contains($0.node) }
  }

  // MARK: Epilogues

  /// Folds layers that are an epilogue of their input into the layer that makes it, if nothing else reads it.
  private mutating func foldEpilogues() {
    var readers = readers
    var kept: [Layer] = []
    kept.reserveCapacity(layers.count)
    var place: [Int: Int] = [:]  // from a node to its layer among those that are kept
    var renamed: [Source: Source] = [:]
    for var layer in layers {
      layer.inputs = layer.inputs.map { source in source.map { renamed[$0] ?? $0 } }
      if let (producer, folding) = folding(of: layer, into: kept, at: place, readers) {
        kept[producer].folding = folding
        kept[producer].fused.append(layer.instance.path)
        let (from, to) = (Source.node(layer.node, output: 0), Source.node(kept[producer].node, output: 0))
        renamed[from] = to
        readers[to] = readers[from]
      } else {
        place[layer.node] = kept.count
        kept.append(layer)
      }
    }
    outputs = outputs.map { renamed[$0] ?? $0 }
    layers = kept
  }

  /// Which of the layers before it `layer` can be folded into, and what that one then folds in.
  private func folding(
    of layer: Layer, into layers: [Layer], at place: [Int: Int], _ readers: [Source: Int]
  ) -> (producer: Int, Folding)? {
    let epilogue = layer.instance.plan.epilogue
    guard epilogue.kind != 0, epilogue.kind < 64, layer.instance.outputs.count == 1, layer.folding.isEmpty else { return nil }

    /// The layer whose only output `source` is, if nothing else reads that and it offers the epilogue.
    func producer(of source: Source?) -> Int? {
      guard case .node(let n, 0)? = source, let index = place[n], readers[.node(n, output: 0)] == 1 else { return nil }
      let plan = layers[index].instance.plan
      guard layers[index].instance.outputs[0] == layer.instance.outputs[0], plan.epilogues >> UInt64(epilogue.kind) & 1 != 0 else {
        return nil
      }
      return layers[index].folding.epilogue == nil ? index : nil
    }

    switch Int(epilogue.kind) {
    case ZOO_EPILOGUE_ADD:
      guard layer.inputs.count == 2, let a = layer.inputs[0], let b = layer.inputs[1] else { return nil }
      // Into the later of the two, which runs when the other is there.
      func rank(_ source: Source) -> Int {
        if case .node(let n, _) = source { return place[n] ?? -1 }
        return -1
      }
      let (later, earlier) = rank(a) > rank(b) ? (a, b) : (b, a)
      guard let index = producer(of: later), layers[index].folding.addend == nil, spec(earlier) == layer.instance.outputs[0] else {
        return nil
      }
      var folding = layers[index].folding
      folding.addend = earlier
      return (index, folding)
    case ZOO_EPILOGUE_AFFINE:
      let affine = Folding.Affine(layer: layer.instance, parameters: layer.parameters)
      guard let index = producer(of: layer.inputs.first ?? nil), layers[index].folding.affine.isEmpty, layers[index].folding.addend == nil,
        layers[index].instance.plan.packed_bytes > 0, layers[index].instance.table.pointee.pack != nil,
        layer.instance.table.pointee.pack != nil,
        layer.instance.plan.packed_bytes == 2 * affine.channels * MemoryLayout<Float>.stride
      else { return nil }
      var folding = layers[index].folding
      folding.affine = [affine]
      return (index, folding)
    default:
      guard layer.parameters.isEmpty, let index = producer(of: layer.inputs.first ?? nil) else { return nil }
      var folding = layers[index].folding
      folding.epilogue = epilogue
      return (index, folding)
    }
  }

  // MARK: Parts of a whole

  /// Lets layers write right into the output of the one that would only put theirs together; which of them are planned for that already.
  private mutating func placeParts(_ run: Run) -> Set<Int> {
    let readers = readers
    var placed: Set<Int> = []
    for layer in layers {
      let parts = Int(layer.instance.plan.parts)
      guard parts > 0, layer.instance.control == nil, layer.instance.outputs.count == 1 else { continue }
      let (whole, y) = (Source.node(layer.node, output: 0), layer.instance.outputs[0])
      guard y.count > 0, placements[whole] == nil else { continue }
      var offset = 0
      for case let source? in layer.inputs {
        let x = spec(source)
        defer { offset += x.byteCount / parts }
        guard readers[source] == 1, case .node(let n, 0) = source, let i = layers.firstIndex(where: { $0.node == n }) else { continue }
        var producer = layers[i]
        guard producer.instance.control == nil, producer.instance.outputs.count == 1, producer.instance.plan.parts == 0 else { continue }
        if parts == 1 {
          guard offset % 64 == 0 else { continue }
        } else {
          guard producer.instance.offers(ZOO_LAYER_ROW_STRIDE), producer.folding.addend == nil, x.count / parts == x.shape.last else {
            continue
          }
          producer.folding.rowStride = y.count / parts
          guard let planned = try? instance(producer, producer.folding.request, run), planned.offers(ZOO_LAYER_ROW_STRIDE) else { continue }
          producer.instance = planned
          layers[i] = producer
          placed.insert(i)
        }
        placements[source] = Placement(whole: whole, offset: offset)
      }
    }
    return placed
  }

  // MARK: Siblings

  /// Computes layers of one kind over the same inputs in one call.
  private mutating func joinSiblings(_ run: Run) {
    var groups: [[Int]] = []
    var group: [[Source?]: [Int]] = [:]
    for (i, layer) in layers.enumerated()
    where layer.instance.offers(ZOO_LAYER_JOINS) && layer.folding.addend == nil && layer.instance.outputs.count == 1 {
      let others = group[layer.inputs, default: []]
      let found = others.first { g in
        let leader = layers[groups[g][0]]
        return leader.instance.table == layer.instance.table && leader.folding.padding == layer.folding.padding
          && leader.folding.affine.count == layer.folding.affine.count
      }
      if let found {
        groups[found].append(i)
      } else {
        group[layer.inputs, default: []].append(groups.count)
        groups.append([i])
      }
    }
    var joined: Set<Int> = []
    var renamed: [Source: Source] = [:]
    for group in groups where group.count > 1 {
      var leader = layers[group[0]]
      let others = group.dropFirst().map { layers[$0] }
      var request = leader.folding.request
      request.siblings = others.map(\.instance)
      let outputs = leader.instance.outputs + others.flatMap(\.instance.outputs)
      guard let planned = try? instance(leader, request, run), planned.outputs == outputs,
        planned.parameters.count == leader.parameters.count + others.reduce(0, { $0 + $1.parameters.count })
      else { continue }
      leader.instance = planned
      for (k, other) in others.enumerated() {
        leader.parameters += other.parameters
        leader.folding.affine += other.folding.affine
        leader.fused += [other.instance.path] + other.fused
        renamed[.node(other.node, output: 0)] = .node(leader.node, output: k + 1)
      }
      layers[group[0]] = leader
      joined.formUnion(group.dropFirst())
    }
    guard !joined.isEmpty else { return }
    layers = layers.indices.filter { !joined.contains($0) }.map { layers[$0] }
    func new(_ source: Source) -> Source { renamed[source] ?? source }
    for i in layers.indices {
      layers[i].inputs = layers[i].inputs.map { $0.map(new) }
      layers[i].folding.addend = layers[i].folding.addend.map(new)
    }
    outputs = outputs.map(new)
    placements = Dictionary(uniqueKeysWithValues: placements.map { (new($0), $1) })
  }
}

extension LayerInstance {
  /// Whether its plan says that it can be asked for something.
  fileprivate func offers(_ flag: Int) -> Bool { plan.flags & UInt32(flag) != 0 }

  /// The zeros that it puts before and after each axis of its input, if that is all it does.
  fileprivate var padding: [Int64]? {
    guard let padding = plan.padding, outputs.count == 1 else { return nil }
    return (0..<2 * outputs[0].rank).map { padding[$0] }
  }
}
