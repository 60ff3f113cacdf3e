import CKernels
import ZooPlugin

/// The logarithm of the sum of exponentials over some axes, or over all: a smooth maximum.
///
/// It neither overflows nor loses small terms.
///
///     y = m + log(sum_i exp(x[..., i, ...] - m)), where m = max_i x[..., i, ...]
///
/// - Shapes: any without empty axes; `y` lacks the axes, or has 1 in their place.
struct LogSumExp: ReductionLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.logsumexp", "The logarithm of the sum of exponentials over some axes, or over all.",
      formula: "y = log(sum_i exp(x[..., i, ...])), with the maximum taken out first", attributes: reductionAttributes)
  }

  var axes: [Int]?
  var keepAxes = false
  private var reduction: StridedReduction?
  private var nest: Nest?

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    let reduced = try ReducedAxes(x, axes, keep: keepAxes)
    try reduced.requireElements(x)
    let views = [View(x.shape), View(reduced.stretching).broadcast(to: x.shape)]
    let reduction = StridedReduction(views, axes: reduced.axes)
    self.reduction = reduction
    if request.isTraining { nest = Nest(views) }
    var plan = Plan(outputs: [reduced.output])
    plan.forwardScratch = reduction.scratch
    plan.neededInputs = [0]
    plan.neededOutputs = [0]
    plan.isRowIndependent = reduced.keepsRows
    plan.accumulates = true
    plan.flops = 4 * Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    guard let reduction else { return }
    let (x, y, outputs) = (call.inputs[0].floats, call.outputs[0].floats, Int64(reduction.outputs))
    if reduction.blocks > 1 {
      try reduction.maximum(call, x, into: y, scratch: call.scratch)
      zoo_shifts(y, outputs)
      guard let sums = try reduction.blockSums(call, of: .exponentials, x, y, scratch: call.scratch) else { return }
      zoo_log_sums(sums, Int64(reduction.blocks), outputs, y)
    } else {
      let pointer = reduction.pointer
      try call.parallel(reduction.outputs, grain: max(reduction.grain / 8, 1)) { part, _ in
        zoo_logsumexp(pointer, x, y, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let nest = nest?.pointer, let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clear(target, unlessAdding: adding) }
    let (x, y, dx) = (call.inputs[0].floats, call.outputs[0].floats, target.floats)
    try call.elements(target.count) { part in
      zoo_reduced_gradient(
        nest, StridedReduction.Term.exponentials.rawValue, x, y, dy, dx, adding ? 1 : 0, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }
}
