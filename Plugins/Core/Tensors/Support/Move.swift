import CKernels
import ZooPlugin

/// A copy of one view's elements into another's, in tensors of the same type.
struct Move {
  private let nest: Nest
  private let source: Int
  private let target: Int
  private let element: Int
  private let isTiled: Bool
  /// What parts are made of: elements, or blocks of them.
  private let units: Int
  private let grain: Int

  /// A copy between views of one shape.
  ///
  /// Where the target names an element more than once, `add` adds to it in order.
  init(_ source: View, to target: View, _ dtype: DType) {
    nest = Nest([target, source])
    (self.source, self.target, element) = (source.offset, target.offset, dtype.byteCount)
    isTiled = nest.tile()
    units = isTiled ? Int(zoo_block_count(nest.pointer)) : nest.count
    // Two threads must not add to one element.
    let isSerial = zip(target.strides, target.shape).contains { $0 == 0 && $1 > 1 }
    grain = isSerial ? units : isTiled ? 8 : 1 << 15
  }

  /// target = source.
  func copy(_ call: Call, _ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) throws(LayerError) {
    guard nest.count > 0 else { return }
    let (nest, size, isTiled) = (nest.pointer, Int64(element), isTiled)
    let (source, target) = (source + self.source * element, target + self.target * element)
    try call.parallel(units, grain: grain) { part, _ in
      let (from, to) = (Int64(part.lowerBound), Int64(part.upperBound))
      if isTiled { zoo_copy_tiled(size, nest, target, source, from, to) } else { zoo_copy(size, nest, target, source, from, to) }
    }
  }

  /// target += source, of `f32`.
  func add(_ call: Call, _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) throws(LayerError) {
    guard nest.count > 0 else { return }
    let (nest, isTiled) = (nest.pointer, isTiled)
    let (source, target) = (source + self.source, target + self.target)
    try call.parallel(units, grain: grain) { part, _ in
      let (from, to) = (Int64(part.lowerBound), Int64(part.upperBound))
      if isTiled { zoo_add_tiled(nest, target, source, from, to) } else { zoo_add(nest, target, source, from, to) }
    }
  }

  /// Either, for a gradient.
  func pass(_ call: Call, _ source: Tensor, to target: Tensor, adding: Bool) throws(LayerError) {
    if adding { try add(call, source.floats, to: target.floats) } else { try copy(call, source.floats, to: target.floats) }
  }
}
