import CKernels
public import ZooPlugin

/// How the pixels along one axis of an image become more or fewer.
public struct ResizedAxis: Sendable {
  /// Pixels before.
  public let from: Int
  /// Pixels after.
  public let to: Int
  /// Each pixel's two sources, then the first and the end of the pixels that come of each source.
  fileprivate let indices: [Int32]
  /// The second source's weight; empty: none has any.
  fileprivate let weights: [Float]

  /// Copies pixels: pixel o comes of pixel floor(o * ratio), as PyTorch counts it.
  public init(nearest from: Int, to: Int, ratio: Double) {
    // PyTorch multiplies in f32, but for the commonest cases.
    let near = (0..<to).map { o in
      to == from ? o : to == 2 * from ? o / 2 : min(Int((Float(o) * Float(ratio)).rounded(.down)), from - 1)
    }
    self.init(from: from, near: near, far: near, weights: [])
  }

  /// Interpolates: pixel o lies at (o + 1/2) ratio - 1/2, where edges go on beyond the image.
  public init(linear from: Int, to: Int, ratio: Double) {
    self.init(from: from, places: (0..<to).map { max((Double($0) + 0.5) * ratio - 0.5, 0) })
  }

  /// Interpolates between the first pixel, which stays the first, and the last, which stays the last.
  public init(aligning from: Int, to: Int) {
    let ratio = to > 1 ? Double(from - 1) / Double(to - 1) : 0
    self.init(from: from, places: (0..<to).map { Double($0) * ratio })
  }

  private init(from: Int, places: [Double]) {
    let near = places.map { min(Int($0), from - 1) }
    self.init(
      from: from, near: near, far: near.map { min($0 + 1, from - 1) },
      weights: zip(places, near).map { Float(min(max($0 - Double($1), 0), 1)) })
  }

  private init(from: Int, near: [Int], far: [Int], weights: [Float]) {
    (self.from, self.to, self.weights) = (from, near.count, weights)
    var (first, end) = ([Int](repeating: near.count, count: from), [Int](repeating: 0, count: from))
    for (o, pair) in zip(near, far).enumerated() {
      for i in [pair.0, pair.1] { (first[i], end[i]) = (min(first[i], o), max(end[i], o + 1)) }
    }
    for i in 0..<from where first[i] > end[i] { (first[i], end[i]) = (0, 0) }
    indices = (near + far + first + end).map(Int32.init)
  }

  fileprivate func withKernelAxis<Result>(_ body: (zoo_resized_axis) -> Result) -> Result {
    indices.withUnsafeBufferPointer { indices in
      weights.withUnsafeBufferPointer { weights in
        guard let start = indices.baseAddress else { return body(zoo_resized_axis()) }
        return body(
          zoo_resized_axis(
            from: Int64(from), to: Int64(to), near: start, far: start + to, first: start + 2 * to, end: start + 2 * to + from,
            weight: weights.isEmpty ? nil : weights.baseAddress))
      }
    }
  }
}

/// Images [N, H, W, C] made larger or smaller, planned once.
public struct Resizing: Sendable {
  private let rows: ResizedAxis
  private let columns: ResizedAxis
  private let images: Int
  private let channels: Int

  /// Of so many images.
  public init(images: Int, rows: ResizedAxis, columns: ResizedAxis, channels: Int) {
    (self.images, self.rows, self.columns, self.channels) = (images, rows, columns, channels)
  }

  private var mixBytes: Int { Scratch.bytes(floats: max(columns.from, columns.to) * channels) }

  /// The scratch that either direction wants, in bytes, on so many threads.
  public func scratchBytes(threads: Int) -> Int { max(threads, 1) * mixBytes }

  /// Writes y.
  public func forward(_ call: Call, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) throws(LayerError) {
    try parallel(call, images * rows.to, floats: 3 * columns.to * channels) { resize, mix, part in
      zoo_resize_forward(resize, x, y, mix, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }

  /// Writes or adds the gradient by x.
  public func backward(
    _ call: Call, dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, adds: Bool
  ) throws(LayerError) {
    let work = 3 * columns.to * channels * max(rows.to / rows.from, 1)
    try parallel(call, images * rows.from, floats: work) { resize, mix, part in
      zoo_resize_backward(resize, dy, dx, mix, Int64(part.lowerBound), Int64(part.upperBound), adds ? 1 : 0)
    }
  }

  private func parallel(
    _ call: Call, _ count: Int, floats: Int,
    _ body: (_ resize: UnsafePointer<zoo_resize>, _ mix: UnsafeMutablePointer<Float>, _ part: Range<Int>) -> Void
  ) throws(LayerError) {
    let scratch = call.scratch
    try call.parallel(count, grain: Grain.moving(floats: floats)) { part, slot in
      let mix = (scratch + slot * mixBytes).assumingMemoryBound(to: Float.self)
      rows.withKernelAxis { rows in
        columns.withKernelAxis { columns in
          withUnsafePointer(to: zoo_resize(rows: rows, columns: columns, channels: Int64(channels))) { body($0, mix, part) }
        }
      }
    }
  }
}
