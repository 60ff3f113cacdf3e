extension Call {
  /// Fills every gradient that is wanted with zeros, which is what a layer gives whose output nobody differentiated.
  ///
  /// One that would be added to what is there stays as it is.
  public func clearGradients() {
    for i in 0..<inputGradients.count where !accumulatesInput(i) {
      if let gradient = inputGradients.optional(i) { gradient.floats.update(repeating: 0, count: gradient.count) }
    }
    for i in 0..<parameterGradients.count where !accumulatesParameter(i) {
      if let gradient = parameterGradients.optional(i) { gradient.floats.update(repeating: 0, count: gradient.count) }
    }
  }
}
