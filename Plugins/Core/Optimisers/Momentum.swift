import CKernels
import ZooPlugin

let optimisers: [Kind] = [Kind(SGD.self), Kind(Momentum.self), Kind(Nesterov.self), Kind(Adam.self), Kind(AdamW.self)]

/// A step against the gradient.
///
///     p = p - rate (g + weight_decay p)
///
/// - Reference: Robbins & Monro 1951, "A stochastic approximation method", <https://doi.org/10.1214/aoms/1177729586>.
struct SGD: ElementwiseUpdate {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.sgd", "A step against the gradient.", formula: "p = p - rate (g + weight_decay p)",
      reference: "Robbins & Monro 1951, doi:10.1214/aoms/1177729586",
      attributes: [Attribute("weight_decay", \.weightDecay, in: 0...1e6, "Pulls parameters towards 0, in units of the gradient.")],
      inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  var weightDecay: Float = 0

  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int) {
    let i = part.lowerBound
    zoo_sgd(memory.parameter + i, memory.gradient + i, memory.newParameter + i, Int64(part.count), rate, weightDecay)
  }
}

/// Momentum, the heavy ball: a step along an average of the gradients so far.
///
///     v = momentum v + (g + weight_decay p)
///     p = p - rate v
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
      formula: "v = momentum v + (g + weight_decay p); p = p - rate v", reference: "Polyak 1964, doi:10.1016/0041-5553(64)90137-5",
      attributes: [
        Attribute("momentum", \.momentum, in: 0...1, "How much of the velocity is left after a step."),
        Attribute("weight_decay", \.weightDecay, in: 0...1e6, "Pulls parameters towards 0, in units of the gradient."),
      ], inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  static let states = [(name: "velocity", about: "The gradients so far, each step weighted by the momentum.")]

  var momentum: Float = 0.9
  var weightDecay: Float = 0

  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int) {
    let i = part.lowerBound
    zoo_momentum(
      memory.parameter + i, memory.gradient + i, memory.states.first + i, memory.newParameter + i, memory.newStates.first + i,
      Int64(part.count), rate, momentum, weightDecay, 0)
  }
}

/// Nesterov's accelerated gradient: momentum that looks one step ahead.
///
///     v = momentum v + (g + weight_decay p)
///     p = p - rate ((g + weight_decay p) + momentum v)
///
/// - Reference: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", after Nesterov 1983.
struct Nesterov: ElementwiseUpdate {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.nesterov", "Nesterov's accelerated gradient: momentum that looks one step ahead.",
      formula: "v = momentum v + (g + weight_decay p); p = p - rate ((g + weight_decay p) + momentum v)",
      reference: "Sutskever et al. 2013, On the importance of initialization and momentum in deep learning",
      attributes: [
        Attribute("momentum", \.momentum, in: 0...1, "How much of the velocity is left after a step."),
        Attribute("weight_decay", \.weightDecay, in: 0...1e6, "Pulls parameters towards 0, in units of the gradient."),
      ], inputs: updateInputs, outputs: updateOutputs, role: .elementwiseUpdate)
  }

  static let states = [(name: "velocity", about: "The gradients so far, each step weighted by the momentum.")]

  var momentum: Float = 0.9
  var weightDecay: Float = 0

  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int) {
    let i = part.lowerBound
    zoo_momentum(
      memory.parameter + i, memory.gradient + i, memory.states.first + i, memory.newParameter + i, memory.newStates.first + i,
      Int64(part.count), rate, momentum, weightDecay, 1)
  }
}
