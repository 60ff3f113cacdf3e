import CKernels
public import ZooPlugin

/// The largest element or the mean of each channel of images [N, ..., C].
public struct GlobalPooling: Sendable {
  private let images: Int
  private let pixels: Int
  private let channels: Int

  /// For images of so many pixels.
  public init(images: Int, pixels: Int, channels: Int) {
    self.images = images
    self.pixels = pixels
    self.channels = channels
  }

  /// y [N, C] = the largest; `places` gets which pixel it is, for `maximumBack`.
  public func maximum(
    _ call: Call, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, places: UnsafeMutablePointer<Int32>?
  ) throws(LayerError) {
    try parallel(call) { zoo_global_max(x, Int64(pixels), Int64(channels), y, places, $0, $1) }
  }

  /// y [N, C] = the mean.
  public func average(_ call: Call, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) throws(LayerError) {
    try parallel(call) { zoo_global_average(x, Int64(pixels), Int64(channels), y, $0, $1) }
  }

  /// The gradient by x of `maximum`.
  public func maximumBack(
    _ call: Call, places: UnsafePointer<Int32>, dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    try parallel(call) { zoo_global_max_back(places, dy, Int64(pixels), Int64(channels), dx, $0, $1) }
  }

  /// The gradient by x of `average`.
  public func averageBack(_ call: Call, dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>) throws(LayerError) {
    try parallel(call) { zoo_global_average_back(dy, Int64(pixels), Int64(channels), dx, $0, $1) }
  }

  private func parallel(_ call: Call, _ kernel: (_ from: Int64, _ to: Int64) -> Void) throws(LayerError) {
    try call.parallel(images, grain: Grain.moving(floats: pixels * channels)) { part, _ in
      kernel(Int64(part.lowerBound), Int64(part.upperBound))
    }
  }
}
