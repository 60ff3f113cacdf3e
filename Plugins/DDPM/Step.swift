import CKernels
import ZooKernels
import ZooPlugin

/// One step of a diffusion undone, by ancestral sampling.
///
///     x_0 = (x - sqrt(1 - alpha_bar[t]) noise) / sqrt(alpha_bar[t]), clipped to [-clip, clip]
///     mean = sqrt(alpha_bar[t-1]) beta[t] / (1 - alpha_bar[t]) x_0 + sqrt(1 - beta[t]) (1 - alpha_bar[t-1]) / (1 - alpha_bar[t]) x
///     y = mean + sqrt(variance) z, z ~ N(0, 1); at t = 0, y = mean and alpha_bar[-1] = 1
///     variance = beta[t], or posterior: beta[t] (1 - alpha_bar[t-1]) / (1 - alpha_bar[t])
///
/// - Shapes: `x`, `noise` (as a network predicts it) and `y` are `[N, ...]`; `time` is `[N]`, or one number; `beta` and `alpha_bar` are `[steps]`.
/// - Reference: Ho et al. 2020, equations 6, 7 and 11, <https://arxiv.org/abs/2006.11239>.
struct Step: DifferentiableLayer {
  /// How much noise is put back.
  enum Variance: String, CaseIterable, AttributeValue { case beta, posterior }

  static var declaration: Declaration<Self> {
    Declaration(
      "ddpm.step", "One step of a diffusion undone, by ancestral sampling.",
      formula: "x_0 = (x - sqrt(1 - alpha_bar[t]) noise) / sqrt(alpha_bar[t]), clipped; "
        + "mean = sqrt(alpha_bar[t-1]) beta[t] / (1 - alpha_bar[t]) x_0 + sqrt(1 - beta[t]) (1 - alpha_bar[t-1]) / (1 - alpha_bar[t]) x; "
        + "y = mean + sqrt(variance) z, z ~ N(0, 1), but y = mean at t = 0",
      reference: "Ho et al. 2020, equations 6, 7 and 11, arXiv:2006.11239",
      attributes: [
        Attribute("variance", \.variance, "Of the noise that is put back: beta, or that of the posterior."),
        Attribute("clip", \.clip, in: 0...1e9, "Bounds the estimate of the image; 0: it is not bounded."),
      ],
      inputs: [
        Port("x", "[N, ...]"), Port("noise", "[N, ...]", "The prediction of what was added."),
        Port("time", "[N] or []", "The step that x has reached, from 0.", .notDifferentiable),
        Port("beta", "[steps]", "Of the schedule.", .notDifferentiable),
        Port("alpha_bar", "[steps]", "Of the schedule.", .notDifferentiable),
      ], outputs: [Port("y", "[N, ...]")])
  }

  var variance = Variance.posterior
  var clip = 0.0
  private var width = 1
  private var time = Times()

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 1...8)
    let noise = try request.float(1, "noise")
    guard noise.shape == x.shape else { throw .shape("noise must have the shape of x, \(x.shape), but its shape is \(noise.shape)") }
    let (beta, share) = (try request.float(3, "beta", rank: 1...1), try request.float(4, "alpha_bar", rank: 1...1))
    guard beta.shape == share.shape else {
      throw .shape("beta and alpha_bar must be of one schedule, but their shapes are \(beta.shape) and \(share.shape)")
    }
    time = try Times(request, input: 2, rows: x.shape[0], steps: beta.count, orScalar: true)
    width = x.shape[0] == 0 ? 0 : x.count / x.shape[0]
    var plan = Plan(outputs: [x])
    plan.aliases = [(output: 0, input: 0)]
    plan.forwardScratch = x.byteCount
    plan.neededInputs = clip > 0 ? [0, 1, 2, 3, 4] : [2, 3, 4]
    plan.flops = 6 * Double(x.count)
    return plan
  }

  /// The factors of one step.
  private func factors(_ call: Call, _ t: Int) -> zoo_denoising {
    let (betas, shares) = (call.inputs[3].floats, call.inputs[4].floats)
    let (beta, share, before) = (Double(betas[t]), Double(shares[t]), t > 0 ? Double(shares[t - 1]) : 1)
    // 1 - alpha_bar[t], without the digits that f32 cut off an alpha_bar near 1.
    let rest = beta + (1 - beta) * (1 - before)
    let variance = t == 0 ? 0 : variance == .beta ? beta : beta * (1 - before) / max(rest, .leastNormalMagnitude)
    var step = zoo_denoising()
    (step.signal, step.by_start, step.bound, step.deviation) = (1, 1, Float(clip), Float(variance.squareRoot()))
    if rest == 0 { return step }  // nothing was added
    if clip > 0 {
      step.signal = max(Float(share.squareRoot()), .leastNormalMagnitude)
      step.noise_share = Float(rest.squareRoot())
      step.by_start = Float(before.squareRoot() * beta / rest)
      step.by_x = Float((1 - beta).squareRoot() * (1 - before) / rest)
    } else {
      // Equation 11, which is the same where x_0 is not bounded, and does not divide by the little that is left of it.
      step.noise_share = Float(beta / rest.squareRoot())
      step.by_start = Float(1 / (1 - beta).squareRoot())
    }
    return step
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, e, y, width) = (call.inputs[0].floats, call.inputs[1].floats, call.outputs[0].floats, width)
    let z = call.scratch.assumingMemoryBound(to: Float.self)
    try time.check(call)
    try call.random(.normal, into: z, count: call.inputs[0].count)
    try call.parallel(time.rows, grain: Grain.moving(floats: 4 * width)) { part, _ in
      for n in part {
        var step = factors(call, time[call, n])
        let row = n * width
        zoo_denoise(x + row, e + row, step.deviation > 0 ? z + row : nil, y + row, &step, Int64(width))
      }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    for input in 0...1 {
      guard let gradient = call.inputGradients.optional(input) else { continue }
      let dx = gradient.floats
      guard let dy = call.outputGradients.optional(0)?.floats else {
        dx.update(repeating: 0, count: gradient.count)
        continue
      }
      for n in 0..<time.rows {
        let step = factors(call, time[call, n])
        let (start, direct) = input == 0 ? (step.by_start / step.signal, step.by_x) : (-step.by_start * step.noise_share / step.signal, 0)
        for i in n * width..<(n + 1) * width { dx[i] = dy[i] * ((isClipped(call, i, step) ? 0 : start) + direct) }
      }
    }
  }

  /// Whether the estimate of the image at element `i` was bounded, so that it no longer depends on anything.
  private func isClipped(_ call: Call, _ i: Int, _ step: zoo_denoising) -> Bool {
    guard clip > 0 else { return false }
    return abs((call.inputs[0].floats[i] - step.noise_share * call.inputs[1].floats[i]) / step.signal) > Float(clip)
  }
}
