import CKernels
import ZooPlugin

/// A step along the gradient, over the root of the sum of all its squares so far: what has moved far moves less.
///
///     g = g + weight_decay p
///     s = s + g^2
///     p = soft(p - rate g / (sqrt(initial + s) + epsilon), rate l1)
///
/// - Reference: Duchi et al. 2011, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 12;
///   PyTorch's `Adagrad`, whose `initial_accumulator_value` is `initial` and whose `lr_decay` is a schedule's matter here.
struct AdaGrad: ElementwiseUpdate {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.adagrad", "A step along the gradient, over the root of the sum of all its squares so far.",
      formula: "g += weight_decay p; s += g^2; p = soft(p - rate g / (sqrt(initial + s) + epsilon), rate l1)",
      reference: "Duchi et al. 2011, Adaptive subgradient methods for online learning and stochastic optimization",
      attributes: [
        Attribute("initial", \.initial, in: 0...1e6, "What the sums start with, in units of the squared gradient."),
        Attribute("epsilon", \.epsilon, in: 0...1, "Added to the root, in units of the gradient."), decayAttribute, l1Attribute,
      ], inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  static let states = [(name: "sum", about: "The sum of the squared gradients.")]

  var initial: Float = 0
  var epsilon: Float = 1e-10
  var weightDecay: Float = 0
  var l1: Float = 0

  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int) {
    var constants = zoo_adagrad(initial: initial, epsilon: epsilon, rate: rate, decay: weightDecay, threshold: rate * l1)
    let i = part.lowerBound
    zoo_adagrad_step(
      memory.parameter + i, memory.gradient + i, memory.first.old + i, memory.newParameter + i, memory.first.new + i, Int64(part.count),
      &constants)
  }
}
