import ZooKernels
import ZooPlugin

/// A long short-term memory over whole sequences.
///
///     i, f, o = sigmoid(z), g = tanh(z),  z = weight_ih x[n, t] + bias_ih + weight_hh h + bias_hh
///     c' = f c + i g,  h' = o tanh(c'),  y[n, t] = h'
///
/// - Shapes: `x` is `[N, T, C]`, `y` is `[N, T, units]`, states are `[N, units]` and start as zeros if absent; `weight_ih_l0` is
///   `[4 units, C]`, `weight_hh_l0` is `[4 units, units]`, as in PyTorch's `LSTM` of one layer, with the gates in the order i, f, g, o.
/// - Reference: Hochreiter & Schmidhuber 1997, <https://doi.org/10.1162/neco.1997.9.8.1735>.
struct LongShortTermMemory: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "rnn.lstm", "A long short-term memory over whole sequences.", formula: lstmFormula + "; y[n, t] = h' after step t",
      reference: lstmReference,
      attributes: [
        Attribute("units", \.units, .required, in: 1...1e9, "The length of the states and of the last axis of y."),
        Attribute("bias", \.hasBias, "Whether anything is added to the gates."),
        Attribute("reverse", \.isReversed, "Whether steps are taken from the last to the first."),
      ],
      inputs: [
        Port("x", "[N, T, C]"), Port("h", "[N, units]", "The state to start from; zeros if absent.", .optional),
        Port("c", "[N, units]", "The cells to start from; zeros if absent.", .optional),
      ],
      outputs: [
        Port("y", "[N, T, units]", "The state after every step."), Port("h", "[N, units]", "The last state."),
        Port("c", "[N, units]", "The last cells."),
      ])
  }

  var units = 1
  var hasBias = true
  var isReversed = false
  private var lstm: LSTM?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 3...3)
    try request.checkStates(of: x, units: units)
    try checkSizes(steps: x.rows, inputs: x.width, units: units)
    let lstm = LSTM(
      rows: x.shape[0], steps: x.shape[1], inputs: x.width, units: units, goesBack: isReversed, isTraining: request.isTraining)
    self.lstm = lstm
    let state = Spec([x.shape[0], units])
    var plan = lstm.plan(
      request, outputs: [Spec([x.shape[0], x.shape[1], units]), state, state], inputs: x.width, units: units, hasBias: hasBias,
      suffix: "_l0")
    plan.neededOutputs = [0]
    plan.aliases = [(1, 1), (2, 2)]
    return plan
  }

  func pack(_ call: PackCall) throws(LayerError) { try lstm?.pack(LSTM.Weights(call.parameters), into: call.packed) }

  func forward(_ call: Call) throws(LayerError) {
    guard call.packed != nil || call.isTraining else { throw .internal("the host has not packed the weights") }
    let (inputs, outputs) = (call.inputs, call.outputs)
    let sequence = LSTM.Sequence(
      x: inputs[0].floats, h: inputs.optional(1)?.floats, c: inputs.optional(2)?.floats, y: outputs[0].floats, lastH: outputs[1].floats,
      lastC: outputs[2].floats)
    try lstm?.forward(call, sequence, packed: call.packed, weights: LSTM.Weights(call.parameters))
  }

  func backward(_ call: Call) throws(LayerError) {
    let (inputs, gradients) = (call.inputs, call.outputGradients)
    let (dy, dh, dc) = (gradients.optional(0)?.floats, gradients.optional(1)?.floats, gradients.optional(2)?.floats)
    if dy == nil && dh == nil && dc == nil { return call.clearGradients() }
    let derivatives = LSTM.Derivatives(
      x: inputs.optional(0)?.floats, h: inputs.optional(1)?.floats, c: inputs.optional(2)?.floats, y: call.outputs.optional(0)?.floats,
      dy: dy, dh: dh, dc: dc)
    try lstm?.backward(call, derivatives, weights: LSTM.Weights(call.parameters), into: LSTM.Gradients(call))
  }
}
