import ZooKernels
import ZooPlugin

/// A convolution of sequences, which may be a stream that comes in pieces.
///
///     y[n, t, o] = bias[o] + sum_{p, c} x[n, t * stride - before + p * dilation, c] weight[o, c, p]
///
/// - Shapes: `x` is `[N, T, C]`, `y` is `[N, T', channels]`; `weight` is `[channels, C / groups, kernel]`, `bias` is `[channels]`, as in
///   PyTorch's `Conv1d`. With padding `causal`, y at t depends on x up to t alone: `(kernel - 1) * dilation` zeros stand before x, or the
///   samples of `state`, `[N, (kernel - 1) * dilation, C]`, if it is given. Output `state` then holds the last samples of `state` followed
///   by `x`, so that a stream in pieces of any length is the whole at once.
/// - References: Waibel et al. 1989, doi:10.1109/29.21701; van den Oord et al. 2016, <https://arxiv.org/abs/1609.03499>.
struct Conv1D: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.conv1d", "A convolution of sequences, which may be a stream that comes in pieces.",
      formula: "y[n, t, o] = bias[o] + sum_{p, c} x[n, t * stride - before + p * dilation, c] weight[o, c, p]",
      reference: "Waibel et al. 1989, doi:10.1109/29.21701; causal: van den Oord et al. 2016, arXiv:1609.03499",
      attributes: [
        Attribute("channels", \.channels, .required, in: 1...1e9, "The channels of y."),
        Attribute("kernel", \.kernel, .required, in: pixels, "The length of the kernel, in steps."),
        Attribute("stride", \.stride, in: pixels, "Steps from one window to the next."),
        Attribute(
          "padding", \.padding, in: 0...1_000_000,
          "Zeros around x: same, valid, causal (all before it, so that y sees no later step), their number for both ends, or (before, after)."
        ),
        Attribute("dilation", \.dilation, in: pixels, "Steps from one element of the kernel to the next."),
        Attribute("groups", \.groups, in: 1...1e9, "How many groups the channels are cut into, each convolved by itself."),
        Attribute("bias", \.hasBias, "Whether anything is added."),
      ],
      inputs: [
        Port("x", Line.input),
        Port(
          "state", "[N, S, C]", "The S = (kernel - 1) * dilation steps before x; for inference, with padding causal.",
          [.optional, .notDifferentiable]),
      ],
      outputs: [
        Port("y", Line.output("channels")),
        Port("state", "[N, S, C]", "With a state alone: the last S steps of state followed by x.", .notDifferentiable),
      ],
      checks: [
        CheckCase(#"{"channels": 6, "kernel": 3, "groups": 2, "padding": "same"}"#, "f32[3, 7, 4]"),
        CheckCase(#"{"channels": 5, "kernel": 3, "padding": [2, 1], "stride": 2, "bias": false}"#, "f32[2, 8, 4]"),
        CheckCase(#"{"channels": 3, "kernel": 2, "padding": "causal", "dilation": 3}"#, "f32[2, 9, 5]"),
        CheckCase(#"{"channels": 4, "kernel": 3, "padding": "causal", "dilation": 2}"#, "f32[2, 1, 3]; f32[2, 4, 3]"),
        CheckCase(#"{"channels": 4, "kernel": 3, "padding": "causal", "groups": 2}"#, "f32[2, 7, 6]; f32[2, 2, 6]"),
      ])
  }

  var channels = 1
  var kernel = 1
  var stride = 1
  var padding = SequencePadding.around(.valid)
  var dilation = 1
  var groups = 1
  var hasBias = true
  /// One of the two.
  private var convolution: Convolution?
  private var stream: CausalStream?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.batch(over: Line.self)
    let windows = try Line.windows(
      over: x, size: [kernel], stride: [stride], dilation: [dilation], padding: [padding.axis(reach: (kernel - 1) * dilation)])
    let (items, inputs) = (x.shape[0], x.width)
    try KernelShape.check(groups: groups, inputs: inputs, outputs: channels)
    let y = Spec(windows.shape(items, channels))
    let shape = try KernelShape(weight: [channels, inputs / groups, kernel], bias: hasBias ? [channels] : nil, output: y)

    var plan = Plan(outputs: [y])
    plan.parameters = shape.parameters
    plan.isRowIndependent = true
    if let state = try state(request, x: x) {
      let stream = try CausalStream(
        items: items, samples: x.shape[1], inputs: inputs, outputs: channels, kernel: kernel, dilation: dilation, groups: groups,
        threads: request.threadCount, epilogue: request.epilogue?.raw, adds: request.foldsAddend)
      self.stream = stream
      plan.epilogues = stream.epilogues
      plan.outputs.append(state)
      plan.aliases = [(output: 1, input: 1)]
      plan.flops = stream.flops
      plan.packedBytes = stream.packedBytes
      plan.forwardScratch = stream.forwardScratch
      return plan
    }
    let convolution = Convolution(
      images: items, height: .one, width: windows[0], inputs: inputs, outputs: channels, groups: groups, threads: request.threadCount,
      isTraining: request.isTraining, epilogue: request.epilogue?.raw, adds: request.foldsAddend)
    self.convolution = convolution
    plan.neededInputs = [0]
    plan.flops = convolution.flops
    plan.packedBytes = convolution.packedBytes
    plan.forwardScratch = convolution.forwardScratch(packed: !request.isTraining)
    if request.isTraining {
      plan.backwardScratch = convolution.backwardScratch
    } else {
      plan.epilogues = convolution.epilogues
    }
    return plan
  }

  /// The state, if it is given and fits.
  private func state(_ request: PlanRequest, x: Spec) throws(LayerError) -> Spec? {
    guard request.optional(1) != nil else { return nil }
    guard !request.isTraining else { throw .unsupported("a state is for inference: training takes the whole sequence, without one") }
    guard padding == .causal else { throw .attribute("a state holds the steps before x, so with one padding must be 'causal'") }
    guard stride == 1 else { throw .attribute("with a state, stride must be 1, so that every piece of a stream has its steps of y") }
    guard kernel > 1 else { throw .attribute("a kernel of 1 sees no step before x, so there must be no state") }
    let state = try request.float(1, "state", rank: 3...3)
    let expected = Spec([x.shape[0], (kernel - 1) * dilation, x.width])
    guard state == expected else {
      throw .shape("state for x of \(x.shape) must have the shape \(expected.shape), but its shape is \(state.shape)")
    }
    return state
  }

  func pack(_ call: PackCall) throws(LayerError) {
    try call.folded(hasBias: hasBias, outputs: channels) { weight, bias throws(LayerError) in
      try stream?.pack(weight: weight, bias: bias, into: call.packed)
      try convolution?.pack(weight: weight, bias: bias, into: call.packed)
    }
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, y, parameters) = (call.inputs[0].floats, call.outputs[0].floats, call.parameters)
    guard call.packed != nil || call.isTraining else { throw .internal("the host has not packed the weight") }
    if let packed = call.packed, let stream {
      return try stream.forward(
        call, x, state: call.inputs[1].floats, packed: packed, weight: parameters[0].floats, addend: call.addend?.floats, into: y,
        next: call.outputs[1].floats)
    }
    try convolution?.forward(
      call, x, packed: call.packed, weight: parameters[0].floats, bias: hasBias ? parameters[1].floats : nil,
      addend: call.addend?.floats, into: y, scratch: call.scratch)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try convolution?.backward(
      call, x: call.inputs.optional(0)?.floats, weight: call.parameters[0].floats, dy: dy, dx: call.inputGradients.optional(0)?.floats,
      dweight: call.parameterGradients.optional(0)?.floats, dbias: hasBias ? call.parameterGradients.optional(1)?.floats : nil,
      scratch: call.scratch)
  }
}

/// How a sequence is widened with zeros.
enum SequencePadding: AttributeValue, Hashable {
  /// As many before it as a window reaches back.
  case causal
  /// As any grid.
  case around(Padding)

  static var attributeType: AttributeType { .integers }
  static var choices: [String] { Padding.choices + ["causal"] }

  init?(literal: AttributeLiteral) {
    if literal == .text("causal") {
      self = .causal
    } else if let padding = Padding(literal: literal) {
      self = .around(padding)
    } else {
      return nil
    }
  }

  var literal: AttributeLiteral {
    switch self {
    case .causal: .text("causal")
    case .around(let padding): padding.literal
    }
  }

  /// The padding of the one axis, under windows that reach back so far.
  func axis(reach: Int) throws(LayerError) -> WindowAxis.Padding {
    switch self {
    case .causal: .explicit(before: reach, after: 0)
    case .around(let padding): try padding.axes(of: Line.self)[0]
    }
  }
}
