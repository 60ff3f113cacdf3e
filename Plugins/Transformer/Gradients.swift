import ZooPlugin

extension Call {
  /// Fills the gradients of the first input and of every parameter with zeros, for when the output's is zero.
  func clearGradients() {
    func clear(_ gradient: Tensor?) {
      if let gradient { gradient.floats.update(repeating: 0, count: gradient.count) }
    }
    clear(inputGradients.optional(0))
    for i in 0..<parameters.count { clear(parameterGradients.optional(i)) }
  }
}
