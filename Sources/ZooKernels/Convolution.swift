import CKernels
import COneDNN
public import CZoo
public import ZooPlugin

/// A convolution of images [N, H, W, C] and its gradients, planned once.
///
/// `weight` is [out, in / groups, kh, kw]. Results are the same bits on any number of threads.
///
/// oneDNN computes large windows, and the zoo's own kernels what is small, windows of 3x3 side by side, plain products in inference, and every
/// gradient by the weight: docs/decisions/0007. Of bf16, oneDNN computes all but windows of 3x3 and 1x1.
public final class Convolution: Sendable {
  private let shape: zoo_conv
  private let threads: Int
  private let toBias: ColumnSums
  /// How forward is cut up, counted once.
  private let packed: Layout
  private let tasks: Tasks
  /// What oneDNN computes; nil: the zoo's kernels do.
  private let (large, largeBackward): (CompiledConvolution?, CompiledConvolution?)
  private let epilogue: zoo_epilogue
  private let adds: Bool

  /// Over images of `inputs` channels, which `groups` divides as it does `outputs`.
  ///
  /// `threads` is how many parts of a `parallel` can run at once, at most; `epilogue` ends forward, before which an addend is added if
  /// it `adds`; `isTraining` says whether backward will follow, `isBF16` whether x and y are bf16. `outputStep` is how many elements it is
  /// from one pixel of y to the next, if they are not dense.
  public init(
    images: Int, height: WindowAxis, width: WindowAxis, inputs: Int, outputs: Int, groups: Int, threads: Int, isTraining: Bool = true,
    epilogue: zoo_epilogue? = nil, adds: Bool = false, outputStep: Int = 0, isBF16: Bool = false
  ) {
    var shape = zoo_conv()
    (shape.images, shape.in_h, shape.in_w, shape.in_c) = (Int64(images), Int64(height.input), Int64(width.input), Int64(inputs))
    (shape.out_h, shape.out_w, shape.out_c) = (Int64(height.output), Int64(width.output), Int64(outputs))
    (shape.kernel_h, shape.kernel_w) = (Int64(height.size), Int64(width.size))
    (shape.stride_h, shape.stride_w) = (Int64(height.stride), Int64(width.stride))
    (shape.dilation_h, shape.dilation_w) = (Int64(height.dilation), Int64(width.dilation))
    (shape.top, shape.left, shape.groups) = (Int64(height.before), Int64(width.before), Int64(groups))
    (shape.out_step, shape.is_trained) = (Int64(outputStep), isTraining ? 1 : 0)
    shape.is_bf16 = isBF16 && Self.isRange(epilogue) && zoo_dnn_has_bf16() != 0 ? 1 : 0
    zoo_conv_prepare(&shape)
    self.shape = shape
    self.threads = max(threads, 1)
    packed = Layout(floats: Int(zoo_conv_packed_count(&shape)), panels: Int(zoo_conv_panels(&shape)))
    tasks = Tasks(count: Int(zoo_conv_tasks(&shape)), slab: Int(zoo_conv_slab(&shape)))
    toBias = ColumnSums(rows: images * height.output * width.output, columns: outputs)
    self.epilogue = epilogue ?? zoo_epilogue()
    self.adds = adds
    let isOurs = shape.is_bf16 != 0
    let native = isBF16 && !isOurs ? LargeConvolution(shape, isTraining: isTraining, epilogue: epilogue, adds: adds, isBF16: true) : nil
    isNative = isOurs || native != nil
    let made = native ?? LargeConvolution(shape, isTraining: isTraining, epilogue: epilogue, adds: adds)
    (large, largeBackward) = (made?.forward, made?.backward)
  }

  /// Whether the kernels of bf16 know the epilogue.
  private static func isRange(_ epilogue: zoo_epilogue?) -> Bool {
    guard var epilogue, Int(epilogue.kind) != ZOO_EPILOGUE_NONE else { return true }
    var range: [Float] = [0, 0]
    return zoo_epilogue_range(&epilogue, &range) != nil
  }

  /// Whether forward takes bf16, and f32 no more.
  public let isNative: Bool

  /// What can be folded into forward.
  public var epilogues: Epilogues {
    isNative ? LargeConvolution.epilogues : isTiled ? [.all, .affine, .add] : [.all, .affine]
  }
  /// Whether pixels of y may be further apart than they are long.
  public var canStridePixels: Bool { isTiled }
  private var isTiled: Bool { withUnsafePointer(to: shape) { zoo_conv_adds($0) } != 0 }
  /// The channels of y.
  public var outputs: Int { Int(shape.out_c) }

  /// The arithmetic of one forward, in operations.
  public var flops: Double { shape.flops }

  /// A kernel's size in the layout of `forward` or `backward`, and the pieces in which it is written.
  private struct Layout {
    let floats: Int
    let panels: Int
    /// How many panels are worth a thread.
    var grain: Int { Grain.moving(floats: floats / panels) }
  }

  /// Independent parts of the work, and the floats that each thread wants of its own.
  private struct Tasks {
    let count: Int
    let slab: Int
    var slabBytes: Int { Scratch.bytes(floats: slab) }
  }

  private func measured(_ count: (UnsafePointer<zoo_conv>?) -> Int64) -> Int { withUnsafePointer(to: shape) { Int(count($0)) } }

  private var turned: Layout { Layout(floats: measured(zoo_conv_back_packed_count), panels: measured(zoo_conv_back_panels)) }
  private var backTasks: Tasks { Tasks(count: measured(zoo_conv_back_tasks), slab: measured(zoo_conv_back_slab)) }
  private var weightTasks: Tasks { Tasks(count: measured(zoo_conv_weight_tasks), slab: measured(zoo_conv_weight_slab)) }

  /// The size of a packed weight and bias, in bytes.
  public var packedBytes: Int { Scratch.bytes(floats: packedFloats) + Scratch.bytes(floats: Int(shape.out_c)) }
  private var packedFloats: Int { large?.packedFloats ?? packed.floats }

  /// The scratch that `forward` wants, in bytes: without `packed` it packs by itself.
  public func forwardScratch(packed: Bool) -> Int {
    (packed ? 0 : packedBytes) + (large?.scratchBytes ?? threads * tasks.slabBytes)
  }

  /// The scratch that `backward` wants, in bytes.
  public var backwardScratch: Int {
    max(
      inputGradientScratch(packed: false),
      Scratch.bytes(floats: measured(zoo_conv_weight_partial)) + threads * weightTasks.slabBytes, toBias.scratchBytes)
  }

  /// The size of a weight packed for `inputGradient`, in bytes.
  public var turnedBytes: Int { Scratch.bytes(floats: largeBackward?.packedFloats ?? turned.floats) }

  /// The scratch that `inputGradient` wants, in bytes: without `packed` it packs by itself.
  public func inputGradientScratch(packed: Bool) -> Int {
    (packed ? 0 : turnedBytes) + (largeBackward?.scratchBytes ?? threads * backTasks.slabBytes)
  }

  /// Writes weight and bias in the layout that `forward` likes best; no bias is a bias of zeros.
  public func pack(
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, into memory: UnsafeMutableRawPointer
  ) throws(LayerError) {
    var pieces = Scratch(memory)
    let panels = pieces.take(floats: packedFloats)
    if let large {
      try large.pack(weight, into: panels)
    } else {
      withUnsafePointer(to: shape) { zoo_conv_pack($0, weight, 0, Int64(packed.panels), panels) }
    }
    copy(bias, into: pieces.take(floats: Int(shape.out_c)))
  }

  private func copy(_ bias: UnsafePointer<Float>?, into packed: UnsafeMutablePointer<Float>) {
    let count = Int(shape.out_c)
    if let bias { packed.update(from: bias, count: count) } else { packed.update(repeating: 0, count: count) }
  }

  /// y = epilogue(conv(x, weight) + bias + addend), with the epilogue that it was made with; with `packed`, weight and bias are not read.
  public func forward(
    _ call: Call, _ x: UnsafePointer<Float>, packed: UnsafeRawPointer?,
    weight: @autoclosure () -> UnsafePointer<Float>, bias: @autoclosure () -> UnsafePointer<Float>?,
    addend: UnsafePointer<Float>? = nil, into y: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    try compute(call, x, packed: packed, weight, bias, addend: addend, into: y, scratch: scratch)
  }

  /// Whether its parts may be computed beside those of others over the same images.
  public var canJoin: Bool { large == nil && !isNative }
  /// (if it can join) The independent parts of forward.
  public var taskCount: Int { tasks.count }
  /// How many of them are worth a thread.
  public var taskGrain: Int { Grain.computing(flops: flops / Double(tasks.count)) }
  /// The bytes that each thread wants of its own.
  public var slabBytes: Int { tasks.slabBytes }

  /// Parts of forward, from what `pack` wrote; x, the addend and y are of f32, or of bf16 if it is native.
  public func run(
    _ part: Range<Int>, _ x: UnsafeRawPointer, packed: UnsafeRawPointer, addend: UnsafeRawPointer?, into y: UnsafeMutableRawPointer,
    slab: UnsafeMutableRawPointer
  ) {
    var pieces = Scratch(UnsafeMutableRawPointer(mutating: packed))
    let (panels, bias) = (pieces.take(floats: packedFloats), pieces.take(floats: Int(shape.out_c)))
    withUnsafePointer(to: shape) { shape in
      withUnsafePointer(to: epilogue) { last in
        zoo_conv_forward(
          shape, x, panels, bias, addend, last, y, slab.assumingMemoryBound(to: Float.self), Int64(part.lowerBound),
          Int64(part.upperBound))
      }
    }
  }

  /// The same of bf16, if it is native.
  public func forward(
    _ call: Call, _ x: UnsafePointer<UInt16>, packed: UnsafeRawPointer?,
    weight: @autoclosure () -> UnsafePointer<Float>, bias: @autoclosure () -> UnsafePointer<Float>?,
    addend: UnsafePointer<UInt16>? = nil, into y: UnsafeMutablePointer<UInt16>, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    guard isNative else { throw .internal("the convolution was planned for f32") }
    try compute(call, x, packed: packed, weight, bias, addend: addend, into: y, scratch: scratch)
  }

  private func compute<Element>(
    _ call: Call, _ x: UnsafePointer<Element>, packed: UnsafeRawPointer?, _ weight: () -> UnsafePointer<Float>,
    _ bias: () -> UnsafePointer<Float>?, addend: UnsafePointer<Element>?, into y: UnsafeMutablePointer<Element>,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    if adds, addend == nil { throw .internal("there is nothing to add") }
    var pieces = Scratch(packed.map { UnsafeMutableRawPointer(mutating: $0) } ?? scratch)
    let (panels, packedBias) = (pieces.take(floats: packedFloats), pieces.take(floats: Int(shape.out_c)))
    if packed == nil { try pack(call, weight(), bias(), into: panels, packedBias) }
    let rest = packed == nil ? pieces.rest : scratch
    if let large {
      if let addend, addend != UnsafePointer(y) { try copyRows(call, addend, to: y) }
      return try large.execute(from: x, packed: panels, bias: packedBias, into: y, scratch: rest)
    }
    try call.parallel(tasks.count, grain: taskGrain) { part, slot in
      run(part, x, packed: UnsafeRawPointer(panels), addend: addend, into: y, slab: rest + slot * tasks.slabBytes)
    }
  }

  /// Packs as one of the layer's threads, with the others.
  private func pack(
    _ call: Call, _ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?, into panels: UnsafeMutablePointer<Float>,
    _ packedBias: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    copy(bias, into: packedBias)
    if let large { return try large.pack(weight, into: panels) }
    try parallel(call, packed.panels, grain: packed.grain) { shape, part in
      zoo_conv_pack(shape, weight, Int64(part.lowerBound), Int64(part.upperBound), panels)
    }
  }

  /// All pixels of y's shape.
  private func copyRows<Element>(
    _ call: Call, _ from: UnsafePointer<Element>, to: UnsafeMutablePointer<Element>
  ) throws(LayerError) {
    try call.parallel(toBias.rows, grain: Grain.moving(floats: toBias.columns)) { part, _ in
      let start = part.lowerBound * toBias.columns
      (to + start).update(from: from + start, count: part.count * toBias.columns)
    }
  }

  /// The gradients that are wanted, from dy.
  public func backward(
    _ call: Call, x: UnsafePointer<Float>?, weight: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>?,
    dweight: UnsafeMutablePointer<Float>?, dbias: UnsafeMutablePointer<Float>?, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    if let dx { try inputGradient(call, weight: weight, dy: dy, into: dx, scratch: scratch) }
    if let dweight, let x { try weightGradient(call, x: x, dy: dy, into: dweight, scratch: scratch) }
    if let dbias { try toBias.execute(call, dy, into: dbias, scratch: scratch) }
  }

  /// Writes the weight in the layout that `inputGradient` likes best.
  public func packTurned(weight: UnsafePointer<Float>, into memory: UnsafeMutableRawPointer) throws(LayerError) {
    let panels = memory.assumingMemoryBound(to: Float.self)
    if let large = largeBackward { return try large.pack(weight, into: panels) }
    withUnsafePointer(to: shape) { zoo_conv_back_pack($0, weight, 0, Int64(turned.panels), panels) }
  }

  /// The gradient by x, which is also the convolution that is transposed to this one; with `packed`, the weight is not read.
  public func inputGradient(
    _ call: Call, packed: UnsafeRawPointer? = nil, weight: @autoclosure () -> UnsafePointer<Float>, dy: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    let panels = UnsafeMutableRawPointer(mutating: packed ?? UnsafeRawPointer(scratch)).assumingMemoryBound(to: Float.self)
    let rest = packed == nil ? scratch + turnedBytes : scratch
    if let large = largeBackward {
      if packed == nil { try large.pack(weight(), into: panels) }
      return try large.execute(from: dy, packed: panels, bias: nil, into: dx, scratch: rest)
    }
    if packed == nil {
      let (layout, weight) = (turned, weight())
      try parallel(call, layout.panels, grain: layout.grain) { shape, part in
        zoo_conv_back_pack(shape, weight, Int64(part.lowerBound), Int64(part.upperBound), panels)
      }
    }
    try parallel(call, backTasks, slabs: rest) { shape, part, slab in
      zoo_conv_back(shape, dy, panels, dx, slab, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }

  private func weightGradient(
    _ call: Call, x: UnsafePointer<Float>, dy: UnsafePointer<Float>, into dweight: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    var pieces = Scratch(scratch)
    let partial = pieces.take(floats: measured(zoo_conv_weight_partial))
    try parallel(call, weightTasks, slabs: pieces.rest) { shape, part, slab in
      zoo_conv_weight(shape, x, dy, partial, slab, Int64(part.lowerBound), Int64(part.upperBound))
    }
    let (panels, weights) = (measured(zoo_conv_weight_panels), Int(shape.group_in * shape.kernel_h * shape.kernel_w * shape.out_c))
    try parallel(call, panels, grain: Grain.moving(floats: weights * Int(shape.chunks) / panels)) { shape, part in
      zoo_conv_weight_sum(shape, partial, dweight, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }

  /// `call.parallel` over tasks of the arithmetic, with a slab of each thread's own.
  private func parallel(
    _ call: Call, _ tasks: Tasks, slabs: UnsafeMutableRawPointer,
    _ body: (_ shape: UnsafePointer<zoo_conv>, _ part: Range<Int>, _ slab: UnsafeMutablePointer<Float>) -> Void
  ) throws(LayerError) {
    try call.parallel(tasks.count, grain: Grain.computing(flops: flops / Double(tasks.count))) { part, slot in
      let slab = (slabs + slot * tasks.slabBytes).assumingMemoryBound(to: Float.self)
      withUnsafePointer(to: shape) { body($0, part, slab) }
    }
  }

  /// `call.parallel` over pieces that are copied.
  private func parallel(
    _ call: Call, _ count: Int, grain: Int, _ body: (_ shape: UnsafePointer<zoo_conv>, _ part: Range<Int>) -> Void
  ) throws(LayerError) {
    try call.parallel(count, grain: grain) { part, _ in withUnsafePointer(to: shape) { body($0, part) } }
  }
}
