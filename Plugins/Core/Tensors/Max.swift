import CKernels
import ZooPlugin

/// The largest over some axes, or over all; NaN if one is among them.
///
///     y = max_i x[..., i, ...]
///
/// The gradient is shared evenly by all that are the largest, as in PyTorch's amax.
///
/// - Shapes: any without empty axes; `y` lacks the axes, or has 1 in their place.
struct Max: ReductionLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.max", "The largest over some axes, or over all.", formula: "y = max_i x[..., i, ...]", attributes: reductionAttributes)
  }

  var axes: [Int]?
  var keepAxes = false
  private var reduction: StridedReduction?
  private var nest: Nest?
  private var quotient: Nest?

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    let reduced = try ReducedAxes(x, axes, keep: keepAxes)
    try reduced.requireElements(x)
    let views = [View(x.shape), View(reduced.stretching).broadcast(to: x.shape)]
    let reduction = StridedReduction(views, axes: reduced.axes)
    self.reduction = reduction
    var plan = Plan(outputs: [reduced.output])
    plan.forwardScratch = reduction.scratch
    if request.isTraining {
      nest = Nest(views)
      quotient = Nest([View([reduction.outputs]), View([reduction.outputs])])
      plan.backwardScratch = countBytes + reduction.scratch
    }
    plan.neededInputs = [0]
    plan.neededOutputs = [0]
    plan.isRowIndependent = reduced.keepsRows
    plan.accumulates = true
    plan.flops = Double(x.count)
    return plan
  }

  /// The scratch for how many are the largest, for each output, to a multiple of 64.
  private var countBytes: Int { ((reduction?.outputs ?? 0) * 4 + 63) / 64 * 64 }

  func forward(_ call: Call) throws(LayerError) {
    guard let reduction else { return }
    let scratch = reduction.scratch > 0 ? call.scratch : nil
    try reduction.maximum(call, call.inputs[0].floats, into: call.outputs[0].floats, scratch: scratch)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let reduction, let nest = nest?.pointer, let quotient = quotient?.pointer else { return }
    guard let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clear(target, unlessAdding: adding) }
    let (x, y, dx, share) = (call.inputs[0].floats, call.outputs[0].floats, target.floats, call.scratch.assumingMemoryBound(to: Float.self))
    try reduction.sum(call, of: .matches, x, y, into: share, scratch: call.scratch + countBytes)
    zoo_arithmetic_f32(ArithmeticOperation.divide.rawValue, quotient, dy, share, share, 0, quotient.pointee.count)
    try call.elements(target.count) { part in
      zoo_reduced_gradient(
        nest, StridedReduction.Term.matches.rawValue, x, y, share, dx, adding ? 1 : 0, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }
}
