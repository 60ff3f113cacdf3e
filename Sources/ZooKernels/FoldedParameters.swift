public import ZooPlugin

extension PackCall {
  /// Calls `body` with the layer's weight `[outputs, ...]` and bias, into which the scale and shift that the layer was asked to fold in, if
  /// any, have been multiplied.
  ///
  /// The weight is parameter 0 and the bias, if there is one, parameter 1. What `body` gets is valid until it returns.
  public func folded<Failure: Error>(
    outputs: Int, _ body: (_ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?) throws(Failure) -> Void
  ) throws(Failure) {
    let (weight, bias) = (UnsafePointer(parameters[0].floats), parameters.optional(1).map { UnsafePointer($0.floats) })
    guard let scale, let shift else { return try body(weight, bias) }
    let size = parameters[0].count / max(outputs, 1)
    let scaled = UnsafeMutablePointer<Float>.allocate(capacity: outputs * size + outputs)
    defer { scaled.deallocate() }
    let shifted = scaled + outputs * size
    for o in 0..<outputs {
      let factor = scale[o]
      for i in o * size..<(o + 1) * size { scaled[i] = weight[i] * factor }
      shifted[o] = (bias?[o] ?? 0) * factor + shift[o]
    }
    try body(scaled, shifted)
  }
}
