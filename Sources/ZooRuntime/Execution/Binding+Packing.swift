import CHost
import CZoo
import Glibc

extension Binding {
  /// Packs the parameters of every layer, if any has changed since.
  func pack() throws(LayerFailure) {
    if packedVersion == store.version { return }
    for layer in planned.layers { try layer.instance.control?.pack() }
    for (i, memory) in packs {
      let layer = planned.layers[i]
      // Scales and shifts go into the parameters of the layer that folds them in.
      let affine = layer.folding.affine
      if affine.isEmpty {
        try pack(layer.instance, layer.parameters, into: memory)
        continue
      }
      let channels = affine.reduce(0) { $0 + $1.channels }
      let scales = UnsafeMutablePointer<Float>.allocate(capacity: 2 * channels)
      defer { scales.deallocate() }
      var first = 0
      for part in affine {
        let table = alignedMemory(bytes: Int(part.layer.plan.packed_bytes))
        defer { free(table) }
        try pack(part.layer, part.parameters, into: table)
        let values = table.assumingMemoryBound(to: Float.self)
        (scales + first).update(from: values, count: part.channels)
        (scales + channels + first).update(from: values + part.channels, count: part.channels)
        first += part.channels
      }
      try pack(layer.instance, layer.parameters, into: memory, scale: scales, shift: scales + channels)
    }
    packedVersion = store.version
  }

  private func pack(
    _ layer: LayerInstance, _ parameters: [Int], into memory: UnsafeMutableRawPointer, scale: UnsafePointer<Float>? = nil,
    shift: UnsafePointer<Float>? = nil
  ) throws(LayerFailure) {
    guard let pack = layer.table.pointee.pack else { return }
    let specs = TensorTable(layer.parameters.map(\.spec), data: parameters.map { store.entries[$0].pointer })
    var call = zoo_pack_call(
      size: UInt32(MemoryLayout<zoo_pack_call>.size), parameter_count: UInt32(parameters.count), host: zoo_host_table(),
      context: layer.context, parameters: UnsafePointer(specs.first), packed: memory, scale: scale, shift: shift)
    let status = withExtendedLifetime(specs) { attributed(to: layer.context, ZOO_IN_PACK) { pack(layer.layer, &call) } }
    if status != zoo_status(ZOO_OK) { throw layer.failure(.pack, status) }
    for i in parameters { store.release(i) }
  }
}
