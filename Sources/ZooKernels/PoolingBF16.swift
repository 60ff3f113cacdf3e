import CKernels
public import ZooPlugin

extension Pooling {
  private var slabBytes: Int { Scratch.bytes(floats: withUnsafePointer(to: shape) { Int(zoo_pool_slab($0)) }) }

  /// The scratch that pooling of bf16 wants, in bytes.
  public func bf16Scratch(threads: Int) -> Int { max(threads, 1) * slabBytes }

  /// y = the most extreme of each window.
  public func extreme(
    _ extreme: Extreme, _ call: Call, _ x: UnsafePointer<UInt16>, into y: UnsafeMutablePointer<UInt16>, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    let what = extreme == .largest ? ZOO_POOL_MAX : ZOO_POOL_MIN
    try rows(call, scratch) { shape, slab, from, to in zoo_pool_bf16(Int32(what), shape, x, y, slab, from, to) }
  }

  /// y = the mean of each window.
  public func average(
    _ call: Call, _ x: UnsafePointer<UInt16>, into y: UnsafeMutablePointer<UInt16>, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    try rows(call, scratch) { shape, slab, from, to in zoo_pool_bf16(Int32(ZOO_POOL_MEAN), shape, x, y, slab, from, to) }
  }

  private func rows(
    _ call: Call, _ scratch: UnsafeMutableRawPointer,
    _ kernel: (_ shape: UnsafePointer<zoo_pool>, _ slab: UnsafeMutablePointer<Float>, _ from: Int64, _ to: Int64) -> Void
  ) throws(LayerError) {
    let work = shape.out_w * shape.size_h * shape.size_w * shape.channels
    try call.parallel(Int(shape.images * shape.out_h), grain: Grain.moving(floats: Int(work))) { part, slot in
      let slab = (scratch + slot * slabBytes).assumingMemoryBound(to: Float.self)
      withUnsafePointer(to: shape) { kernel($0, slab, Int64(part.lowerBound), Int64(part.upperBound)) }
    }
  }
}
