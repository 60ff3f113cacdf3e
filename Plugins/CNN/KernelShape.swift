import ZooPlugin

/// A convolution's weight as PyTorch shapes it, and a bias.
struct KernelShape {
  private let weight: [Int]
  private let bias: [Int]?
  private let fanIn: Int

  /// For a weight of shape `weight` and, unless it is nil, a bias; throws where they or `output` are too large.
  ///
  /// The axes of a weight from `fan` on are those that one output sums over, as PyTorch counts them.
  init(weight: [Int], bias: [Int]?, fan: Int = 1, output: Spec) throws(LayerError) {
    guard let size = product(weight), size < 1 << 40 else { throw .attribute("a weight of \(weight) elements is too large") }
    guard let count = product(output.shape), count < 1 << 40 else {
      throw .attribute("an output of \(output.shape) elements is too large")
    }
    (self.weight, self.bias) = (weight, bias)
    fanIn = weight[fan...].reduce(1, *)
  }

  /// Throws unless groups divide the channels of x and those of y.
  static func check(groups: Int, inputs: Int, outputs: Int) throws(LayerError) {
    guard inputs.isMultiple(of: groups), outputs.isMultiple(of: groups) else {
      throw .attribute("\(groups) groups must divide both the \(inputs) channels of x and the \(outputs) of y")
    }
  }

  /// Started as PyTorch's.
  var parameters: [Parameter] {
    let weight = Parameter("weight", weight, .lecunUniform(fanIn: fanIn))
    guard let bias else { return [weight] }
    return [weight, Parameter("bias", bias, .lecunUniform(fanIn: fanIn), .noDecay)]
  }
}

/// The product, unless it is too large for an Int.
func product(_ sizes: [Int]) -> Int? {
  var product = 1
  for size in sizes {
    let (next, overflows) = product.multipliedReportingOverflow(by: size)
    if overflows { return nil }
    product = next
  }
  return product
}
