import CKernels
import ZooKernels
import ZooPlugin

/// The transpose of a convolution, which makes images or sequences larger: each element of x adds a window to y.
///
///     y[n, row(i, p), column(j, q), o] = bias[o] + sum_{i, j, p, q, c} x[n, i, j, c] weight[c, o, p, q]
///     row(i, p) = i * stride - top + p * dilation, column(j, q) = j * stride - left + q * dilation
///     H' = (H - 1) * stride - top - bottom + dilation * (kh - 1) + output_padding + 1; with padding 'same', H' = H * stride
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', channels]`; `weight` is `[C, channels / groups, kh, kw]`, `bias` is `[channels]`,
///   as in PyTorch's `ConvTranspose2d`; and the same with one axis. With groups, a channel of `y` sees only the channels of `x` in its group.
/// - Reference: Dumoulin & Visin 2016, <https://arxiv.org/abs/1603.07285>.
struct ConvTranspose<G: Grid>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.conv_transpose\(G.suffix)", "The transpose of a convolution, which makes \(G.rank == 1 ? "sequences" : "images") larger.",
      formula: "y[n, \(G.window(dilated: true)), o] = bias[o] + sum_{\(G.places), \(G.taps), c} x[n, \(G.places), c] "
        + "weight[c, o, \(G.taps)]",
      reference: "Dumoulin & Visin 2016, arXiv:1603.07285",
      attributes: [
        Attribute("channels", \.channels, .required, in: 1...1e9, "The channels of y."),
        Attribute("kernel", \.kernel, .required, in: pixels, "\(G.extent) of the kernel, in \(G.unit)."),
        Attribute("stride", \.stride, in: pixels, "How far it is from one window of y to the next, in \(G.unit)."),
        Attribute(
          "padding", \.padding, in: 0...1_000_000,
          G.paddingWords("What is cut off y", same: "same (y is stride times as large as x)", valid: "valid (nothing)")),
        Attribute("output_padding", \.outputPadding, in: 0...1_000_000, "What is added to y behind all windows, in \(G.unit)."),
        Attribute("dilation", \.dilation, in: pixels, "How far it is from one element of the kernel to the next, in \(G.unit)."),
        Attribute("groups", \.groups, in: 1...1e9, "How many groups the channels are cut into, each convolved by itself."),
        Attribute("bias", \.hasBias, "Whether anything is added."),
      ],
      inputs: [Port("x", G.input)], outputs: [Port("y", G.output("channels"))])
  }

  var channels = 1
  var kernel = [1]
  var stride = [1]
  var padding = Padding.valid
  var outputPadding = [0]
  var dilation = [1]
  var groups = 1
  var hasBias = true
  /// The convolution from y to x.
  private var convolution: Convolution?
  private var toBias = ColumnSums(rows: 0, columns: 0)
  private var last = zoo_epilogue()
  private var hasEpilogue = false

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.batch(over: G.self)
    let windows = try windows(to: x)
    let inputs = x.width
    try KernelShape.check(groups: groups, inputs: inputs, outputs: channels)
    let y = Spec([x.shape[0]] + windows.map(\.input) + [channels])
    let weight = [inputs, channels / groups] + windows.map(\.size)
    let shape = try KernelShape(weight: weight, bias: hasBias ? [channels] : nil, output: y)

    let (height, width) = windows.plane
    let convolution = Convolution(
      images: x.shape[0], height: height, width: width, inputs: channels, outputs: inputs, groups: groups, threads: request.threadCount)
    self.convolution = convolution
    toBias = ColumnSums(rows: y.rows, columns: channels)
    if let epilogue = request.epilogue { (last, hasEpilogue) = (epilogue.raw, true) }
    var plan = Plan(outputs: [y])
    plan.parameters = shape.parameters
    plan.neededInputs = [0]
    plan.isRowIndependent = true
    plan.flops = convolution.flops
    plan.packedBytes = convolution.turnedBytes + Scratch.bytes(floats: channels)
    plan.forwardScratch = convolution.inputGradientScratch(packed: !request.isTraining)
    if request.isTraining {
      plan.backwardScratch = max(convolution.backwardScratch, convolution.forwardScratch(packed: false), toBias.scratchBytes)
    } else {
      plan.epilogues = .all
    }
    return plan
  }

  /// The windows of the convolution from y to x.
  private func windows(to x: Spec) throws(LayerError) -> [WindowAxis] {
    let (kernel, stride, dilation) = (try G.each(kernel, "kernel"), try G.each(stride, "stride"), try G.each(dilation, "dilation"))
    let (padding, further) = (try padding.axes(of: G.self), try G.each(outputPadding, "output_padding"))
    guard (0..<G.rank).allSatisfy({ further[$0] < max(stride[$0], dilation[$0]) }) else {
      throw .attribute(
        "output_padding must be smaller than stride or dilation, but it is \(further.map { "\($0)" }.joined(separator: " by "))")
    }
    if padding[0] == .same, further.contains(where: { $0 > 0 }) {
      throw .attribute("output_padding has no meaning with padding 'same', which says how large y is")
    }
    var windows: [WindowAxis] = []
    for axis in 0..<G.rank {
      windows.append(
        try WindowAxis(
          G.axes[axis], transposing: x.shape[1 + axis], size: kernel[axis], stride: stride[axis], dilation: dilation[axis],
          padding: padding[axis], further: further[axis], unit: G.unit))
    }
    return windows
  }

  func pack(_ call: PackCall) throws(LayerError) {
    guard let convolution else { return }
    try convolution.packTurned(weight: call.parameters[0].floats, into: call.packed)
    if hasBias {
      (call.packed + convolution.turnedBytes).assumingMemoryBound(to: Float.self).update(from: call.parameters[1].floats, count: channels)
    }
  }

  func forward(_ call: Call) throws(LayerError) {
    guard let convolution else { return }
    guard call.packed != nil || call.isTraining else { throw .internal("the host has not packed the weight") }
    let (y, channels, parameters) = (call.outputs[0].floats, channels, call.parameters)
    try convolution.inputGradient(
      call, packed: call.packed, weight: parameters[0].floats, dy: call.inputs[0].floats, into: y, scratch: call.scratch)
    guard hasBias || hasEpilogue else { return }
    let packedBias = call.packed.map { ($0 + convolution.turnedBytes).assumingMemoryBound(to: Float.self) }
    let bias: UnsafePointer<Float>? = hasBias ? packedBias ?? UnsafePointer(parameters[1].floats) : nil
    try call.parallel(call.outputs[0].count / channels, grain: Grain.moving(floats: 2 * channels)) { part, _ in
      if let bias { zoo_rows_add(bias, Int64(channels), y, Int64(part.lowerBound), Int64(part.upperBound)) }
      guard hasEpilogue else { return }
      withUnsafePointer(to: last) { zoo_epilogue_apply($0, y + part.lowerBound * channels, Int64(part.count * channels)) }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let convolution else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    let weight = call.parameters[0].floats
    if let dx = call.inputGradients.optional(0)?.floats {
      try convolution.forward(call, dy, packed: nil, weight: weight, bias: nil, into: dx, scratch: call.scratch)
    }
    // What x is to this layer is the gradient of the convolution's output, and the other way around.
    if let dweight = call.parameterGradients.optional(0)?.floats, let x = call.inputs.optional(0)?.floats {
      try convolution.backward(call, x: dy, weight: weight, dy: x, dx: nil, dweight: dweight, dbias: nil, scratch: call.scratch)
    }
    if hasBias, let dbias = call.parameterGradients.optional(1)?.floats {
      try toBias.execute(call, dy, into: dbias, scratch: call.scratch)
    }
  }
}
