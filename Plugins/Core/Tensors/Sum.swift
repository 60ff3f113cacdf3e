import CKernels
import ZooPlugin

/// The sum over some axes, or over all.
///
///     y = sum_i x[..., i, ...]
///
/// Sums are taken in f32 over short runs and in f64 over those, in an order that depends on the shape alone.
///
/// - Shapes: any; `y` lacks the axes, or has 1 in their place.
struct Sum: SumOverAxes {
  static var declaration: Declaration<Self> {
    Declaration("core.sum", "The sum over some axes, or over all.", formula: "y = sum_i x[..., i, ...]", attributes: reductionAttributes)
  }
  static var divides: Bool { false }

  var axes: [Int]?
  var keepAxes = false
  var planned: PlannedSum?
}

/// The mean over some axes, or over all.
///
///     y = sum_i x[..., i, ...] / n
///
/// - Shapes: any without empty axes; `y` lacks the axes, or has 1 in their place.
struct Mean: SumOverAxes {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.mean", "The mean over some axes, or over all.", formula: "y = sum_i x[..., i, ...] / n", attributes: reductionAttributes)
  }
  static var divides: Bool { true }

  var axes: [Int]?
  var keepAxes = false
  var planned: PlannedSum?
}

/// A reduction over axes that a manifest names.
protocol ReductionLayer: DifferentiableLayer {
  /// The axes; nil: all.
  var axes: [Int]? { get set }
  /// Whether they stay, with length 1.
  var keepAxes: Bool { get set }
}

extension ReductionLayer {
  static var reductionAttributes: [Attribute<Self>] {
    [
      Attribute("axes", \.axes, in: -8...7, "The axes that go; negative ones count from the last. All by default."),
      Attribute("keep_axes", \.keepAxes, "Whether they stay, with length 1."),
    ]
  }
}

/// What a plan of a sum or mean keeps.
struct PlannedSum {
  fileprivate let reduction: StridedReduction
  fileprivate let stretch: Move
  /// What the sum, and its gradient, is multiplied by.
  fileprivate let scale: Double
}

/// What sum and mean have in common.
protocol SumOverAxes: ReductionLayer {
  /// Whether the sum is divided by the number of elements.
  static var divides: Bool { get }
  /// What the plan keeps.
  var planned: PlannedSum? { get set }
}

extension SumOverAxes {
  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    let reduced = try ReducedAxes(x, axes, keep: keepAxes)
    if Self.divides { try reduced.requireElements(x) }
    let reduction = StridedReduction([View(x.shape)], axes: reduced.axes)
    planned = PlannedSum(
      reduction: reduction, stretch: Move(View(reduced.stretching).broadcast(to: x.shape), to: View(x.shape), .f32),
      scale: Self.divides ? 1 / Double(reduction.elements) : 1)
    var plan = Plan(outputs: [reduced.output])
    plan.forwardScratch = reduction.scratch
    if Self.divides { plan.backwardScratch = reduced.output.byteCount }
    plan.isRowIndependent = reduced.keepsRows
    plan.accumulates = true
    plan.flops = Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    guard let planned else { return }
    let scratch = planned.reduction.scratch > 0 ? call.scratch : nil
    try planned.reduction.sum(call, call.inputs[0].floats, scale: planned.scale, into: call.outputs[0].floats, scratch: scratch)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let planned, let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0) else { return call.clear(target, unlessAdding: adding) }
    var source = UnsafePointer(dy.floats)
    if Self.divides {
      let scaled = call.scratch.assumingMemoryBound(to: Float.self)
      zoo_linear(Float(planned.scale), 0, source, scaled, Int64(dy.count))
      source = UnsafePointer(scaled)
    }
    if adding {
      try planned.stretch.add(call, source, to: target.floats)
    } else {
      try planned.stretch.copy(call, source, to: target.floats)
    }
  }
}
