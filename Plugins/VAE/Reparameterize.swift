import CKernels
import ZooPlugin

/// Draws from normal distributions in a way that their means and variances can be trained.
///
///     z = mean + exp(log_variance / 2) noise
///
/// Noise that is given is used as it is; otherwise it is normal of mean 0 and deviation 1, and depends on the run's seed, the layer's path
/// and the step, not on the number of threads. With `sample` set to `training`, inference draws nothing: `z = mean`.
///
/// - Shapes: any; mean, log_variance, noise and `z` are alike.
/// - Reference: Kingma & Welling 2014, <https://arxiv.org/abs/1312.6114>.
struct Reparameterize: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "vae.reparameterize", "Draws from normal distributions in a way that their means and variances can be trained.",
      formula: "z = mean + exp(log_variance / 2) noise", reference: "Kingma & Welling 2014, arXiv:1312.6114",
      attributes: [Attribute("sample", \.sample, "When z is drawn: always, or in training alone, so that inference gives the mean.")],
      inputs: [
        Port("mean", "[...]"), Port("log_variance", "[...]", "Logarithms of the variances."),
        Port("noise", "[...]", "What stands for chance; drawn if absent.", .optional),
      ], outputs: [Port("z", "[...]")])
  }

  /// When z is drawn.
  enum Occasion: String, CaseIterable, AttributeValue {
    case always
    case training
  }

  /// What becomes of the noise in a planned layer.
  private enum Noise { case given, drawn, ignored }

  var sample = Occasion.always
  private var noise = Noise.drawn

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let mean = try request.gaussian(rank: 0...8)
    let isGiven = request.optional(2) != nil
    if isGiven { try request.expect(2, "noise", like: mean) }
    noise = sample == .training && !request.isTraining ? .ignored : isGiven ? .given : .drawn
    var plan = Plan(outputs: [mean])
    switch noise {
    case .given:
      plan.neededInputs = [1, 2]
      plan.aliases = [(output: 0, input: 0), (output: 0, input: 1), (output: 0, input: 2)]
    case .drawn:
      // To read it again takes less than to draw it again. In inference z holds the noise until it is written, so it cannot share
      // memory with an input.
      plan.saved = [mean]
      plan.neededInputs = [1]
      if request.isTraining { plan.aliases = [(output: 0, input: 0), (output: 0, input: 1)] }
    case .ignored:
      plan.aliases = [(output: 0, input: 0)]
    }
    plan.isRowIndependent = noise != .drawn && mean.rank > 0
    plan.accumulates = true
    plan.flops = noise == .ignored ? 0 : 4 * Double(mean.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (z, count) = (call.outputs[0].floats, call.outputs[0].count)
    let (mean, logVariance) = (call.inputs[0].floats, call.inputs[1].floats)
    if noise == .ignored {
      if z != mean { z.update(from: mean, count: count) }
      return
    }
    let noise = call.inputs.optional(2)?.floats ?? call.saved.optional(0)?.floats ?? z
    if self.noise == .drawn { try call.random(.normal, into: noise, count: count) }
    try call.elements(count) { part in
      let start = part.lowerBound
      zoo_gaussian_draw(mean + start, logVariance + start, noise + start, z + start, Int64(part.count))
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dz = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    let logVariance = call.inputs[1].floats
    let noise = call.inputs.optional(2)?.floats ?? call.saved[0].floats
    if let gradient = call.inputGradients.optional(0) {
      let (dmean, adds) = (gradient.floats, call.accumulatesInput(0))
      if adds { zoo_accumulate(1, dz, dmean, Int64(gradient.count)) } else { dmean.update(from: dz, count: gradient.count) }
    }
    if let gradient = call.inputGradients.optional(1) {
      let (target, adds) = (gradient.floats, Int32(call.accumulatesInput(1) ? 1 : 0))
      try call.elements(gradient.count) { part in
        let start = part.lowerBound
        zoo_gaussian_draw_by_log_variance(logVariance + start, noise + start, dz + start, target + start, Int64(part.count), adds)
      }
    }
    if let gradient = call.inputGradients.optional(2) {
      let (target, adds) = (gradient.floats, Int32(call.accumulatesInput(2) ? 1 : 0))
      try call.elements(gradient.count) { part in
        let start = part.lowerBound
        zoo_gaussian_draw_by_noise(logVariance + start, dz + start, target + start, Int64(part.count), adds)
      }
    }
  }
}
