import CKernels
public import ZooPlugin

/// Windows over images [N, H, W, C], of which the largest or smallest element or a mean is taken, each channel by itself.
public struct Pooling: Sendable {
  let shape: zoo_pool

  /// Windows along height and width.
  ///
  /// `countsPadding`: means are over all of a window that is not behind the padding, even where it is padding.
  public init(images: Int, height: WindowAxis, width: WindowAxis, channels: Int, countsPadding: Bool = false) {
    var shape = zoo_pool()
    (shape.images, shape.in_h, shape.in_w, shape.channels) = (Int64(images), Int64(height.input), Int64(width.input), Int64(channels))
    (shape.out_h, shape.out_w) = (Int64(height.output), Int64(width.output))
    (shape.size_h, shape.size_w) = (Int64(height.size), Int64(width.size))
    (shape.stride_h, shape.stride_w) = (Int64(height.stride), Int64(width.stride))
    (shape.top, shape.left) = (Int64(height.before), Int64(width.before))
    shape.counts_padding = countsPadding ? 1 : 0
    (shape.end_h, shape.end_w) = (Int64(height.end), Int64(width.end))
    self.shape = shape
  }

  /// Which element of a window is taken.
  public enum Extreme: Sendable { case largest, smallest }

  /// y = the most extreme of each window; `taps` gets its place in the window, for `extremeBack`.
  public func extreme(
    _ extreme: Extreme, _ call: Call, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, taps: UnsafeMutablePointer<Int32>?
  ) throws(LayerError) {
    switch extreme {
    case .largest: try outputRows(call) { zoo_max_pool($0, x, y, taps, $1, $2) }
    case .smallest: try outputRows(call) { zoo_min_pool($0, x, y, taps, $1, $2) }
    }
  }

  /// y = the mean of each window.
  public func average(_ call: Call, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) throws(LayerError) {
    try outputRows(call) { zoo_average_pool($0, x, y, $1, $2) }
  }

  /// y = the mean of each window, weighted by e^(beta x); `peaks` and `sums` get what `softmaxBack` wants to know of the weights.
  public func softmax(
    _ call: Call, beta: Float, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    peaks: UnsafeMutablePointer<Float>?, sums: UnsafeMutablePointer<Float>?
  ) throws(LayerError) {
    try outputRows(call, work: 16) { zoo_softmax_pool($0, beta, x, y, peaks, sums, $1, $2) }
  }

  /// The gradient by x of `extreme`.
  public func extremeBack(
    _ call: Call, taps: UnsafePointer<Int32>, dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    try inputRows(call) { zoo_extreme_pool_back($0, taps, dy, dx, $1, $2) }
  }

  /// The gradient by x of `average`.
  public func averageBack(_ call: Call, dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>) throws(LayerError) {
    try inputRows(call) { zoo_average_pool_back($0, dy, dx, $1, $2) }
  }

  /// The gradient by x of `softmax`.
  public func softmaxBack(
    _ call: Call, beta: Float, x: UnsafePointer<Float>, y: UnsafePointer<Float>, peaks: UnsafePointer<Float>, sums: UnsafePointer<Float>,
    dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    try inputRows(call, work: 8) { zoo_softmax_pool_back($0, beta, x, y, peaks, sums, dy, dx, $1, $2) }
  }

  private typealias Kernel = (_ shape: UnsafePointer<zoo_pool>, _ from: Int64, _ to: Int64) -> Void

  /// `work`: of an element, in floats moved.
  private func outputRows(_ call: Call, work: Int64 = 1, _ kernel: Kernel) throws(LayerError) {
    let work = work * shape.out_w * shape.size_h * shape.size_w * shape.channels
    try parallel(call, rows: shape.images * shape.out_h, work: work, kernel)
  }

  private func inputRows(_ call: Call, work: Int64 = 1, _ kernel: Kernel) throws(LayerError) {
    let windows = work * (shape.size_h / shape.stride_h + 1)
    try parallel(call, rows: shape.images * shape.in_h, work: shape.out_w * windows * shape.size_w * shape.channels, kernel)
  }

  private func parallel(_ call: Call, rows: Int64, work: Int64, _ kernel: Kernel) throws(LayerError) {
    try call.parallel(Int(rows), grain: Grain.moving(floats: Int(work))) { part, _ in
      withUnsafePointer(to: shape) { kernel($0, Int64(part.lowerBound), Int64(part.upperBound)) }
    }
  }
}
