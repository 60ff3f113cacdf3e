import ZooKernels
import ZooPlugin

/// A linear map of the last axis, and a shift.
///
///     y[..., j] = sum_i x[..., i] weight[j, i] + bias[j]
///
/// - Shapes: `x` is `[..., in]`, `y` is `[..., units]`; `weight` is `[units, in]`, `bias` is `[units]`, as in PyTorch's `Linear`.
struct Dense: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.dense", "A linear map of the last axis, and a shift.", formula: "y[..., j] = sum_i x[..., i] weight[j, i] + bias[j]",
      attributes: [
        Attribute("units", \.units, .required, in: 1...1e9, "The length of the last axis of y."),
        Attribute("bias", \.hasBias, "Whether anything is added."),
      ],
      inputs: [Port("x", "[..., in]")], outputs: [Port("y", "[..., units]")])
  }

  var units = 1
  var hasBias = true
  private var map: LinearMap?
  private var epilogue: Epilogue?
  private var rowStride: Int?
  private var planned: Plan?
  private var joined: JoinedProducts?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 1...8)
    let width = x.width
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x.shape)") }
    let (size, overflows) = width.multipliedReportingOverflow(by: units)
    guard !overflows, size < 1 << 40 else { throw .attribute("a weight of \(units) x \(width) elements is too large") }
    let map = LinearMap(rows: x.rows, inputs: width, outputs: units, mayBeDirect: true)
    self.map = map

    var plan = Plan(outputs: [Spec(x.shape.dropLast() + [units])])
    plan.parameters = [Parameter("weight", [units, width], .lecunUniform(fanIn: width))]
    if hasBias { plan.parameters.append(Parameter("bias", [units], .lecunUniform(fanIn: width), .noDecay)) }
    plan.neededInputs = [0]
    plan.isRowIndependent = x.rank > 1
    plan.flops = map.flops
    plan.packedBytes = map.packedBytes
    plan.forwardScratch = map.forwardScratch(packed: !request.isTraining)
    if request.isTraining {
      plan.backwardScratch = map.backwardScratch
    } else {
      plan.epilogues = map.epilogues
      (epilogue, rowStride) = (request.epilogue, request.rowStride)
      (plan.canStrideRows, plan.canJoin) = (true, !map.isDirect)
      let others = request.siblings(Self.self)
      if !others.isEmpty {
        plan.join(others.compactMap(\.planned))
        let joined = JoinedProducts(([self] + others).compactMap(\.product), threads: request.threadCount)
        plan.packedBytes = joined.packedBytes
        self.joined = joined
      }
    }
    planned = plan
    return plan
  }

  /// What it is among others over the same input.
  private var product: JoinedProducts.Product? {
    map.map { JoinedProducts.Product($0, hasBias: hasBias, epilogue: epilogue, rowStride: rowStride) }
  }

  func pack(_ call: PackCall) throws(LayerError) {
    if let joined { return try joined.pack(call) }
    call.folded(hasBias: hasBias, outputs: units) { weight, bias in map?.pack(weight: weight, bias: bias, into: call.packed) }
  }

  func forward(_ call: Call) throws(LayerError) {
    if let joined { return try joined.forward(call) }
    guard call.packed != nil || call.isTraining || map?.isDirect == true else { throw .internal("the host has not packed the weight") }
    let parameters = call.parameters
    try map?.forward(
      call, call.inputs[0].floats, packed: call.packed, weight: parameters[0].floats, bias: hasBias ? parameters[1].floats : nil,
      addend: call.addend?.floats, epilogue: epilogue?.raw, into: call.outputs[0].floats, rowStride: rowStride ?? 0, scratch: call.scratch)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try map?.backward(
      call, x: call.inputs.optional(0)?.floats, weight: call.parameters[0].floats, dy: dy, dx: call.inputGradients.optional(0)?.floats,
      dweight: call.parameterGradients.optional(0)?.floats, dbias: hasBias ? call.parameterGradients.optional(1)?.floats : nil,
      scratch: call.scratch)
  }
}
