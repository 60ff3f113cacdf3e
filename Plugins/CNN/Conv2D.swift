import ZooKernels
import ZooPlugin

/// A convolution of images.
///
///     y[n, i, j, o] = bias[o] + sum_{p, q, c} x[n, row(i, p), column(j, q), c] weight[o, c, p, q]
///     row(i, p) = i * stride - top + p * dilation, column(j, q) = j * stride - left + q * dilation
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', channels]`; `weight` is `[channels, C / groups, kh, kw]`, `bias` is `[channels]`,
///   as in PyTorch's `Conv2d`. With groups, channel `o` sees only the channels of `x` in its group.
struct Conv2D: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.conv2d", "A convolution of images.",
      formula: "y[n, i, j, o] = bias[o] + sum_{p, q, c} x[n, row(i, p), column(j, q), c] weight[o, c, p, q], "
        + "row(i, p) = i * stride - top + p * dilation, column(j, q) = j * stride - left + q * dilation",
      reference: "LeCun et al. 1998, doi:10.1109/5.726791",
      attributes: [
        Attribute("channels", \.channels, .required, in: 1...1e9, "The channels of y."),
        Attribute("kernel", \.kernel, .required, in: pixels, "Height and width of the kernel, in pixels."),
        Attribute("stride", \.stride, in: pixels, "Pixels from one window to the next, down and across."),
        Attribute(
          "padding", \.padding, in: 0...1_000_000,
          "Zeros around the image: same, valid, or their number for all sides, (height, width) or four."),
        Attribute("dilation", \.dilation, in: pixels, "Pixels from one element of the kernel to the next, down and across."),
        Attribute("groups", \.groups, in: 1...1e9, "How many groups the channels are cut into, each convolved by itself."),
        Attribute("bias", \.hasBias, "Whether anything is added."),
      ],
      inputs: [Port("x", "[N, H, W, C]")], outputs: [Port("y", "[N, H', W', channels]")], bf16: .faster)
  }

  var channels = 1
  var kernel = [1]
  var stride = [1]
  var padding = Padding.valid
  var dilation = [1]
  var groups = 1
  var hasBias = true
  private var convolution: Convolution?
  private var planned: Plan?
  private var joined: JoinedProducts?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.images()
    let (kernel, stride, dilation) = (try kernel.pair("kernel"), try stride.pair("stride"), try dilation.pair("dilation"))
    let padding = try padding.axes(), around = try request.imagePadding()
    let height = try WindowAxis(
      "height", input: x.shape[1], around: around.height, size: kernel.height, stride: stride.height, dilation: dilation.height,
      padding: padding.height)
    let width = try WindowAxis(
      "width", input: x.shape[2], around: around.width, size: kernel.width, stride: stride.width, dilation: dilation.width,
      padding: padding.width)
    let inputs = x.shape[3]
    try KernelShape.check(groups: groups, inputs: inputs, outputs: channels)
    let y = Spec([x.shape[0], height.output, width.output, channels])
    let shape = try KernelShape(
      weight: [channels, inputs / groups, kernel.height, kernel.width], bias: hasBias ? [channels] : nil, output: y)

    let convolution = Convolution(
      images: x.shape[0], height: height, width: width, inputs: inputs, outputs: channels, groups: groups, threads: request.threadCount,
      isTraining: request.isTraining, epilogue: request.epilogue?.raw, adds: request.foldsAddend,
      outputStep: request.rowStride ?? 0, isBF16: request.isBF16)
    self.convolution = convolution
    var plan = Plan(outputs: [y])
    plan.parameters = shape.parameters
    plan.neededInputs = [0]
    plan.isRowIndependent = true
    plan.flops = convolution.flops
    if convolution.isNative {
      plan.nativeBF16 = .forward
      plan.bytes = Double(convolution.packedBytes)
    }
    plan.packedBytes = convolution.packedBytes
    plan.forwardScratch = convolution.forwardScratch(packed: !request.isTraining)
    if request.isTraining {
      plan.backwardScratch = convolution.backwardScratch
    } else {
      plan.epilogues = convolution.epilogues
      (plan.canPad, plan.canStrideRows, plan.canJoin) = (true, convolution.canStridePixels, convolution.canJoin)
      try join(request.siblings(Self.self), into: &plan, threads: request.threadCount)
    }
    planned = plan
    return plan
  }

  /// Computes others over the same images along.
  private mutating func join(_ others: [Conv2D], into plan: inout Plan, threads: Int) throws(LayerError) {
    guard !others.isEmpty else { return }
    var products: [JoinedProducts.Product] = []
    for layer in [self] + others {
      guard let convolution = layer.convolution, convolution.canJoin else { throw .unsupported("one computes all of it by itself") }
      products.append(JoinedProducts.Product(convolution, hasBias: layer.hasBias))
    }
    plan.join(others.compactMap(\.planned))
    let joined = JoinedProducts(products, threads: threads)
    (plan.packedBytes, plan.forwardScratch) = (joined.packedBytes, joined.scratchBytes)
    self.joined = joined
  }

  func pack(_ call: PackCall) throws(LayerError) {
    if let joined { return try joined.pack(call) }
    try call.folded(hasBias: hasBias, outputs: channels) { (weight, bias) throws(LayerError) in
      try convolution?.pack(weight: weight, bias: bias, into: call.packed)
    }
  }

  func forward(_ call: Call) throws(LayerError) {
    if let joined { return try joined.forward(call) }
    guard call.packed != nil || call.isTraining else { throw .internal("the host has not packed the weight") }
    let parameters = call.parameters
    if call.inputs[0].dtype == .bf16 {
      try convolution?.forward(
        call, call.inputs[0].halves, packed: call.packed, weight: parameters[0].floats, bias: hasBias ? parameters[1].floats : nil,
        addend: call.addend?.halves, into: call.outputs[0].halves, scratch: call.scratch)
      return
    }
    try convolution?.forward(
      call, call.inputs[0].floats, packed: call.packed, weight: parameters[0].floats, bias: hasBias ? parameters[1].floats : nil,
      addend: call.addend?.floats, into: call.outputs[0].floats, scratch: call.scratch)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try convolution?.backward(
      call, x: call.inputs.optional(0)?.floats, weight: call.parameters[0].floats, dy: dy, dx: call.inputGradients.optional(0)?.floats,
      dweight: call.parameterGradients.optional(0)?.floats, dbias: hasBias ? call.parameterGradients.optional(1)?.floats : nil,
      scratch: call.scratch)
  }
}
