import ZooPlugin

/// A convolution's weight as PyTorch shapes it, and a bias.
struct KernelShape {
  let weight: [Int]
  private let bias: Int?

  /// For a weight of shape `weight` and, unless it is nil, so many biases; throws where they or `output` are too large.
  init(weight: [Int], bias: Int?, output: Spec) throws(LayerError) {
    guard let size = product(weight), size < 1 << 40 else { throw .attribute("a weight of \(weight) elements is too large") }
    guard let count = product(output.shape), count < 1 << 40 else {
      throw .attribute("an output of \(output.shape) elements is too large")
    }
    (self.weight, self.bias) = (weight, bias)
  }

  /// Throws unless groups divide the channels of x and those of y.
  static func check(groups: Int, inputs: Int, outputs: Int) throws(LayerError) {
    guard inputs.isMultiple(of: groups), outputs.isMultiple(of: groups) else {
      throw .attribute("\(groups) groups must divide both the \(inputs) channels of x and the \(outputs) of y")
    }
  }

  /// Started as PyTorch's.
  var parameters: [Parameter] {
    let start = Initializer.lecunUniform(fanIn: weight.dropFirst().reduce(1, *))
    guard let bias else { return [Parameter("weight", weight, start)] }
    return [Parameter("weight", weight, start), Parameter("bias", [bias], start, .noDecay)]
  }
}
