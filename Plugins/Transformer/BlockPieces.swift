import ZooKernels
import ZooPlugin

/// The planned pieces of a Transformer's layer, and how they follow each other.
///
/// Buffers are `[N T, C]` unless a comment says otherwise.
struct BlockPieces {
  private let attention: SelfAttention
  private let feedForward: FeedForward
  private let norm: LayerNormalisation
  private let normFirst: Bool
  private let dropout: DropoutPlan

  private var rows: Int { attention.rows }
  private var width: Int { attention.width }
  private var count: Int { rows * width }

  init(attention: SelfAttention, feedForward: FeedForward, epsilon: Double, normFirst: Bool, dropout: DropoutPlan) {
    (self.attention, self.feedForward, self.normFirst, self.dropout) = (attention, feedForward, normFirst, dropout)
    norm = LayerNormalisation(rows: attention.rows, width: attention.width, epsilon: epsilon)
  }

  func plan(_ x: Spec, cache: KeyValueCache?, training: Bool) -> Plan {
    var plan = Plan(outputs: [x])
    plan.parameters = attention.parameters(prefix: "self_attn.") + feedForward.parameters
    for name in ["norm1", "norm2"] {
      plan.parameters.append(Parameter(name + ".weight", [width], .ones, .noDecay))
      plan.parameters.append(Parameter(name + ".bias", [width], .zeros, .noDecay))
    }
    plan.aliases = [(output: 0, input: 0)]
    if let cache {
      plan.outputs += [cache.spec, cache.spec]
      plan.aliases += KeyValueCache.aliases
    }
    plan.isRowIndependent = cache == nil && !dropout.isOn
    plan.flops = attention.flops + feedForward.flops + 16 * Double(count)
    plan.packedBytes = attention.packedBytes + feedForward.packedBytes
    plan.forwardScratch =
      2 * Scratch.bytes(floats: count)
      + max(attention.forwardScratch(training: training), feedForward.forwardScratch(training: training))
    if training {
      let line = Spec([rows, width])
      let mask = dropout.saved(count: count)
      plan.saved = attention.saved + feedForward.saved + [norm.norms, norm.norms, line, line, line, mask, mask]
      plan.neededInputs = [0]
      plan.backwardScratch =
        3 * Scratch.bytes(floats: count) + max(attention.backwardScratch, feedForward.backwardScratch, norm.backwardScratch)
    }
    return plan
  }

  func pack(_ parameters: Tensors, into packed: UnsafeMutableRawPointer) {
    attention.pack(parameters, into: packed)
    feedForward.pack(parameters, into: packed + attention.packedBytes)
  }

  /// What training saves beyond attention's and the dense layers' own.
  private struct Kept {
    let attention: SelfAttention.Kept
    let feedForward: FeedForward.Kept
    /// Of the two normalisations.
    let norms1: UnsafeMutablePointer<Float>
    let norms2: UnsafeMutablePointer<Float>
    /// What attention took with `norm_first`; otherwise what the first normalisation took.
    let first: UnsafeMutablePointer<Float>
    /// The sum between the two parts, normalised unless `norm_first`.
    let middle: UnsafeMutablePointer<Float>
    /// What the dense layers took with `norm_first`; otherwise what the second normalisation took.
    let second: UnsafeMutablePointer<Float>
    let mask1: UnsafeMutablePointer<UInt8>?
    let mask2: UnsafeMutablePointer<UInt8>?

    init(_ saved: Tensors) {
      attention = SelfAttention.Kept(saved)
      feedForward = FeedForward.Kept(saved, from: 3)
      (norms1, norms2) = (saved[6].floats, saved[7].floats)
      (first, middle, second) = (saved[8].floats, saved[9].floats, saved[10].floats)
      (mask1, mask2) = (saved.optional(11)?.pointer(to: UInt8.self), saved.optional(12)?.pointer(to: UInt8.self))
    }
  }

  private func affine(_ parameters: Tensors, _ first: Int) -> LayerNormalisation.Affine<UnsafeMutablePointer<Float>> {
    .init(weight: parameters[first].floats, bias: parameters[first + 1].floats)
  }

  private func gradients(_ gradients: Tensors, _ first: Int) -> LayerNormalisation.Affine<UnsafeMutablePointer<Float>?> {
    .init(weight: gradients.optional(first)?.floats, bias: gradients.optional(first + 1)?.floats)
  }

  // Forward

  func forward(_ call: Call) throws(LayerError) {
    let (x, y, parameters) = (UnsafePointer(call.inputs[0].floats), call.outputs[0].floats, call.parameters)
    let kept = call.isTraining ? Kept(call.saved) : nil
    let (norm1, norm2) = (affine(parameters, 8), affine(parameters, 10))
    var scratch = Scratch(call.scratch)
    let (part, spare) = (scratch.take(floats: count), scratch.take(floats: count))
    let rest = scratch.rest
    let densePacked = call.packed.map { $0 + attention.packedBytes }
    if normFirst {
      let (first, middle, second) = (kept?.first ?? spare, kept?.middle ?? y, kept?.second ?? spare)
      try norm.forward(call, x, norm1, into: first, norms: kept?.norms1)
      try attention.forward(call, first, packed: call.packed, kept: kept?.attention, into: part, scratch: rest)
      let mixed = try dropped(call, stream: 0, part, spare, kept?.mask1)
      try norm.forward(call, x, adding: mixed, sum: middle, norm2, into: second, norms: kept?.norms2)
      try feedForward.forward(call, second, packed: densePacked, kept: kept?.feedForward, into: part, scratch: rest)
      try Residual.add(call, middle, try dropped(call, stream: 2, part, spare, kept?.mask2), into: y, count: count)
    } else {
      let middle = kept?.middle ?? y
      try attention.forward(call, x, packed: call.packed, kept: kept?.attention, into: part, scratch: rest)
      let mixed = try dropped(call, stream: 0, part, spare, kept?.mask1)
      try norm.forward(call, x, adding: mixed, sum: kept?.first ?? mixed, norm1, into: middle, norms: kept?.norms1)
      try feedForward.forward(call, middle, packed: densePacked, kept: kept?.feedForward, into: part, scratch: rest)
      let dense = try dropped(call, stream: 2, part, spare, kept?.mask2)
      try norm.forward(call, middle, adding: dense, sum: kept?.second ?? dense, norm2, into: y, norms: kept?.norms2)
    }
  }

  /// `x` itself, or what dropout leaves of it in `spare`.
  private func dropped(
    _ call: Call, stream: UInt32, _ x: UnsafeMutablePointer<Float>, _ spare: UnsafeMutablePointer<Float>,
    _ mask: UnsafeMutablePointer<UInt8>?
  ) throws(LayerError) -> UnsafeMutablePointer<Float> {
    guard dropout.isOn, let mask else { return x }
    try dropout.forward(call, stream: stream, x, into: spare, mask: mask, count: count)
    return spare
  }

  // Backward

  func backward(_ call: Call, dy: UnsafePointer<Float>) throws(LayerError) {
    let (x, parameters) = (UnsafePointer(call.inputs[0].floats), call.parameters)
    let dx = call.inputGradients.optional(0)?.floats
    let kept = Kept(call.saved)
    let (weight1, weight2) = (parameters[8].floats, parameters[10].floats)
    let (gradients1, gradients2) = (gradients(call.parameterGradients, 8), gradients(call.parameterGradients, 10))
    var scratch = Scratch(call.scratch)
    let (part, middle, spare) = (scratch.take(floats: count), scratch.take(floats: count), scratch.take(floats: count))
    let rest = scratch.rest
    if normFirst {
      let ddense = try undropped(call, dy, spare, kept.mask2)
      try feedForward.backward(call, x: kept.second, kept: kept.feedForward, dy: ddense, dx: part, scratch: rest)
      try norm.backward(
        call, kept.middle, dy: part, residual: dy, weight: weight2, norms: kept.norms2, dx: middle, gradients2, scratch: rest)
      let dmixed = try undropped(call, middle, spare, kept.mask1)
      try attention.backward(call, x: kept.first, kept: kept.attention, dy: dmixed, dx: part, scratch: rest)
      try norm.backward(
        call, x, dy: part, residual: middle, weight: weight1, norms: kept.norms1, dx: dx, gradients1, scratch: rest)
    } else {
      try norm.backward(call, kept.second, dy: dy, weight: weight2, norms: kept.norms2, dx: middle, gradients2, scratch: rest)
      let ddense = try undropped(call, middle, spare, kept.mask2)
      try feedForward.backward(call, x: kept.middle, kept: kept.feedForward, dy: ddense, dx: part, scratch: rest)
      try Residual.add(call, part, middle, into: middle, count: count)
      try norm.backward(call, kept.first, dy: middle, weight: weight1, norms: kept.norms1, dx: part, gradients1, scratch: rest)
      let dmixed = try undropped(call, part, spare, kept.mask1)
      try attention.backward(call, x: x, kept: kept.attention, dy: dmixed, dx: dx, scratch: rest)
      if let dx { try Residual.add(call, part, dx, into: dx, count: count) }
    }
  }

  /// `dy` itself, or what dropout lets through of it in `spare`.
  private func undropped(
    _ call: Call, _ dy: UnsafePointer<Float>, _ spare: UnsafeMutablePointer<Float>, _ mask: UnsafePointer<UInt8>?
  ) throws(LayerError) -> UnsafePointer<Float> {
    guard dropout.isOn, let mask else { return dy }
    try call.blocks(count) { part in
      let start = part.lowerBound
      dropout.backward(mask + start, dy + start, into: spare + start, count: part.count)
    }
    return UnsafePointer(spare)
  }
}
