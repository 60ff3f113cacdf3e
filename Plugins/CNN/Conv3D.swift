import ZooKernels
import ZooPlugin

/// A convolution of volumes, such as scans, or films with time as their depth.
///
///     y[n, h, i, j, r] = bias[r] + sum_{o, p, q, c} x[n, h * stride + o * dilation - front, ..., c] weight[r, c, o, p, q]
///
/// - Shapes: `x` is `[N, D, H, W, C]`, `y` is `[N, D', H', W', channels]`; `weight` is `[channels, C / groups, kd, kh, kw]`, `bias` is
///   `[channels]`, as in PyTorch's `Conv3d`. With groups, a channel of `y` sees only the channels of `x` in its group.
/// - Reference: Tran et al. 2015, <https://arxiv.org/abs/1412.0767>.
struct Conv3D: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.conv3d", "A convolution of volumes, such as scans, or films with time as their depth.",
      formula: "y[n, \(Volume.places), r] = bias[r] + sum_{\(Volume.taps), c} x[n, \(Volume.window(dilated: true)), c] "
        + "weight[r, c, \(Volume.taps)]",
      reference: "Tran et al. 2015, arXiv:1412.0767",
      attributes: [
        Attribute("channels", \.channels, .required, in: 1...1e9, "The channels of y."),
        Attribute("kernel", \.kernel, .required, in: pixels, "Depth, height and width of the kernel, in voxels."),
        Attribute("stride", \.stride, in: pixels, "How far it is from one window to the next, in voxels."),
        Attribute("padding", \.padding, in: 0...1_000_000, Volume.paddingWords("Zeros around x")),
        Attribute("dilation", \.dilation, in: pixels, "How far it is from one element of the kernel to the next, in voxels."),
        Attribute("groups", \.groups, in: 1...1e9, "How many groups the channels are cut into, each convolved by itself."),
        Attribute("bias", \.hasBias, "Whether anything is added."),
      ],
      inputs: [Port("x", Volume.input)], outputs: [Port("y", Volume.output("channels"))],
      checks: [
        CheckCase(#"{"channels": 3, "kernel": [3, 2, 1], "padding": "same"}"#, "f32[2, 4, 3, 2, 5]"),
        CheckCase(#"{"channels": 4, "kernel": 2, "groups": 2, "stride": [1, 2, 1], "padding": 1}"#, "f32[1, 3, 2, 4, 6]"),
        CheckCase(#"{"channels": 2, "kernel": 2, "dilation": 2, "bias": false}"#, "f32[1, 3, 4, 3, 2]"),
      ])
  }

  var channels = 1
  var kernel = [1]
  var stride = [1]
  var padding = Padding.valid
  var dilation = [1]
  var groups = 1
  var hasBias = true
  private var convolution: VolumeConvolution?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.batch(over: Volume.self)
    let kernel = try Volume.each(kernel, "kernel")
    let windows = try Volume.windows(
      over: x, size: kernel, stride: Volume.each(stride, "stride"), dilation: Volume.each(dilation, "dilation"),
      padding: padding.axes(of: Volume.self))
    try KernelShape.check(groups: groups, inputs: x.width, outputs: channels)
    let y = Spec(windows.shape(x.shape[0], channels))
    let shape = try KernelShape(weight: [channels, x.width / groups] + kernel, bias: hasBias ? [channels] : nil, output: y)
    guard let slices = product([x.shape[2], x.shape[3], x.width, kernel[0]]), slices < 1 << 32 else {
      throw .attribute("a kernel \(kernel[0]) slices deep is too large for slices of \(x.shape.suffix(3)) elements")
    }

    let convolution = VolumeConvolution(
      volumes: x.shape[0], depth: windows[0], height: windows[1], width: windows[2], inputs: x.width, outputs: channels, groups: groups,
      threads: request.threadCount, isTraining: request.isTraining)
    self.convolution = convolution
    var plan = Plan(outputs: [y])
    plan.parameters = shape.parameters
    plan.neededInputs = [0]
    plan.isRowIndependent = true
    plan.flops = convolution.flops
    plan.packedBytes = convolution.packedBytes
    plan.forwardScratch = convolution.forwardScratch(packed: !request.isTraining)
    if request.isTraining { plan.backwardScratch = convolution.backwardScratch }
    return plan
  }

  func pack(_ call: PackCall) throws(LayerError) {
    try convolution?.pack(weight: call.parameters[0].floats, bias: hasBias ? call.parameters[1].floats : nil, into: call.packed)
  }

  func forward(_ call: Call) throws(LayerError) {
    guard call.packed != nil || call.isTraining else { throw .internal("the host has not packed the weight") }
    let parameters = call.parameters
    try convolution?.forward(
      call, call.inputs[0].floats, packed: call.packed, weight: parameters[0].floats, bias: hasBias ? parameters[1].floats : nil,
      into: call.outputs[0].floats)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try convolution?.backward(
      call, x: call.inputs.optional(0)?.floats, weight: call.parameters[0].floats, dy: dy, dx: call.inputGradients.optional(0)?.floats,
      dweight: call.parameterGradients.optional(0)?.floats, dbias: hasBias ? call.parameterGradients.optional(1)?.floats : nil)
  }
}
