import CKernels
import ZooPlugin

/// Adds normal noise, in training alone.
///
///     y = x + deviation n, n ~ N(0, 1)
///
/// In inference `y = x`. The noise depends on the run's seed, the layer's path and the step, not on the number of threads.
///
/// - Shapes: any; `y` has that of `x`.
/// - Reference: Bishop 1995, "Training with noise is equivalent to Tikhonov regularization",
///   <https://doi.org/10.1162/neco.1995.7.1.108>.
struct GaussianNoise: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.gaussian_noise", "Adds normal noise, in training alone.",
      formula: "y = x + deviation n, n ~ N(0, 1); in inference y = x", reference: "Bishop 1995, doi:10.1162/neco.1995.7.1.108",
      attributes: [Attribute("deviation", \.deviation, in: 0...1e30, "The noise's standard deviation, in units of x.")])
  }

  var deviation: Float = 0.1
  private var isDrawn = false

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    isDrawn = request.isTraining && deviation > 0
    var plan = Plan(outputs: [x])
    // The output holds the noise until x is added, so the two cannot share memory.
    if !isDrawn { plan.aliases = [(output: 0, input: 0)] }
    plan.isRowIndependent = !isDrawn && x.rank > 0
    plan.accumulates = true
    plan.flops = isDrawn ? 2 * Double(x.count) : 0
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    guard isDrawn else { return try call.copyThrough() }
    let (x, y, count, deviation) = (call.inputs[0].floats, call.outputs[0].floats, call.outputs[0].count, deviation)
    try call.random(.normal, into: y, count: count)
    try call.elements(count) { part in for i in part { y[i] = x[i] + deviation * y[i] } }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let gradient = call.inputGradients.optional(0) else { return }
    let adds = call.accumulatesInput(0)
    guard let source = call.outputGradients.optional(0) else { return call.clear(gradient, unlessAdding: adds) }
    let (dy, dx) = (source.floats, gradient.floats)
    try call.elements(gradient.count) { part in
      let start = part.lowerBound
      zoo_identity_backward(dy + start, dy + start, dx + start, Int64(part.count), 0, 0, adds ? 1 : 0)
    }
  }
}
