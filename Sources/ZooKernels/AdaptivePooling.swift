import CKernels
public import ZooPlugin

/// Windows over images [N, H, W, C] that are as many as wanted and, but for rounding, of one size.
///
/// Of `out` windows of an axis of `in` pixels, window i is floor(i in / out) ..< ceil((i + 1) in / out).
public struct AdaptivePooling: Sendable {
  private let shape: zoo_adaptive_pool

  /// So many windows along height and width.
  public init(images: Int, height: (input: Int, output: Int), width: (input: Int, output: Int), channels: Int) {
    shape = zoo_adaptive_pool(
      images: Int64(images), in_h: Int64(height.input), in_w: Int64(width.input), channels: Int64(channels), out_h: Int64(height.output),
      out_w: Int64(width.output))
  }

  /// y = the largest of each window; `places` gets which pixel of the image it is, for `maximumBack`.
  public func maximum(
    _ call: Call, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, places: UnsafeMutablePointer<Int32>?
  ) throws(LayerError) {
    try parallel(call, rows: shape.out_h) { zoo_adaptive_max($0, x, y, places, $1, $2) }
  }

  /// y = the mean of each window.
  public func average(_ call: Call, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) throws(LayerError) {
    try parallel(call, rows: shape.out_h) { zoo_adaptive_average($0, x, y, $1, $2) }
  }

  /// The gradient by x of `maximum`.
  public func maximumBack(
    _ call: Call, places: UnsafePointer<Int32>, dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    try parallel(call, rows: shape.in_h) { zoo_adaptive_max_back($0, places, dy, dx, $1, $2) }
  }

  /// The gradient by x of `average`.
  public func averageBack(_ call: Call, dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>) throws(LayerError) {
    try parallel(call, rows: shape.in_h) { zoo_adaptive_average_back($0, dy, dx, $1, $2) }
  }

  private func parallel(
    _ call: Call, rows: Int64, _ kernel: (_ shape: UnsafePointer<zoo_adaptive_pool>, _ from: Int64, _ to: Int64) -> Void
  ) throws(LayerError) {
    let image = Int(max(shape.in_h * shape.in_w, shape.out_h * shape.out_w) * shape.channels)
    try call.parallel(Int(shape.images * rows), grain: Grain.moving(floats: 2 * image / Int(rows))) { part, _ in
      withUnsafePointer(to: shape) { kernel($0, Int64(part.lowerBound), Int64(part.upperBound)) }
    }
  }
}
