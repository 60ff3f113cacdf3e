import ZooPlugin

let normalisations: [Kind] = [
  Kind(BatchNorm.self), Kind(LayerNorm.self), Kind(GroupNorm.self), Kind(InstanceNorm.self), Kind(RMSNorm.self),
]

/// Normalises each group of neighbouring channels of each item over its positions, whatever else is in the batch.
///
///     y = weight (x - mean) / sqrt(variance + epsilon) + bias
///
/// - Shapes: `x` and `y` are `[N, ..., C]`; weight and bias are `[C]`.
/// - Reference: Wu & He 2018, <https://arxiv.org/abs/1803.08494>.
struct GroupNorm: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.group_norm", "Normalises each group of neighbouring channels of each item over its positions.",
      formula: "y = weight (x - mean) / sqrt(variance + epsilon) + bias", reference: "Wu & He 2018, arXiv:1803.08494",
      attributes: [
        Attribute("groups", \.groups, .required, in: 1...1e9, "How many groups the channels form."),
        Attribute("epsilon", \.epsilon, in: 0...1, "Added to the variance, in units of x squared."),
        Attribute("affine", \.affine, "Whether there are a weight and a bias."),
      ],
      inputs: [Port("x", "[N, ..., C]")], outputs: [Port("y", "[N, ..., C]")])
  }

  var groups = 1
  var epsilon = 1e-5
  var affine = true
  private var columns = ColumnNormalisation()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 2...8)
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x)") }
    guard x.width.isMultiple(of: groups) else {
      throw .shape("the \(x.width) channels of x must be a multiple of the \(groups) groups; its shape is \(x)")
    }
    columns = ColumnNormalisation(samples: x.shape[0], rows: x.rows / x.shape[0], channels: x.width, groups: groups)
    return columns.itemwisePlan(x, affine: affine)
  }

  func forward(_ call: Call) throws(LayerError) {
    try columns.forward(
      call, epsilon: epsilon, weight: affine ? call.parameters[0].floats : nil, bias: affine ? call.parameters[1].floats : nil,
      saved: call.saved.optional(0))
  }

  func backward(_ call: Call) throws(LayerError) {
    try columns.backward(call, weight: affine ? call.parameters[0].floats : nil, saved: call.saved[0])
  }
}

/// Normalises each channel of each item over its positions.
///
///     y = weight (x - mean) / sqrt(variance + epsilon) + bias
///
/// As in PyTorch there are neither weight nor bias unless `affine` asks for them.
///
/// - Shapes: `x` and `y` are `[N, ..., C]`, with more than one position; weight and bias are `[C]`.
/// - Reference: Ulyanov, Vedaldi & Lempitsky 2016, <https://arxiv.org/abs/1607.08022>.
struct InstanceNorm: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.instance_norm", "Normalises each channel of each item over its positions.",
      formula: "y = weight (x - mean) / sqrt(variance + epsilon) + bias",
      reference: "Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022",
      attributes: [
        Attribute("epsilon", \.epsilon, in: 0...1, "Added to the variance, in units of x squared."),
        Attribute("affine", \.affine, "Whether there are a weight and a bias."),
      ],
      inputs: [Port("x", "[N, ..., C]")], outputs: [Port("y", "[N, ..., C]")])
  }

  var epsilon = 1e-5
  var affine = false
  private var columns = ColumnNormalisation()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 3...8)
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x)") }
    let positions = x.rows / x.shape[0]
    guard positions > 1 else { throw .shape("x must have more than one position to normalise over, but its shape is \(x)") }
    columns = ColumnNormalisation(samples: x.shape[0], rows: positions, channels: x.width, groups: x.width)
    return columns.itemwisePlan(x, affine: affine)
  }

  func forward(_ call: Call) throws(LayerError) {
    try columns.forward(
      call, epsilon: epsilon, weight: affine ? call.parameters[0].floats : nil, bias: affine ? call.parameters[1].floats : nil,
      saved: call.saved.optional(0))
  }

  func backward(_ call: Call) throws(LayerError) {
    try columns.backward(call, weight: affine ? call.parameters[0].floats : nil, saved: call.saved[0])
  }
}

extension ColumnNormalisation {
  /// The plan of a normalisation that treats each item by itself.
  fileprivate func itemwisePlan(_ x: Spec, affine: Bool) -> Plan {
    var plan = Plan(outputs: [x])
    if affine {
      plan.parameters = [Parameter("weight", [channels], .ones, .noDecay), Parameter("bias", [channels], .zeros, .noDecay)]
    }
    plan.saved = [norms]
    plan.neededInputs = [0]
    plan.aliases = [(output: 0, input: 0)]
    (plan.forwardScratch, plan.backwardScratch) = (forwardScratch, backwardScratch)
    plan.isRowIndependent = true
    plan.accumulates = true
    plan.flops = 6 * Double(x.count)
    return plan
  }
}
