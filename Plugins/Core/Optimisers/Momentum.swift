import CKernels
import ZooPlugin

let optimisers: [Kind] = [
  Kind(SGD.self), Kind(Momentum.self), Kind(Nesterov.self), Kind(AdaGrad.self), Kind(RMSProp.self), Kind(Adam.self), Kind(AdamW.self),
  Kind(Newton.self), Kind(Average.self),
]

/// A step against the gradient.
///
///     p = soft(p - rate (g + weight_decay p), rate l1)
///
/// - Reference: Robbins & Monro 1951, "A stochastic approximation method", <https://doi.org/10.1214/aoms/1177729586>.
struct SGD: ElementwiseUpdate {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.sgd", "A step against the gradient.", formula: "p = soft(p - rate (g + weight_decay p), rate l1)",
      reference: "Robbins & Monro 1951, doi:10.1214/aoms/1177729586",
      attributes: [decayAttribute, l1Attribute],
      inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  var weightDecay: Float = 0
  var l1: Float = 0

  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int) {
    let i = part.lowerBound
    zoo_sgd(memory.parameter + i, memory.gradient + i, memory.newParameter + i, Int64(part.count), rate, weightDecay, rate * l1)
  }
}

/// Momentum, the heavy ball: a step along an average of the gradients so far.
///
///     v = momentum v + (g + weight_decay p)
///     p = soft(p - rate v, rate l1)
///
/// As in PyTorch, the rate is outside of the velocity. Polyak's own form, `v = momentum v - rate g; p = p + v`, takes the same
/// steps while the rate does not change.
///
/// - Reference: Polyak 1964, "Some methods of speeding up the convergence of iteration methods",
///   <https://doi.org/10.1016/0041-5553(64)90137-5>.
struct Momentum: ElementwiseUpdate {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.momentum", "Momentum, the heavy ball: a step along an average of the gradients so far.",
      formula: "v = momentum v + (g + weight_decay p); p = soft(p - rate v, rate l1)",
      reference: "Polyak 1964, doi:10.1016/0041-5553(64)90137-5",
      attributes: [
        Attribute("momentum", \.momentum, in: 0...1, "How much of the velocity is left after a step."),
        decayAttribute, l1Attribute,
      ], inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  static let states = [(name: "velocity", about: "The gradients so far, each step weighted by the momentum.")]

  var momentum: Float = 0.9
  var weightDecay: Float = 0
  var l1: Float = 0

  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int) {
    let i = part.lowerBound
    zoo_momentum(
      memory.parameter + i, memory.gradient + i, memory.first.old + i, memory.newParameter + i, memory.first.new + i, Int64(part.count),
      rate, momentum, weightDecay, rate * l1, 0)
  }
}

/// Nesterov's accelerated gradient: momentum that looks one step ahead.
///
///     v = momentum v + (g + weight_decay p)
///     p = soft(p - rate ((g + weight_decay p) + momentum v), rate l1)
///
/// - Reference: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", after Nesterov 1983.
struct Nesterov: ElementwiseUpdate {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.nesterov", "Nesterov's accelerated gradient: momentum that looks one step ahead.",
      formula: "v = momentum v + (g + weight_decay p); p = soft(p - rate ((g + weight_decay p) + momentum v), rate l1)",
      reference: "Sutskever et al. 2013, On the importance of initialization and momentum in deep learning",
      attributes: [
        Attribute("momentum", \.momentum, in: 0...1, "How much of the velocity is left after a step."),
        decayAttribute, l1Attribute,
      ], inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  static let states = [(name: "velocity", about: "The gradients so far, each step weighted by the momentum.")]

  var momentum: Float = 0.9
  var weightDecay: Float = 0
  var l1: Float = 0

  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int) {
    let i = part.lowerBound
    zoo_momentum(
      memory.parameter + i, memory.gradient + i, memory.first.old + i, memory.newParameter + i, memory.first.new + i, Int64(part.count),
      rate, momentum, weightDecay, rate * l1, 1)
  }
}
