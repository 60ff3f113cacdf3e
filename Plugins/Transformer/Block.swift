import ZooKernels
import ZooPlugin

/// A Transformer's layer: attention, then two dense layers, each with a way around it and a normalisation.
///
///     norm_first: h = x + attention(norm1(x)), y = h + linear2(activation(linear1(norm2(h))))
///     otherwise:  h = norm1(x + attention(x)), y = norm2(h + linear2(activation(linear1(h))))
///
/// Attention is that of `transformer.attention`, with the same caches. With dropout, elements of what attention, the activation and
/// linear2 give are dropped in training.
///
/// - Shapes: `x` and `y` are `[N, T, C]`; parameters are named as in PyTorch's `TransformerEncoderLayer`.
/// - Reference: Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>; Xiong et al. 2020 (norm_first), <https://arxiv.org/abs/2002.04745>.
struct Block: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "transformer.block", "A Transformer's layer: attention, then two dense layers, each with a way around it and a normalisation.",
      formula: "norm_first: h = x + attention(norm1(x)), y = h + linear2(activation(linear1(norm2(h)))); "
        + "otherwise: h = norm1(x + attention(x)), y = norm2(h + linear2(activation(linear1(h))))",
      reference: "Vaswani et al. 2017, arXiv:1706.03762; Xiong et al. 2020, arXiv:2002.04745 (norm_first)",
      attributes: [
        Attribute("heads", \.heads, .required, in: 1...1_048_576, "How many heads share the channels."),
        Attribute("hidden", \.hidden, in: 1...1e9, "The width between the dense layers; 4 times the channels if absent."),
        Attribute("activation", \.activation, "What lies between the dense layers."),
        Attribute("norm_first", \.normFirst, "Whether each part normalises what it takes, and not the sum."),
        Attribute("causal", \.causal, "Whether tokens see only themselves and earlier ones."),
        Attribute("epsilon", \.epsilon, in: 0...1, "Added to variances, in units of x squared."),
        Attribute("dropout", \.dropout, in: 0...1, "The probability of each element to be dropped in training; below 1."),
      ],
      inputs: [Port("x", "[N, T, C]")] + KeyValueCache.inputs, outputs: [Port("y", "[N, T, C]")] + KeyValueCache.outputs)
  }

  var heads = 1
  var hidden: Int?
  var activation = FeedForward.Activation.gelu
  var normFirst = true
  var causal = true
  var epsilon = 1e-5
  var dropout = 0.0
  private var pieces: BlockPieces?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    guard dropout < 1 else { throw .attribute("dropout must be less than 1, but it is \(dropout): nothing would be left") }
    let x = try request.float(0, rank: 3...3)
    let cache = try KeyValueCache(request, x: x, causal: causal)
    let attention = try SelfAttention(request, x: x, heads: heads, causal: causal, bias: true, cache: cache)
    let hidden = hidden ?? 4 * x.width
    let (weights, isTooWide) = x.width.multipliedReportingOverflow(by: hidden)
    guard !isTooWide, weights < 1 << 40 else { throw .attribute("weights of \(hidden) x \(x.width) elements are too large") }
    let (activations, isTooLong) = attention.rows.multipliedReportingOverflow(by: hidden)
    guard !isTooLong, activations < 1 << 42 else { throw .attribute("\(hidden) hidden channels are too many for x of \(x.shape)") }

    let dropping = DropoutPlan(probability: request.isTraining ? dropout : 0)
    let feedForward = FeedForward(
      rows: attention.rows, width: x.width, hidden: hidden, activation: activation, dropout: dropping, base: attention.parameterCount)
    let pieces = BlockPieces(attention: attention, feedForward: feedForward, epsilon: epsilon, normFirst: normFirst, dropout: dropping)
    self.pieces = pieces
    return pieces.plan(x, cache: cache, training: request.isTraining)
  }

  func pack(_ call: PackCall) throws(LayerError) { pieces?.pack(call.parameters, into: call.packed) }

  func forward(_ call: Call) throws(LayerError) {
    guard call.packed != nil || call.isTraining else { throw .internal("the host has not packed the weights") }
    try pieces?.forward(call)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try pieces?.backward(call, dy: dy)
  }
}
