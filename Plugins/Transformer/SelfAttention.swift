import ZooKernels
import ZooPlugin

/// Multi-head self-attention with its projections, planned once: what attention and a Transformer's block have in common.
///
///     q, k, v = x in_proj_weightᵀ + in_proj_bias, cut into heads
///     y = concat(softmax(q kᵀ / sqrt(C / heads)) v over heads) out_proj.weightᵀ + out_proj.bias
///
/// Its parameters are the first of the layer's.
struct SelfAttention {
  let width: Int
  let rows: Int
  private let tokens: Int
  private let hasBias: Bool
  private let cache: KeyValueCache?
  private let projection: LinearMap
  private let output: LinearMap
  private let core: ScaledAttention
  private let threads: Int

  /// For x `[N, T, C]`.
  init(_ request: PlanRequest, x: Spec, heads: Int, causal: Bool, bias: Bool, cache: KeyValueCache?) throws(LayerError) {
    let (items, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x.shape)") }
    guard width % heads == 0 else {
      throw .shape("the \(width) channels of x must be a multiple of the \(heads) heads; its shape is \(x.shape)")
    }
    guard width < 1 << 19 else { throw .shape("x has too many channels for projections of all of them: its shape is \(x.shape)") }
    (self.width, self.tokens, self.cache, hasBias, threads) = (width, tokens, cache, bias, request.threadCount)
    rows = items * tokens
    projection = LinearMap(rows: rows, inputs: width, outputs: 3 * width)
    output = LinearMap(rows: rows, inputs: width, outputs: width)
    let capacity = cache?.capacity ?? tokens
    let inner = ScaledAttention.Layout(row: 3 * width, item: tokens * 3 * width)
    core = ScaledAttention(
      batch: items, heads: heads, width: width / heads, queries: tokens, capacity: capacity, causal: causal, query: inner,
      key: cache == nil ? inner : ScaledAttention.Layout(row: width, item: capacity * width),
      result: ScaledAttention.Layout(row: width, item: tokens * width))
  }

  /// The parameters, named and started as those of PyTorch's `MultiheadAttention`.
  func parameters(prefix: String = "") -> [Parameter] {
    var parameters = [Parameter(prefix + "in_proj_weight", [3 * width, width], .xavierUniform())]
    if hasBias { parameters.append(Parameter(prefix + "in_proj_bias", [3 * width], .zeros, .noDecay)) }
    parameters.append(Parameter(prefix + "out_proj.weight", [width, width], .lecunUniform(fanIn: width)))
    if hasBias { parameters.append(Parameter(prefix + "out_proj.bias", [width], .zeros, .noDecay)) }
    return parameters
  }

  /// How many there are.
  var parameterCount: Int { hasBias ? 4 : 2 }

  /// One of the layer's parameters, or its gradient.
  private enum Role { case inWeight, inBias, outWeight, outBias }

  private func index(_ role: Role) -> Int? {
    switch role {
    case .inWeight: 0
    case .inBias: hasBias ? 1 : nil
    case .outWeight: hasBias ? 2 : 1
    case .outBias: hasBias ? 3 : nil
    }
  }

  private func floats(_ tensors: Tensors, _ role: Role) -> UnsafeMutablePointer<Float>? {
    guard let index = index(role) else { return nil }
    return tensors.optional(index)?.floats
  }

  private func required(_ tensors: Tensors, _ role: Role) -> UnsafeMutablePointer<Float> { tensors[index(role) ?? 0].floats }

  var flops: Double { projection.flops + core.flops + output.flops }

  // Packed weights

  var packedBytes: Int { projection.packedBytes + output.packedBytes }

  func pack(_ parameters: Tensors, into packed: UnsafeMutableRawPointer) {
    projection.pack(weight: required(parameters, .inWeight), bias: floats(parameters, .inBias), into: packed)
    output.pack(
      weight: required(parameters, .outWeight), bias: floats(parameters, .outBias), into: packed + projection.packedBytes)
  }

  // Forward

  /// What forward leaves for backward: queries, keys and values side by side; the heads' results; and the logarithms of sums.
  struct Kept {
    let projected: UnsafeMutablePointer<Float>
    let mixed: UnsafeMutablePointer<Float>
    let logSums: UnsafeMutablePointer<Float>?

    /// From three of a call's saved tensors, the first of which is number `first`.
    init(_ saved: Tensors, from first: Int = 0) {
      (projected, mixed, logSums) = (saved[first].floats, saved[first + 1].floats, saved[first + 2].floats)
    }

    fileprivate init(_ scratch: inout Scratch, rows: Int, width: Int) {
      (projected, mixed, logSums) = (scratch.take(floats: rows * 3 * width), scratch.take(floats: rows * width), nil)
    }
  }

  /// What training saves.
  var saved: [Spec] { [Spec([rows, 3 * width]), Spec([rows, width]), Spec([core.logSumCount])] }

  /// The scratch that `forward` wants, in bytes.
  func forwardScratch(training: Bool) -> Int {
    let kept = training ? 0 : Scratch.bytes(floats: rows * 3 * width) + Scratch.bytes(floats: rows * width)
    return kept
      + max(projection.forwardScratch(packed: !training), core.forwardScratch, output.forwardScratch(packed: !training))
  }

  /// y from x; what backward will want goes to `kept`, or is not kept.
  func forward(
    _ call: Call, _ x: UnsafePointer<Float>, packed: UnsafeRawPointer?, kept: Kept?, into y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    let open = try cache?.open(call)
    var pieces = Scratch(scratch)
    let kept = kept ?? Kept(&pieces, rows: rows, width: width)
    let (parameters, rest, projected) = (call.parameters, pieces.rest, UnsafePointer(kept.projected))
    try projection.forward(
      call, x, packed: packed, weight: required(parameters, .inWeight), bias: floats(parameters, .inBias), into: kept.projected,
      scratch: rest)
    if let cache, let open {
      cache.store(projected, in: open)
      try core.forward(
        call, .init(q: projected, k: open.keys, v: open.values), keys: open.position + tokens, first: open.position, into: kept.mixed,
        scratch: rest)
    } else {
      try core.forward(call, operands(projected), keys: tokens, into: kept.mixed, logSums: kept.logSums, scratch: rest)
    }
    try output.forward(
      call, kept.mixed, packed: packed.map { $0 + projection.packedBytes }, weight: required(parameters, .outWeight),
      bias: floats(parameters, .outBias), into: y, scratch: rest)
  }

  private func operands(_ projected: UnsafePointer<Float>) -> ScaledAttention.Operands {
    .init(q: projected, k: projected + width, v: projected + 2 * width)
  }

  // Backward

  /// The scratch that `backward` wants, in bytes.
  var backwardScratch: Int {
    Scratch.bytes(floats: rows * 3 * width) + Scratch.bytes(floats: rows * width)
      + max(projection.backwardScratch, core.backwardScratch(threads: threads), output.backwardScratch)
  }

  /// The gradients by x and by the parameters that are wanted.
  func backward(
    _ call: Call, x: UnsafePointer<Float>, kept: Kept, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    let (parameters, gradients) = (call.parameters, call.parameterGradients)
    let (inWeight, inBias) = (floats(gradients, .inWeight), floats(gradients, .inBias))
    let isInnerWanted = dx != nil || inWeight != nil || inBias != nil
    var pieces = Scratch(scratch)
    let dprojected = pieces.take(floats: rows * 3 * width)
    let dmixed = pieces.take(floats: rows * width)
    let rest = pieces.rest
    try output.backward(
      call, x: kept.mixed, weight: required(parameters, .outWeight), dy: dy, dx: isInnerWanted ? dmixed : nil,
      dweight: floats(gradients, .outWeight), dbias: floats(gradients, .outBias), scratch: rest)
    guard isInnerWanted, let logSums = kept.logSums else { return }
    try core.backward(
      call, operands(kept.projected), y: kept.mixed, logSums: logSums, dy: dmixed,
      into: .init(q: dprojected, k: dprojected + width, v: dprojected + 2 * width), scratch: rest)
    try projection.backward(
      call, x: x, weight: required(parameters, .inWeight), dy: dprojected, dx: dx, dweight: inWeight, dbias: inBias, scratch: rest)
  }
}
