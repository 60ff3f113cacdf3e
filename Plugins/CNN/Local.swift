import ZooKernels
import ZooPlugin

/// A locally connected layer: a convolution whose weights are not shared, each element of y having a kernel of its own.
///
///     y[n, i, j, o] = bias[i, j, o] + sum_{p, q, c} x[n, row(i, p), column(j, q), c] weight[i, j, o, c, p, q]
///     row(i, p) = i * stride - top + p * dilation, column(j, q) = j * stride - left + q * dilation
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', channels]`, and the same with one axis. `weight` is
///   `[H', W', channels, C, kh, kw]`, a convolution's weight for each place of `y`, and `bias` is `[H', W', channels]`; PyTorch has no such
///   layer.
/// - Reference: LeCun 1989, Generalization and network design strategies.
struct Local<G: Grid>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.local\(G.suffix)", "A convolution whose weights are not shared: each element of y has a kernel of its own.",
      formula: "y[n, \(G.places), o] = bias[\(G.places), o] + sum_{\(G.taps), c} x[n, \(G.window(dilated: true)), c] "
        + "weight[\(G.places), o, c, \(G.taps)]",
      reference: "LeCun 1989, Generalization and network design strategies",
      attributes: [
        Attribute("channels", \.channels, .required, in: 1...1e9, "The channels of y."),
        Attribute("kernel", \.kernel, .required, in: pixels, "\(G.extent) of the kernels, in \(G.unit)."),
        Attribute("stride", \.stride, in: pixels, "How far it is from one window to the next, in \(G.unit)."),
        Attribute("padding", \.padding, in: 0...1_000_000, G.paddingWords("Zeros around x")),
        Attribute("dilation", \.dilation, in: pixels, "How far it is from one element of a kernel to the next, in \(G.unit)."),
        Attribute("bias", \.hasBias, "Whether anything is added."),
      ],
      inputs: [Port("x", G.input)], outputs: [Port("y", G.output("channels"))])
  }

  var channels = 1
  var kernel = [1]
  var stride = [1]
  var padding = Padding.valid
  var dilation = [1]
  var hasBias = true
  private var convolution: LocalConvolution?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.batch(over: G.self)
    let kernel = try G.each(kernel, "kernel")
    let windows = try G.windows(
      over: x, size: kernel, stride: G.each(stride, "stride"), dilation: G.each(dilation, "dilation"), padding: padding.axes(of: G.self))
    let places = windows.map(\.output)
    let y = Spec(windows.shape(x.shape[0], channels))
    let weight = places + [channels, x.width] + kernel
    let shape = try KernelShape(weight: weight, bias: hasBias ? places + [channels] : nil, fan: 1 + G.rank, output: y)

    // Rows are what threads share: a sequence is an image one pixel wide.
    let convolution = LocalConvolution(
      images: x.shape[0], height: windows[0], width: windows.count == 1 ? .one : windows[1], inputs: x.width, outputs: channels,
      threads: request.threadCount)
    self.convolution = convolution
    var plan = Plan(outputs: [y])
    plan.parameters = shape.parameters
    plan.neededInputs = [0]
    plan.isRowIndependent = true
    plan.flops = convolution.flops
    plan.forwardScratch = convolution.scratchBytes
    if request.isTraining { plan.backwardScratch = convolution.scratchBytes }
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let parameters = call.parameters
    try convolution?.forward(
      call, call.inputs[0].floats, weight: parameters[0].floats, bias: hasBias ? parameters[1].floats : nil, into: call.outputs[0].floats)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try convolution?.backward(
      call, x: call.inputs.optional(0)?.floats, weight: call.parameters[0].floats, dy: dy, dx: call.inputGradients.optional(0)?.floats,
      dweight: call.parameterGradients.optional(0)?.floats, dbias: hasBias ? call.parameterGradients.optional(1)?.floats : nil)
  }
}
