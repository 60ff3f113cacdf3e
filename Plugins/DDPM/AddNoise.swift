import CKernels
import ZooKernels
import ZooPlugin

/// What a diffusion makes of images after some of its steps, all at once.
///
///     noised[n] = sqrt(alpha_bar[time[n]]) x[n] + sqrt(1 - alpha_bar[time[n]]) noise[n]
///
/// - Shapes: `x`, `noise` and `noised` are `[N, ...]`, `time` is `[N]`, `alpha_bar` `[steps]`. Without an input `noise`, it is drawn from N(0, 1).
/// - Reference: Ho et al. 2020, equation 4, <https://arxiv.org/abs/2006.11239>.
struct AddNoise: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "ddpm.add_noise", "What a diffusion makes of images after some of its steps, all at once.",
      formula: "noised[n] = sqrt(alpha_bar[time[n]]) x[n] + sqrt(1 - alpha_bar[time[n]]) noise[n]",
      reference: "Ho et al. 2020, equation 4, arXiv:2006.11239",
      inputs: [
        Port("x", "[N, ...]"), Port("time", "[N]", "The step that each row has reached, from 0.", .notDifferentiable),
        Port("alpha_bar", "[steps]", "Of the schedule.", .notDifferentiable),
        Port("noise", "[N, ...]", "Drawn from N(0, 1) if absent.", .optional),
      ],
      outputs: [Port("noised", "[N, ...]"), Port("noise", "[N, ...]", "What was added, before it was scaled.")])
  }

  private var width = 1
  private var time = Times()
  private var hasNoise = false

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 1...8)
    time = try Times(request, input: 1, rows: x.shape[0], steps: try request.float(2, "alpha_bar", rank: 1...1).count)
    hasNoise = request.optional(3) != nil
    if hasNoise {
      let noise = try request.float(3, "noise")
      guard noise.shape == x.shape else {
        throw .shape("noise must have the shape of x, \(x.shape), but its shape is \(noise.shape)")
      }
    }
    width = x.shape[0] == 0 ? 0 : x.count / x.shape[0]
    var plan = Plan(outputs: [x, x])
    plan.aliases = hasNoise ? [(output: 1, input: 3)] : []
    plan.neededInputs = [1, 2]
    plan.flops = 3 * Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, noised, noise) = (call.inputs[0].floats, call.outputs[0].floats, call.outputs[1].floats)
    let (count, width, shares) = (call.inputs[0].count, width, call.inputs[2].floats)
    if !hasNoise {
      try call.random(.normal, into: noise, count: count)
    } else if call.inputs[3].floats != noise {
      noise.update(from: call.inputs[3].floats, count: count)
    }
    try time.check(call)
    try call.parallel(time.rows, grain: Grain.moving(floats: 3 * width)) { part, _ in
      for n in part {
        let share = shares[time[call, n]]
        zoo_mix(x + n * width, noise + n * width, noised + n * width, share.squareRoot(), (1 - share).squareRoot(), Int64(width))
      }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    let (width, shares) = (width, call.inputs[2].floats)
    let (dnoised, through) = (call.outputGradients.optional(0)?.floats, call.outputGradients.optional(1)?.floats)
    if let dx = call.inputGradients.optional(0) {
      if dnoised == nil { dx.floats.update(repeating: 0, count: dx.count) }
      for n in 0..<time.rows {
        guard let dnoised else { break }
        zoo_mix(dnoised + n * width, dnoised + n * width, dx.floats + n * width, shares[time[call, n]].squareRoot(), 0, Int64(width))
      }
    }
    guard hasNoise, let gradient = call.inputGradients.optional(3) else { return }
    let dnoise = gradient.floats
    for n in 0..<time.rows {
      let (row, share) = (n * width, (1 - shares[time[call, n]]).squareRoot())
      switch (dnoised, through) {
      case (let a?, let b?): zoo_mix(a + row, b + row, dnoise + row, share, 1, Int64(width))
      case (let a?, nil): zoo_mix(a + row, a + row, dnoise + row, share, 0, Int64(width))
      case (nil, let b?): (dnoise + row).update(from: b + row, count: width)
      case (nil, nil): (dnoise + row).update(repeating: 0, count: width)
      }
    }
  }
}

/// The steps that rows have reached: one for each, or one for all.
struct Times {
  private(set) var rows = 1
  private var input = 0
  private var steps = 1
  private var isWide = true
  private var isShared = false

  init() {}

  /// Input `input`, for `rows` rows, counted below `steps`; with `orScalar`, one number may stand for all rows.
  init(_ request: PlanRequest, input: Int, rows: Int, steps: Int, orScalar: Bool = false) throws(LayerError) {
    let time = try request.indices(input, "time")
    isShared = orScalar && time.rank == 0
    guard isShared || time.shape == [rows] else {
      throw .shape("time must have one number for each of the \(rows) rows\(orScalar ? ", or be one" : ""), but its shape is \(time.shape)")
    }
    (self.rows, self.input, self.steps, isWide) = (rows, input, steps, time.dtype == .i64)
  }

  /// The time of row `n`.
  subscript(call: Call, n: Int) -> Int {
    let i = isShared ? 0 : n
    let tensor = call.inputs[input]
    return isWide ? Int(tensor.pointer(to: Int64.self)[i]) : Int(tensor.pointer(to: Int32.self)[i])
  }

  /// Whether every time is one of the schedule's.
  func check(_ call: Call) throws(LayerError) {
    for n in 0..<(isShared ? min(rows, 1) : rows) {
      let time = self[call, n]
      guard time >= 0, time < steps else { throw .data("time of row \(n) is \(time), but the schedule has \(steps) steps, from 0") }
    }
  }
}
