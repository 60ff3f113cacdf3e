import CKernels
import ZooPlugin

/// A step along the gradient, over the root of the running average of its square.
///
///     g = g + weight_decay p
///     s = alpha s + (1 - alpha) g^2
///     a = alpha a + (1 - alpha) g                       (if centered)
///     v = momentum v + g / (sqrt(s - a^2) + epsilon)    (a is 0 if not centered)
///     p = soft(p - rate v, rate l1)
///
/// States that the attributes do not ask for stay as they are.
///
/// - Reference: Hinton 2012, lecture 6e of "Neural networks for machine learning"; Graves 2013 for the centred form,
///   <https://arxiv.org/abs/1308.0850>; PyTorch's `RMSprop`.
struct RMSProp: ElementwiseUpdate {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.rmsprop", "A step along the gradient, over the root of the running average of its square.",
      formula:
        "g += weight_decay p; s = alpha s + (1 - alpha) g^2; v = momentum v + g / (sqrt(s) + epsilon); p = soft(p - rate v, rate l1)",
      reference: "Hinton 2012, lecture 6e of Neural networks for machine learning",
      attributes: [
        Attribute("alpha", \.alpha, in: 0...1, "How much of the averages is left after a step; less than 1."),
        Attribute("epsilon", \.epsilon, in: 0...1, "Added to the root, in units of the gradient."),
        Attribute("momentum", \.momentum, in: 0...1, "How much of the velocity is left after a step."),
        Attribute("centered", \.isCentered, "Whether the square of the average gradient is taken off: the root is then the deviation."),
        decayAttribute, l1Attribute,
      ], inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  static let states = [
    (name: "square_average", about: "The running average of the squared gradient."),
    (name: "velocity", about: "The scaled gradients so far, each step weighted by the momentum."),
    (name: "gradient_average", about: "The running average of the gradient, if centered."),
  ]

  var alpha = 0.99
  var epsilon: Float = 1e-8
  var momentum: Float = 0
  var isCentered = false
  var weightDecay: Float = 0
  var l1: Float = 0

  func check() throws(LayerError) {
    guard alpha < 1 else { throw .attribute("alpha must be less than 1, but it is \(alpha): nothing new would enter the average") }
  }

  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int) {
    var constants = zoo_rmsprop(
      keep: Float(alpha), new_share: Float(1 - alpha), epsilon: epsilon, momentum: momentum, rate: rate, decay: weightDecay,
      threshold: rate * l1)
    let (i, count, velocity, average) = (part.lowerBound, part.count, memory.second, memory.third)
    let hasVelocity = momentum > 0
    if !hasVelocity { velocity.keep(part) }
    if !isCentered { average.keep(part) }
    zoo_rmsprop_step(
      memory.parameter + i, memory.gradient + i, memory.first.old + i, hasVelocity ? velocity.old + i : nil,
      isCentered ? average.old + i : nil, memory.newParameter + i, memory.first.new + i, velocity.new + i, average.new + i, Int64(count),
      &constants)
  }
}
