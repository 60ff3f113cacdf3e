import ZooPlugin

/// Every token takes a mean of what the tokens say, weighted by how well they match it, in several heads at once.
///
///     q, k, v = x in_proj_weightᵀ + in_proj_bias
///     y = concat_h(softmax(q_h k_hᵀ / sqrt(C / heads)) v_h) out_proj.weightᵀ + out_proj.bias
///
/// With `causal`, a token sees itself and the tokens before it. With caches, token t of x stands at place position + t and sees the
/// places 0 ... position + t; its keys and values are added to the caches. That is the same as one pass over all tokens.
///
/// - Shapes: `x` and `y` are `[N, T, C]`, the caches `[N, L, C]` with position + T <= L; `in_proj_weight` is `[3 C, C]`,
///   `out_proj.weight` is `[C, C]`, as in PyTorch's `MultiheadAttention`.
/// - Reference: Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>.
struct Attention: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "transformer.attention", "Every token takes a mean of what the tokens say, weighted by how well they match it.",
      formula: "y = concat_h(softmax(q_h k_h^T / sqrt(C / heads)) v_h) out_proj.weight^T + out_proj.bias, "
        + "where q, k, v = x in_proj_weight^T + in_proj_bias",
      reference: "Vaswani et al. 2017, arXiv:1706.03762",
      attributes: [
        Attribute("heads", \.heads, .required, in: 1...1_048_576, "How many heads share the channels."),
        Attribute("causal", \.causal, "Whether tokens see only themselves and earlier ones."),
        Attribute("bias", \.hasBias, "Whether the projections add anything."),
      ],
      inputs: [Port("x", "[N, T, C]")] + KeyValueCache.inputs, outputs: [Port("y", "[N, T, C]")] + KeyValueCache.outputs)
  }

  var heads = 1
  var causal = true
  var hasBias = true
  private var attention: SelfAttention?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 3...3)
    let cache = try KeyValueCache(request, x: x, causal: causal)
    let attention = try SelfAttention(request, x: x, heads: heads, causal: causal, bias: hasBias, cache: cache)
    self.attention = attention

    var plan = Plan(outputs: [x], parameters: attention.parameters())
    if let cache {
      plan.outputs += [cache.spec, cache.spec]
      plan.aliases = KeyValueCache.aliases
    }
    plan.forwardScratch = attention.forwardScratch(training: request.isTraining)
    plan.packedBytes = attention.packedBytes
    plan.isRowIndependent = cache == nil
    plan.flops = attention.flops
    if request.isTraining {
      plan.neededInputs = [0]
      plan.saved = attention.saved
      plan.backwardScratch = attention.backwardScratch
    }
    return plan
  }

  func pack(_ call: PackCall) throws(LayerError) { attention?.pack(call.parameters, into: call.packed) }

  func forward(_ call: Call) throws(LayerError) {
    guard call.packed != nil || call.isTraining else { throw .internal("the host has not packed the weights") }
    try attention?.forward(
      call, call.inputs[0].floats, packed: call.packed, kept: call.isTraining ? .init(call.saved) : nil, into: call.outputs[0].floats,
      scratch: call.scratch)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try attention?.backward(
      call, x: call.inputs[0].floats, kept: .init(call.saved), dy: dy, dx: call.inputGradients.optional(0)?.floats, scratch: call.scratch)
  }
}
