import ZooKernels
import ZooPlugin

let lstmFormula =
  "i, f, o = sigmoid(z), g = tanh(z), z = weight_ih x + bias_ih + weight_hh h + bias_hh; c' = f c + i g; h' = o tanh(c')"
let lstmReference =
  "Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735; forget gate: Gers et al. 2000, doi:10.1162/089976600300015015"

extension PlanRequest {
  /// Checks that `x` is not empty and that the states, where they are given, have `units` for each of its sequences.
  func checkStates(of x: Spec, units: Int) throws(LayerError) {
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x.shape)") }
    for (i, name) in [(1, "h"), (2, "c")] where optional(i) != nil {
      let state = try float(i, name, rank: 2...2)
      guard state.shape == [x.shape[0], units] else {
        throw .shape("\(name) must be [\(x.shape[0]), \(units)] for x \(x.shape) and \(units) units, but its shape is \(state.shape)")
      }
    }
  }
}

/// Checks that weights, and gates for so many steps of all sequences together, can be counted in bytes.
func checkSizes(steps: Int, inputs: Int, units: Int) throws(LayerError) {
  func isTooLarge(_ a: Int, _ b: Int) -> Bool {
    let (size, overflows) = a.multipliedReportingOverflow(by: 4 * b)
    return overflows || size >= 1 << 40
  }
  for width in [inputs, units] where isTooLarge(width, units) {
    throw .attribute("a weight of \(4 * units) x \(width) elements is too large")
  }
  if isTooLarge(steps, units) { throw .attribute("\(4 * units) gates for each of \(steps) steps are too many") }
}

extension LSTM.Weights {
  /// The parameters of a call: weight_ih, weight_hh, and biases if there are any.
  init(_ parameters: Tensors) {
    self.init(
      x: parameters[0].floats, h: parameters[1].floats, biasX: parameters.optional(2)?.floats, biasH: parameters.optional(3)?.floats)
  }
}

extension LSTM.Gradients {
  /// What a call wants.
  init(_ call: Call) {
    let (inputs, parameters) = (call.inputGradients, call.parameterGradients)
    self.init(
      x: inputs.optional(0)?.floats, h: inputs.optional(1)?.floats, c: inputs.optional(2)?.floats,
      weightX: parameters.optional(0)?.floats, weightH: parameters.optional(1)?.floats, biasX: parameters.optional(2)?.floats,
      biasH: parameters.optional(3)?.floats)
  }
}

extension LSTM {
  /// Everything of a plan but the outputs and their aliases; `suffix` ends the parameters' names.
  func plan(_ request: PlanRequest, outputs: [Spec], inputs: Int, units: Int, hasBias: Bool, suffix: String = "") -> Plan {
    var plan = Plan(outputs: outputs)
    let uniform = Initializer.lecunUniform(fanIn: units)
    plan.parameters = [
      Parameter("weight_ih\(suffix)", [4 * units, inputs], uniform), Parameter("weight_hh\(suffix)", [4 * units, units], uniform),
    ]
    if hasBias {
      plan.parameters += ["bias_ih\(suffix)", "bias_hh\(suffix)"].map { Parameter($0, [4 * units], uniform, .noDecay) }
    }
    plan.neededInputs = [0, 1, 2]
    plan.isRowIndependent = true
    plan.flops = flops
    plan.packedBytes = packedBytes
    plan.forwardScratch = forwardScratch(isTraining: request.isTraining)
    if request.isTraining {
      plan.saved = saved
      plan.backwardScratch = backwardScratch
    }
    return plan
  }
}
