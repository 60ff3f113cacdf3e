import CKernels
import Glibc
import ZooPlugin

/// Adaptive moments: a step along the average gradient, over the root of the average squared gradient.
///
///     g = g + weight_decay p
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     p = soft(p - rate (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + epsilon), rate l1)
///
/// - Reference: Kingma & Ba 2015, <https://arxiv.org/abs/1412.6980>.
struct Adam: AdaptiveMoments {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.adam", "Adaptive moments: a step along the average gradient, over the root of the average squared gradient.",
      formula: "g += weight_decay p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; "
        + "p = soft(p - rate (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + epsilon), rate l1)",
      reference: "Kingma & Ba 2015, arXiv:1412.6980",
      attributes: momentAttributes + [decayAttribute, l1Attribute], inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  var beta1 = 0.9
  var beta2 = 0.999
  var epsilon = 1e-8
  var weightDecay: Float = 0
  var l1: Float = 0

  func decay(rate: Double) -> (ofGradient: Double, ofParameter: Double) { (Double(weightDecay), 0) }
}

/// Adam with decoupled weight decay: parameters shrink by themselves, not through the moments.
///
///     p = (1 - rate weight_decay) p
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     p = soft(p - rate (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + epsilon), rate l1)
///
/// - Reference: Loshchilov & Hutter 2019, <https://arxiv.org/abs/1711.05101>.
struct AdamW: AdaptiveMoments {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.adamw", "Adam with decoupled weight decay: parameters shrink by themselves, not through the moments.",
      formula: "p = (1 - rate weight_decay) p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; "
        + "p = soft(p - rate (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + epsilon), rate l1)",
      reference: "Loshchilov & Hutter 2019, arXiv:1711.05101",
      attributes: momentAttributes + [
        Attribute("weight_decay", \.weightDecay, in: 0...1e6, "The share of each parameter that a step of rate 1 takes away."),
        l1Attribute,
      ], inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  var beta1 = 0.9
  var beta2 = 0.999
  var epsilon = 1e-8
  var weightDecay: Float = 0.01
  var l1: Float = 0

  func decay(rate: Double) -> (ofGradient: Double, ofParameter: Double) { (0, rate * Double(weightDecay)) }
}

/// What Adam and AdamW have in common: everything but where the decay goes.
protocol AdaptiveMoments: ElementwiseUpdate {
  var beta1: Double { get set }
  var beta2: Double { get set }
  var epsilon: Double { get set }
  /// What is added to the gradient, and by how much the parameter shrinks, as shares of the parameter.
  func decay(rate: Double) -> (ofGradient: Double, ofParameter: Double)
}

extension AdaptiveMoments {
  static var states: [(name: String, about: String)] {
    [("first_moment", "The running average of the gradient."), ("second_moment", "The running average of its square.")]
  }

  static var momentAttributes: [Attribute<Self>] {
    [
      Attribute("beta1", \.beta1, in: 0...1, "How much of the average gradient is left after a step; less than 1."),
      Attribute("beta2", \.beta2, in: 0...1, "How much of the average squared gradient is left after a step; less than 1."),
      Attribute("epsilon", \.epsilon, in: 0...1, "Added to the root, in units of the gradient."),
    ]
  }

  func check() throws(LayerError) {
    for (name, beta) in [("beta1", beta1), ("beta2", beta2)] where beta >= 1 {
      throw .attribute("\(name) must be less than 1, but it is \(beta): nothing new would enter the average")
    }
  }

  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int) {
    let decay = decay(rate: Double(rate))
    var constants = zoo_adam(
      keep_first: Float(beta1), keep_second: Float(beta2), new_first: Float(1 - beta1), new_second: Float(1 - beta2),
      rate: Float(Double(rate) / (1 - pow(beta1, Double(step)))), root: Float(1 / (1 - pow(beta2, Double(step))).squareRoot()),
      epsilon: Float(epsilon), decay: Float(decay.ofGradient), shrink: Float(1 - decay.ofParameter), threshold: rate * l1)
    let i = part.lowerBound
    zoo_adam_step(
      memory.parameter + i, memory.gradient + i, memory.first.old + i, memory.second.old + i, memory.newParameter + i,
      memory.first.new + i, memory.second.new + i, Int64(part.count), &constants)
  }
}
