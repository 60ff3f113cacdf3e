package import CZoo
import ZooTypes

/// What is folded into a layer's last store: y = epilogue(scale * y + shift + addend), where any part may be missing.
struct Folding {
  /// A layer that scales and shifts each channel, as its `pack` computes them.
  struct Affine {
    let layer: LayerInstance
    /// Its parameters' indices in the store.
    let parameters: [Int]
  }

  var affine: Affine?
  var addend: Source?
  var epilogue: zoo_epilogue?

  var isEmpty: Bool { affine == nil && addend == nil && epilogue == nil }

  /// What a layer's plan is asked for.
  var request: FoldingRequest {
    FoldingRequest(
      epilogue: epilogue,
      folds: (affine == nil ? 0 : 1 << UInt64(ZOO_EPILOGUE_AFFINE)) | (addend == nil ? 0 : 1 << UInt64(ZOO_EPILOGUE_ADD)))
  }
}

/// What a layer is asked to fold in when it is planned.
package struct FoldingRequest {
  package var epilogue: zoo_epilogue?
  /// Bits ZOO_EPILOGUE_AFFINE and ZOO_EPILOGUE_ADD.
  package var folds: UInt64

  package init(epilogue: zoo_epilogue? = nil, folds: UInt64 = 0) {
    self.epilogue = epilogue
    self.folds = folds
  }
}

extension PlannedGraph {
  /// Folds layers that are an epilogue of their input into the layer that makes it, if nothing else reads it; that one is then planned
  /// again.
  mutating func foldEpilogues(run: Run) throws {
    var consumers: [Source: Int] = [:]
    for layer in layers { for case let source? in layer.inputs { consumers[source, default: 0] += 1 } }
    for source in outputs { consumers[source, default: 0] += 1 }

    var kept: [Layer] = []
    kept.reserveCapacity(layers.count)
    var place: [Int: Int] = [:]  // from a node to its layer among those that are kept
    var renamed: [Source: Source] = [:]
    for var layer in layers {
      layer.inputs = layer.inputs.map { source in source.map { renamed[$0] ?? $0 } }
      if let (producer, folding) = folding(of: layer, into: kept, at: place, consumers) {
        kept[producer].folding = folding
        kept[producer].fused.append(layer.instance.path)
        let (from, to) = (Source.node(layer.node, output: 0), Source.node(kept[producer].node, output: 0))
        renamed[from] = to
        consumers[to] = consumers[from]
      } else {
        place[layer.node] = kept.count
        kept.append(layer)
      }
    }
    outputs = outputs.map { renamed[$0] ?? $0 }
    layers = kept
    for i in layers.indices where !layers[i].folding.isEmpty {
      let node = graph.nodes[layers[i].node]
      layers[i].instance = try LayerInstance(
        kind: node.kind, attributes: node.attributes, path: node.path, inputs: layers[i].inputs.map { $0.map(spec) },
        inputNames: node.inputs.map { graph.name(of: $0) }, training: false, folding: layers[i].folding.request, run: run,
        place: node.place)
    }
  }

  /// Which of the layers before it `layer` can be folded into, and what that one then folds in.
  private func folding(
    of layer: Layer, into layers: [Layer], at place: [Int: Int], _ consumers: [Source: Int]
  ) -> (producer: Int, Folding)? {
    let epilogue = layer.instance.plan.epilogue
    guard epilogue.kind != 0, epilogue.kind < 64, layer.instance.outputs.count == 1, layer.folding.isEmpty else { return nil }

    /// The layer whose only output `source` is, if nothing else reads that and it offers the epilogue.
    func producer(of source: Source?) -> Int? {
      guard case .node(let n, 0)? = source, let index = place[n], consumers[.node(n, output: 0)] == 1 else { return nil }
      let plan = layers[index].instance.plan
      guard layers[index].instance.outputs == layer.instance.outputs, plan.epilogues >> UInt64(epilogue.kind) & 1 != 0 else { return nil }
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
      guard let index = producer(of: later), layers[index].folding.addend == nil, spec(earlier) == layer.instance.outputs[0],
        spec(later) == layer.instance.outputs[0]
      else { return nil }
      var folding = layers[index].folding
      folding.addend = earlier
      return (index, folding)
    case ZOO_EPILOGUE_AFFINE:
      guard let index = producer(of: layer.inputs.first ?? nil), let channels = layer.instance.outputs[0].shape.last,
        layers[index].folding.isEmpty, layers[index].instance.plan.packed_bytes > 0, layers[index].instance.table.pointee.pack != nil,
        layer.instance.table.pointee.pack != nil, layer.instance.plan.packed_bytes == 2 * channels * MemoryLayout<Float>.stride
      else { return nil }
      return (index, Folding(affine: Folding.Affine(layer: layer.instance, parameters: layer.parameters)))
    default:
      guard layer.parameters.isEmpty, let index = producer(of: layer.inputs.first ?? nil) else { return nil }
      var folding = layers[index].folding
      folding.epilogue = epilogue
      return (index, folding)
    }
  }
}
