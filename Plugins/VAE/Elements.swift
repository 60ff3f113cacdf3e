import ZooPlugin

extension Call {
  /// Calls `body` over the elements `0 ..< count` on the host's threads, in parts of some 10 µs of exponentials or more.
  ///
  /// Parts are cut at multiples of 64 elements: no two write to the same cache line, and an element falls into the vector loop of
  /// its kernel, or into the scalar end of it, on any number of threads alike.
  func elements(_ count: Int, _ body: (_ part: Range<Int>) -> Void) throws(LayerError) {
    try parallel((count + 63) / 64, grain: (1 << 15) / 64) { part, _ in
      body(part.lowerBound * 64..<min(part.upperBound * 64, count))
    }
  }
}

extension PlanRequest {
  /// Mean and logarithm of the variance: inputs 0 and 1, of one shape.
  func gaussian(rank: ClosedRange<Int>) throws(LayerError) -> Spec {
    let mean = try float(0, "mean", rank: rank)
    try expect(1, "log_variance", like: mean)
    return mean
  }

  /// Checks that input `i` has the shape of the mean.
  func expect(_ i: Int, _ name: String, like mean: Spec) throws(LayerError) {
    let other = try float(i, name)
    guard other.shape == mean.shape else {
      throw .shape("\(name) must have the shape of mean, \(mean.shape), but its shape is \(other.shape)")
    }
  }
}
