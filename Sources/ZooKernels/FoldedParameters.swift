public import ZooPlugin

extension PackCall {
  /// Calls `body` with a weight `[outputs, ...]` and its bias, into which the scale and shift that the layer was asked to fold in, if any,
  /// have been multiplied.
  ///
  /// The weight is parameter `first`, the bias, if there is one, the next, and `channel` the first of the scales and shifts. What `body`
  /// gets is valid until it returns.
  public func folded<Failure: Error>(
    first: Int = 0, hasBias: Bool, outputs: Int, channel: Int = 0,
    _ body: (_ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?) throws(Failure) -> Void
  ) throws(Failure) {
    let weight = UnsafePointer(parameters[first].floats), bias = hasBias ? UnsafePointer(parameters[first + 1].floats) : nil
    guard let scale, let shift else { return try body(weight, bias) }
    let size = parameters[first].count / max(outputs, 1)
    let scaled = UnsafeMutablePointer<Float>.allocate(capacity: outputs * size + outputs)
    defer { scaled.deallocate() }
    let shifted = scaled + outputs * size
    for o in 0..<outputs {
      let factor = scale[channel + o]
      for i in o * size..<(o + 1) * size { scaled[i] = weight[i] * factor }
      shifted[o] = (bias?[o] ?? 0) * factor + shift[channel + o]
    }
    try body(scaled, shifted)
  }
}
