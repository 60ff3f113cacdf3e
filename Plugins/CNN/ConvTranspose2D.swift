import CKernels
import ZooKernels
import ZooPlugin

/// The transpose of a convolution, which makes images larger: each pixel of x adds a window to y, of which padding is cut off.
///
///     y[n, row(i, p), column(j, q), o] = bias[o] + sum_{i, j, p, q, c} x[n, i, j, c] weight[c, o, p, q]
///     row(i, p) = i * stride - top + p * dilation, column(j, q) = j * stride - left + q * dilation
///     H' = (H - 1) * stride - top - bottom + dilation * (kh - 1) + output_padding + 1; with padding 'same', H' = H * stride
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', channels]`; `weight` is `[C, channels / groups, kh, kw]`, `bias` is `[channels]`,
///   as in PyTorch's `ConvTranspose2d`. With groups, a channel of `y` sees only the channels of `x` in its group.
/// - Reference: Dumoulin & Visin 2016, <https://arxiv.org/abs/1603.07285>.
struct ConvTranspose2D: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.conv_transpose2d", "The transpose of a convolution, which makes images larger.",
      formula: "y[n, row(i, p), column(j, q), o] = bias[o] + sum_{i, j, p, q, c} x[n, i, j, c] weight[c, o, p, q], "
        + "row(i, p) = i * stride - top + p * dilation, column(j, q) = j * stride - left + q * dilation",
      reference: "Dumoulin & Visin 2016, arXiv:1603.07285",
      attributes: [
        Attribute("channels", \.channels, .required, in: 1...1e9, "The channels of y."),
        Attribute("kernel", \.kernel, .required, in: pixels, "Height and width of the kernel, in pixels."),
        Attribute("stride", \.stride, in: pixels, "Pixels of y from one window to the next, down and across."),
        Attribute(
          "padding", \.padding, in: 0...1_000_000,
          "What is cut off y: same (y is stride times as large as x), valid (nothing), or pixels for all sides, (height, width) or four."),
        Attribute("output_padding", \.outputPadding, in: 0...1_000_000, "Pixels added to y at the bottom and at the right."),
        Attribute("dilation", \.dilation, in: pixels, "Pixels from one element of the kernel to the next, down and across."),
        Attribute("groups", \.groups, in: 1...1e9, "How many groups the channels are cut into, each convolved by itself."),
        Attribute("bias", \.hasBias, "Whether anything is added."),
      ],
      inputs: [Port("x", "[N, H, W, C]")], outputs: [Port("y", "[N, H', W', channels]")])
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
    let x = try request.images()
    let (kernel, stride, dilation) = (try kernel.pair("kernel"), try stride.pair("stride"), try dilation.pair("dilation"))
    let (padding, further) = (try padding.axes(), try outputPadding.pair("output_padding"))
    guard further.height < max(stride.height, dilation.height), further.width < max(stride.width, dilation.width) else {
      throw .attribute("output_padding must be smaller than stride or dilation, but it is \(further.height) by \(further.width)")
    }
    if padding.height == .same, further.height > 0 || further.width > 0 {
      throw .attribute("output_padding has no meaning with padding 'same', which says how large y is")
    }
    let height = try WindowAxis(
      "height", transposing: x.shape[1], size: kernel.height, stride: stride.height, dilation: dilation.height, padding: padding.height,
      further: further.height)
    let width = try WindowAxis(
      "width", transposing: x.shape[2], size: kernel.width, stride: stride.width, dilation: dilation.width, padding: padding.width,
      further: further.width)
    let inputs = x.shape[3]
    guard inputs.isMultiple(of: groups), channels.isMultiple(of: groups) else {
      throw .attribute("\(groups) groups must divide both the \(inputs) channels of x and the \(channels) of y")
    }
    let weight = [inputs, channels / groups, kernel.height, kernel.width]
    let y = Spec([x.shape[0], height.input, width.input, channels])
    guard let size = product(weight), size < 1 << 40 else { throw .attribute("a weight of \(weight) elements is too large") }
    guard let count = product(y.shape), count < 1 << 40 else { throw .attribute("an output of \(y.shape) elements is too large") }

    let convolution = Convolution(
      images: x.shape[0], height: height, width: width, inputs: channels, outputs: inputs, groups: groups, threads: request.threadCount)
    self.convolution = convolution
    toBias = ColumnSums(rows: y.rows, columns: channels)
    if let epilogue = request.epilogue { (last, hasEpilogue) = (epilogue.raw, true) }
    var plan = Plan(outputs: [y])
    let fanIn = size / inputs  // as PyTorch counts it
    plan.parameters = [Parameter("weight", weight, .lecunUniform(fanIn: fanIn))]
    if hasBias { plan.parameters.append(Parameter("bias", [channels], .lecunUniform(fanIn: fanIn), .noDecay)) }
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
