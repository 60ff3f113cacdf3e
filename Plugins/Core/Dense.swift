import CKernels
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
  private var rows = 0
  private var width = 0
  private var epilogue: zoo_epilogue?
  private var inputGradient: MatMul?
  private var weightGradient: MatMul?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 1...8)
    (rows, width) = (x.rows, x.width)
    guard width > 0 else { throw .shape("x must have at least one feature, but it is \(x)") }
    let (size, overflows) = width.multipliedReportingOverflow(by: units)
    guard !overflows, size < 1 << 40 else { throw .attribute("a weight of \(units) x \(width) elements is too large") }

    var plan = Plan(outputs: [Spec(x.shape.dropLast() + [units])])
    plan.parameters = [Parameter("weight", [units, width], .lecunUniform(fanIn: width))]
    if hasBias { plan.parameters.append(Parameter("bias", [units], .lecunUniform(fanIn: width), .noDecay)) }
    plan.neededInputs = [0]
    plan.isRowIndependent = x.rank > 1
    plan.flops = 2 * Double(rows) * Double(size)
    plan.packedBytes = packedBytes
    plan.forwardScratch = request.isTraining ? packedBytes : 0
    if request.isTraining {
      let dx = MatMul(m: rows, n: width, k: units)
      let dw = MatMul(m: units, n: width, k: rows, transposeA: true)
      plan.backwardScratch = max(dx.scratchBytes, dw.scratchBytes)
      (inputGradient, weightGradient) = (dx, dw)
    } else {
      plan.epilogues = .all
      epilogue = request.epilogue?.raw
    }
    return plan
  }

  private var packedBytes: Int { Int(zoo_gemm_packed_count(Int64(width), Int64(units))) * MemoryLayout<Float>.stride }

  /// Panels [from, to) of the weight, transposed.
  private func pack(_ weight: UnsafePointer<Float>, _ from: Int, _ to: Int, into packed: UnsafeMutablePointer<Float>) {
    zoo_gemm_pack(weight, 1, Int64(width), Int64(width), Int64(units), Int64(from), Int64(to), packed)
  }

  func pack(_ call: PackCall) throws(LayerError) {
    pack(
      call.parameters[0].floats, 0, Int(zoo_gemm_panels(Int64(units))), into: call.packed.assumingMemoryBound(to: Float.self))
  }

  func forward(_ call: Call) throws(LayerError) {
    let packed: UnsafePointer<Float>
    if let ready = call.packed {
      packed = ready.assumingMemoryBound(to: Float.self)
    } else {
      let scratch = call.scratch.assumingMemoryBound(to: Float.self)
      let weight = call.parameters[0].floats
      try call.parallel(Int(zoo_gemm_panels(Int64(units))), grain: Grain.moving(floats: 48 * width)) { part, _ in
        pack(weight, part.lowerBound, part.upperBound, into: scratch)
      }
      packed = UnsafePointer(scratch)
    }
    let (x, y) = (call.inputs[0].floats, call.outputs[0].floats)
    let bias = hasBias ? call.parameters[1].floats : nil
    try withOptionalPointer(to: epilogue) { (epilogue) throws(LayerError) in
      let product = zoo_gemm(
        m: Int64(rows), n: Int64(units), k: Int64(width), a_row: Int64(width), a_step: 1, c_row: Int64(units), a: x, packed: packed,
        bias: bias, c: y, epilogue: epilogue, accumulates: 0)
      let tasks = Int(zoo_gemm_tasks(product.m, product.n))
      guard tasks > 0 else { return }
      let flops = 2 * Double(rows) * Double(width) * Double(units)
      try call.parallel(tasks, grain: Grain.computing(flops: flops / Double(tasks))) { part, _ in
        withUnsafePointer(to: product) { zoo_gemm_run($0, Int64(part.lowerBound), Int64(part.upperBound)) }
      }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats, let inputGradient, let weightGradient else { return call.clearGradients() }
    if let dx = call.inputGradients.optional(0) {
      try inputGradient.execute(call, dy, call.parameters[0].floats, into: dx.floats, scratch: call.scratch)
    }
    if let dw = call.parameterGradients.optional(0) {
      try weightGradient.execute(call, dy, call.inputs[0].floats, into: dw.floats, scratch: call.scratch)
    }
    if hasBias, let db = call.parameterGradients.optional(1)?.floats {
      let (rows, units) = (rows, units)
      try call.parallel((units + 63) / 64, grain: Grain.moving(floats: 64 * rows)) { part, _ in
        zoo_sum_columns(dy, Int64(rows), Int64(units), Int64(part.lowerBound * 64), Int64(min(part.upperBound * 64, units)), db)
      }
    }
  }
}

private func withOptionalPointer<Value>(
  to value: Value?, _ body: (UnsafePointer<Value>?) throws(LayerError) -> Void
) throws(LayerError) {
  guard let value else { return try body(nil) }
  try withUnsafePointer(to: value) { (pointer) throws(LayerError) in try body(pointer) }
}
