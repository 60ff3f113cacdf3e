import CKernels
import ZooPlugin

/// An activation `y[i] = f(x[i])`: a declaration and a pair of kernels; planning and the rest are the same for all.
protocol ElementwiseActivation: DifferentiableLayer {
  /// The kernels that compute it.
  var kernels: ActivationKernels { get }
  /// What it is as the epilogue of another layer, which can then apply it as it stores its result.
  var epilogue: Epilogue? { get }
}

/// How an elementwise activation is computed.
struct ActivationKernels {
  /// What backward reads.
  enum Kept { case nothing, input, output }

  var forward: @convention(c) (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int64, Float, Float) -> Void
  var backward:
    @convention(c) (
      UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int64, Float, Float, Int32
    ) -> Void
  var keeps: Kept
  /// Whether forward is as fast as memory, and with it backward.
  var isLight = false
  /// The function's constants, as the kernels' header names them.
  var a: Float = 0
  var b: Float = 0
}

extension ActivationKernels {
  fileprivate var forwardGrain: Int { isLight ? Grain.light : Grain.heavy }
  /// What is computed from the output is a product or two.
  fileprivate var backwardGrain: Int { isLight || keeps == .output ? Grain.light : Grain.heavy }
}

extension ElementwiseActivation {
  var epilogue: Epilogue? { nil }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    var plan = Plan(outputs: [x])
    plan.aliases = [(output: 0, input: 0)]
    switch kernels.keeps {
    case .nothing: break
    case .input: plan.neededInputs = [0]
    case .output: plan.neededOutputs = [0]
    }
    plan.isEpilogue = epilogue
    plan.isRowIndependent = x.rank > 0
    plan.accumulates = true
    plan.nativeBF16 = .forward
    plan.flops = Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    if call.outputs[0].dtype == .bf16 {
      let (kernels, x, y) = (kernels, call.inputs[0].halves, call.outputs[0].halves)
      return try call.elements(call.outputs[0].count, grain: kernels.forwardGrain) { part in
        zoo_activation_bf16(kernels.forward, x + part.lowerBound, y + part.lowerBound, Int64(part.count), kernels.a, kernels.b)
      }
    }
    let (kernels, x, y) = (kernels, call.inputs[0].floats, call.outputs[0].floats)
    try call.elements(call.outputs[0].count, grain: kernels.forwardGrain) { part in
      kernels.forward(x + part.lowerBound, y + part.lowerBound, Int64(part.count), kernels.a, kernels.b)
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0) else { return }
    guard let dy = call.outputGradients.optional(0) else { return call.clear(dx, unlessAdding: call.accumulatesInput(0)) }
    let kernels = kernels
    let kept =
      switch kernels.keeps {
      case .nothing: dy.floats
      case .input: call.inputs[0].floats
      case .output: call.outputs[0].floats
      }
    let (source, target, adds) = (dy.floats, dx.floats, Int32(call.accumulatesInput(0) ? 1 : 0))
    try call.elements(dx.count, grain: kernels.backwardGrain) { part in
      let start = part.lowerBound
      kernels.backward(kept + start, source + start, target + start, Int64(part.count), kernels.a, kernels.b, adds)
    }
  }
}
