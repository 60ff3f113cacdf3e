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
      inputs: [Port("x", "[..., in]")], outputs: [Port("y", "[..., units]")], bf16: .faster)
  }

  var units = 1
  var hasBias = true
  private var map: LinearMap?
  /// What computes forward instead, with a weight in fewer bits, or with bf16 throughout.
  private var narrow: NarrowLinearMap?
  private var native: BF16LinearMap?
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
    chooseForward(request, rows: x.rows, inputs: width, &plan)
    planned = plan
    return plan
  }

  /// What an inference or bf16 has better than the map of f32.
  private mutating func chooseForward(_ request: PlanRequest, rows: Int, inputs: Int, _ plan: inout Plan) {
    let isInt8 = request.weightDType == .i8 && !request.isTraining
    if request.isBF16, !isInt8 {
      native = BF16LinearMap(rows: rows, inputs: inputs, outputs: units, epilogue: request.epilogue, adds: request.foldsAddend)
    }
    if let native {
      plan.nativeBF16 = .forward
      plan.packedBytes = native.packedBytes
      plan.bytes = Double(native.packedBytes)
      plan.forwardScratch = native.forwardScratch(packed: !request.isTraining)
      if !request.isTraining { plan.epilogues = BF16LinearMap.epilogues }
      (plan.canStrideRows, plan.canJoin) = (false, false)
    } else if isInt8 || request.isBF16 && !request.isTraining {
      let narrow = NarrowLinearMap(rows: rows, inputs: inputs, outputs: units, format: isInt8 ? .int8 : .bf16)
      self.narrow = narrow
      plan.packedBytes = narrow.packedBytes
      plan.bytes = Double(narrow.packedBytes)
      plan.epilogues = NarrowLinearMap.epilogues
      (plan.canStrideRows, plan.canJoin) = (false, false)
    }
  }

  /// What it is among others over the same input.
  private var product: JoinedProducts.Product? {
    map.map { JoinedProducts.Product($0, hasBias: hasBias, epilogue: epilogue, rowStride: rowStride) }
  }

  func pack(_ call: PackCall) throws(LayerError) {
    if let joined { return try joined.pack(call) }
    try call.folded(hasBias: hasBias, outputs: units) { (weight, bias) throws(LayerError) in
      if let native { return try native.pack(weight: weight, bias: bias, into: call.packed) }
      if let narrow { return narrow.pack(weight: weight, bias: bias, into: call.packed) }
      map?.pack(weight: weight, bias: bias, into: call.packed)
    }
  }

  func forward(_ call: Call) throws(LayerError) {
    if let joined { return try joined.forward(call) }
    guard call.packed != nil || call.isTraining || map?.isDirect == true else { throw .internal("the host has not packed the weight") }
    let parameters = call.parameters
    if let native {
      return try native.forward(
        call, call.inputs[0].halves, packed: call.packed, weight: parameters[0].floats, bias: hasBias ? parameters[1].floats : nil,
        addend: call.addend?.halves, into: call.outputs[0].halves)
    }
    if let narrow, let packed = call.packed {
      return try narrow.forward(
        call, call.inputs[0].floats, packed: packed, addend: call.addend?.floats, epilogue: epilogue?.raw, into: call.outputs[0].floats)
    }
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
