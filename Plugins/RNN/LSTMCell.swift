import ZooKernels
import ZooPlugin

/// One step of a long short-term memory.
///
///     i, f, o = sigmoid(z), g = tanh(z),  z = weight_ih x[n] + bias_ih + weight_hh h[n] + bias_hh
///     c' = f c + i g,  h' = o tanh(c')
///
/// - Shapes: `x` is `[N, C]`, states are `[N, units]`; `weight_ih` is `[4 units, C]`, `weight_hh` is `[4 units, units]`, as in PyTorch's
///   `LSTMCell`, with the gates in the order i, f, g, o.
/// - Reference: Hochreiter & Schmidhuber 1997, <https://doi.org/10.1162/neco.1997.9.8.1735>.
struct LSTMCell: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "rnn.lstm_cell", "One step of a long short-term memory.", formula: lstmFormula, reference: lstmReference,
      attributes: [
        Attribute("units", \.units, .required, in: 1...1e9, "The length of the states."),
        Attribute("bias", \.hasBias, "Whether anything is added to the gates."),
      ],
      inputs: [Port("x", "[N, C]"), Port("h", "[N, units]", "The state."), Port("c", "[N, units]", "The cells.")],
      outputs: [Port("h", "[N, units]", "The state after the step."), Port("c", "[N, units]", "The cells after the step.")])
  }

  var units = 1
  var hasBias = true
  private var lstm: LSTM?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 2...2)
    try request.checkStates(of: x, units: units)
    try checkSizes(steps: x.rows, inputs: x.width, units: units)
    let lstm = LSTM(rows: x.rows, steps: 1, inputs: x.width, units: units, isTraining: request.isTraining)
    self.lstm = lstm
    let state = Spec([x.rows, units])
    var plan = lstm.plan(request, outputs: [state, state], inputs: x.width, units: units, hasBias: hasBias)
    plan.aliases = [(0, 1), (1, 2)]
    return plan
  }

  func pack(_ call: PackCall) throws(LayerError) { try lstm?.pack(LSTM.Weights(call.parameters), into: call.packed) }

  func forward(_ call: Call) throws(LayerError) {
    guard call.packed != nil || call.isTraining else { throw .internal("the host has not packed the weights") }
    let (inputs, outputs) = (call.inputs, call.outputs)
    let sequence = LSTM.Sequence(
      x: inputs[0].floats, h: inputs[1].floats, c: inputs[2].floats, y: nil, lastH: outputs[0].floats, lastC: outputs[1].floats)
    try lstm?.forward(call, sequence, packed: call.packed, weights: LSTM.Weights(call.parameters))
  }

  func backward(_ call: Call) throws(LayerError) {
    let (inputs, gradients) = (call.inputs, call.outputGradients)
    let (dh, dc) = (gradients.optional(0)?.floats, gradients.optional(1)?.floats)
    if dh == nil && dc == nil { return call.clearGradients() }
    let derivatives = LSTM.Derivatives(
      x: inputs.optional(0)?.floats, h: inputs.optional(1)?.floats, c: inputs.optional(2)?.floats, y: nil, dy: nil, dh: dh, dc: dc)
    try lstm?.backward(call, derivatives, weights: LSTM.Weights(call.parameters), into: LSTM.Gradients(call))
  }
}
