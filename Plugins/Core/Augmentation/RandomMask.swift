import ZooPlugin

/// Hides some of the tokens of sequences and asks for them, in training alone: the masked language model.
///
///     of the tokens that are chosen: the share `masked` becomes `mask_token`, the share `replaced` any token, the rest stays
///     targets = the token where it is chosen, `ignore_index` elsewhere
///
/// In inference nothing is chosen, unless `always`. Which tokens are depends on the run's seed, the layer's path, the step and their place
/// in the batch.
///
/// - Shapes: tokens, masked and targets are alike, of i32 or i64.
/// - Reference: Devlin et al. 2019, <https://arxiv.org/abs/1810.04805>: 15% of the tokens, 80% of these masked, 10% replaced.
struct RandomMask: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.random_mask", "Hides some of the tokens of sequences and asks for them, in training alone.",
      formula: "of the chosen tokens: the share 'masked' becomes mask_token, the share 'replaced' any token, the rest stays; "
        + "targets = the token where it is chosen, ignore_index elsewhere",
      reference: "Devlin et al. 2019, arXiv:1810.04805",
      attributes: [
        Attribute("vocabulary", \.vocabulary, .required, in: 1...2_147_483_647, "How many tokens there are, from 0."),
        Attribute("mask_token", \.maskToken, .required, in: 0...2_147_483_647, "The token that stands for a hidden one."),
        Attribute("probability", \.probability, in: 0...1, "Of each token to be chosen."),
        Attribute("masked", \.masked, in: 0...1, "The share of the chosen that is hidden."),
        Attribute("replaced", \.replaced, in: 0...1, "The share of the chosen that becomes any token."),
        Attribute("special", \.special, in: -2_147_483_648...2_147_483_647, "Tokens that are never chosen, such as padding."),
        Attribute("ignore_index", \.ignored, in: -2_147_483_648...2_147_483_647, "The target of what is not asked for."),
        Attribute("always", \.isAlways, "Whether tokens are hidden in inference too, as for a loss on held-out rows."),
      ],
      inputs: [Port("tokens", "[...]", "Of i32 or i64.", .notDifferentiable)],
      outputs: [Port("masked", "[...]", "", .notDifferentiable), Port("targets", "[...]", "", .notDifferentiable)])
  }

  var vocabulary = 1
  var maskToken = 0
  var probability = 0.15
  var masked = 0.8
  var replaced = 0.1
  var special: [Int] = []
  var ignored = -100
  var isAlways = false
  private var isDrawn = false
  private var isWide = false

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let tokens = try request.indices(0, "tokens")
    guard masked + replaced <= 1 else {
      throw .attribute("the shares masked and replaced must not be more than 1 together, but they are \(masked) and \(replaced)")
    }
    (isDrawn, isWide) = (request.isTraining || isAlways, tokens.dtype == .i64)
    var plan = Plan(outputs: [tokens, tokens])
    // Whether, what becomes of it, and 64 bits for which.
    if isDrawn { plan.forwardScratch = try ElementBits.scratch(for: tokens, "tokens") }
    plan.isRowIndependent = !isDrawn && tokens.rank > 0
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    if isWide { try hide(call, Int64.self) } else { try hide(call, Int32.self) }
  }

  private func hide<Token: FixedWidthInteger & BitwiseCopyable>(_ call: Call, _: Token.Type) throws(LayerError) {
    let (tokens, hidden) = (call.inputs[0].pointer(to: Token.self), call.outputs[0].pointer(to: Token.self))
    let (targets, count, ignored) = (call.outputs[1].pointer(to: Token.self), call.outputs[0].count, Token(ignored))
    guard isDrawn else {
      hidden.update(from: tokens, count: count)
      targets.update(repeating: ignored, count: count)
      return
    }
    let bits = call.scratch.assumingMemoryBound(to: UInt32.self)
    try call.random(.bits, into: bits, count: 4 * count)
    let wide = UnsafeRawPointer(bits).assumingMemoryBound(to: UInt64.self)
    let layer = self
    try call.elements(count, grain: Grain.heavy) { part in
      for i in part {
        let token = tokens[i]
        (hidden[i], targets[i]) = (token, ignored)
        guard happens(bits[4 * i], layer.probability), !layer.isSpecial(Int(token)) else { continue }
        targets[i] = token
        if happens(bits[4 * i + 1], layer.masked) {
          hidden[i] = Token(layer.maskToken)
        } else if happens(bits[4 * i + 1], layer.masked + layer.replaced) {
          hidden[i] = Token(pick(wide[2 * i + 1], of: layer.vocabulary))
        }
      }
    }
  }

  private func isSpecial(_ token: Int) -> Bool {
    for each in special where each == token { return true }
    return false
  }
}
