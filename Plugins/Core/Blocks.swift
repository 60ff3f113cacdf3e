import ZooPlugin

/// Elements of a part, each of which then takes some 10 µs: with less, a second thread costs more than it saves.
enum Grain {
  /// Of kernels that are as fast as memory.
  static let light = 1 << 17
  /// Of kernels that compute exponentials and the like.
  static let heavy = 1 << 15
}

extension Call {
  /// Calls `body` over the elements `0 ..< count` on the host's threads, in parts of about `grain` elements or more.
  ///
  /// Parts are cut at multiples of 64 elements: no two write to the same cache line, and an element falls into the vector loop of
  /// its kernel, or into the scalar end of it, on any number of threads alike.
  func elements(_ count: Int, grain: Int = Grain.light, _ body: (_ part: Range<Int>) -> Void) throws(LayerError) {
    try parallel((count + 63) / 64, grain: max(grain / 64, 1)) { part, _ in
      body(part.lowerBound * 64..<min(part.upperBound * 64, count))
    }
  }

  /// Calls `body` over `0 ..< rows` on the host's threads, in parts of so many rows that they hold about `grain` elements or more.
  func rows(_ rows: Int, of width: Int, grain: Int = Grain.light, _ body: (_ part: Range<Int>) -> Void) throws(LayerError) {
    try parallel(rows, grain: max(grain / max(width, 1), 1)) { part, _ in body(part) }
  }
}

extension Call {
  /// Fills a gradient with zeros, which is what a layer gives whose output nobody differentiated; nothing changes if it would be added.
  func clear(_ gradient: Tensor, unlessAdding adds: Bool) {
    if !adds { gradient.floats.update(repeating: 0, count: gradient.count) }
  }
}
