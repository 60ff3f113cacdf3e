import CKernels
import ZooKernels
import ZooPlugin

/// Two dense layers with an activation between them: y = linear2(activation(linear1(x))), planned once.
struct FeedForward {
  /// What lies between the two layers.
  enum Activation: String, AttributeValue, CaseIterable { case relu, gelu }

  let rows: Int
  let width: Int
  let hidden: Int
  private let activation: Activation
  private let dropout: DropoutPlan
  private let first: LinearMap
  private let second: LinearMap
  /// Where its four parameters start among the layer's.
  private let base: Int

  init(rows: Int, width: Int, hidden: Int, activation: Activation, dropout: DropoutPlan, base: Int) {
    (self.rows, self.width, self.hidden, self.activation, self.dropout, self.base) = (rows, width, hidden, activation, dropout, base)
    first = LinearMap(rows: rows, inputs: width, outputs: hidden)
    second = LinearMap(rows: rows, inputs: hidden, outputs: width)
  }

  var parameters: [Parameter] {
    [
      Parameter("linear1.weight", [hidden, width], .lecunUniform(fanIn: width)),
      Parameter("linear1.bias", [hidden], .lecunUniform(fanIn: width), .noDecay),
      Parameter("linear2.weight", [width, hidden], .lecunUniform(fanIn: hidden)),
      Parameter("linear2.bias", [width], .lecunUniform(fanIn: hidden), .noDecay),
    ]
  }

  var flops: Double { first.flops + second.flops }
  var packedBytes: Int { first.packedBytes + second.packedBytes }

  func pack(_ parameters: Tensors, into packed: UnsafeMutableRawPointer) {
    first.pack(weight: parameters[base].floats, bias: parameters[base + 1].floats, into: packed)
    second.pack(weight: parameters[base + 2].floats, bias: parameters[base + 3].floats, into: packed + first.packedBytes)
  }

  /// What training saves: the activation's input if its slope needs that, its output, and what dropout kept of that.
  var saved: [Spec] {
    [Spec([activation == .gelu ? rows : 0, hidden]), Spec([rows, hidden]), dropout.saved(count: rows * hidden)]
  }

  /// These, of a call.
  struct Kept {
    fileprivate let before: UnsafeMutablePointer<Float>?
    fileprivate let after: UnsafeMutablePointer<Float>
    fileprivate let mask: UnsafeMutablePointer<UInt8>?

    init(_ saved: Tensors, from index: Int) {
      (before, after) = (saved.optional(index)?.floats, saved[index + 1].floats)
      mask = saved.optional(index + 2)?.pointer(to: UInt8.self)
    }
  }

  /// The scratch that `forward` wants, in bytes.
  func forwardScratch(training: Bool) -> Int {
    let hiddenBytes = Scratch.bytes(floats: rows * hidden)
    return (training ? (dropout.isOn ? hiddenBytes : 0) : hiddenBytes)
      + max(first.forwardScratch(packed: !training), second.forwardScratch(packed: !training))
  }

  /// y from x; what backward will want goes to `kept`, or is not kept.
  func forward(
    _ call: Call, _ x: UnsafePointer<Float>, packed: UnsafeRawPointer?, kept: Kept?, into y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    var pieces = Scratch(scratch)
    let parameters = call.parameters
    let activated = kept.map { dropout.isOn ? pieces.take(floats: rows * hidden) : $0.after } ?? pieces.take(floats: rows * hidden)
    let isSplit = kept != nil && activation == .gelu
    let before = isSplit ? kept?.before ?? activated : activated
    try first.forward(
      call, x, packed: packed, weight: parameters[base].floats, bias: parameters[base + 1].floats,
      epilogue: isSplit ? nil : (activation == .gelu ? Epilogue.gelu : .relu(slope: 0)).raw, into: before, scratch: pieces.rest)
    if isSplit {
      try call.blocks(rows * hidden) { part in
        zoo_gelu_forward(before + part.lowerBound, activated + part.lowerBound, Int64(part.count), 0, 0)
      }
    }
    if dropout.isOn, let kept, let mask = kept.mask {
      try dropout.forward(call, stream: 1, activated, into: kept.after, mask: mask, count: rows * hidden)
    }
    try second.forward(
      call, kept?.after ?? activated, packed: packed.map { $0 + first.packedBytes }, weight: parameters[base + 2].floats,
      bias: parameters[base + 3].floats, into: y, scratch: pieces.rest)
  }

  /// The scratch that `backward` wants, in bytes.
  var backwardScratch: Int { Scratch.bytes(floats: rows * hidden) + max(first.backwardScratch, second.backwardScratch) }

  /// The gradients by x and by the parameters that are wanted.
  func backward(
    _ call: Call, x: UnsafePointer<Float>, kept: Kept, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    let (parameters, gradients) = (call.parameters, call.parameterGradients)
    var pieces = Scratch(scratch)
    let slope = pieces.take(floats: rows * hidden)
    try second.backward(
      call, x: kept.after, weight: parameters[base + 2].floats, dy: dy, dx: slope, dweight: gradients.optional(base + 2)?.floats,
      dbias: gradients.optional(base + 3)?.floats, scratch: pieces.rest)
    let (activation, dropout) = (activation, dropout)
    try call.blocks(rows * hidden) { part in
      let (start, count) = (part.lowerBound, Int64(part.count))
      if dropout.isOn, let mask = kept.mask { dropout.backward(mask + start, slope + start, into: slope + start, count: part.count) }
      if activation == .gelu, let before = kept.before {
        zoo_gelu_backward(before + start, slope + start, slope + start, count, 0, 0, 0)
      } else {
        zoo_relu_backward(kept.after + start, slope + start, slope + start, count, 0, 0, 0)
      }
    }
    try first.backward(
      call, x: x, weight: parameters[base].floats, dy: slope, dx: dx, dweight: gradients.optional(base)?.floats,
      dbias: gradients.optional(base + 1)?.floats, scratch: pieces.rest)
  }
}

extension Call {
  /// Calls `body` over `0 ..< count` elements in parts that begin at multiples of 64, on the host's threads.
  func blocks(_ count: Int, _ body: (_ part: Range<Int>) -> Void) throws(LayerError) {
    try parallel((count + 63) / 64, grain: 512) { part, _ in body(part.lowerBound * 64..<min(part.upperBound * 64, count)) }
  }
}
