import CKernels
import ZooPlugin

/// Normalises each channel over the batch and everything else, and learns a gain and an offset for it.
///
///     y = weight (x - mean) / sqrt(variance + epsilon) + bias
///     running = (1 - momentum) running + momentum (mean, or unbiased variance)
///
/// In training the mean and the variance are the batch's own, and the running ones follow them; in inference they are the
/// running ones.
///
/// - Shapes: `x` and `y` are `[..., C]`; weight, bias, running_mean and running_var are `[C]`.
/// - Reference: Ioffe & Szegedy 2015, <https://arxiv.org/abs/1502.03167>.
struct BatchNorm: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.batch_norm", "Normalises each channel over the batch and everything else, and learns a gain and an offset for it.",
      formula: "y = weight (x - mean) / sqrt(variance + epsilon) + bias", reference: "Ioffe & Szegedy 2015, arXiv:1502.03167",
      attributes: [
        Attribute("momentum", \.momentum, in: 0...1, "The weight of the newest batch in the running statistics."),
        Attribute("epsilon", \.epsilon, in: 0...1, "Added to the variance, in units of x squared."),
        Attribute("affine", \.affine, "Whether there are a weight and a bias."),
      ],
      inputs: [Port("x", "[..., C]")], outputs: [Port("y", "[..., C]")], bf16: .followed)
  }

  var momentum = 0.1
  var epsilon = 1e-5
  var affine = true
  private var columns = ColumnNormalisation()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 2...8)
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x)") }
    guard x.rows > 1 || !request.isTraining else {
      throw .shape("x must have more than one value for each channel to train with, but its shape is \(x)")
    }
    let c = x.width
    columns = ColumnNormalisation(samples: 1, rows: x.rows, channels: c, groups: c)
    var plan = Plan(outputs: [x])
    if affine { plan.parameters = [Parameter("weight", [c], .ones, .noDecay), Parameter("bias", [c], .zeros, .noDecay)] }
    plan.parameters += [Parameter("running_mean", [c], .zeros, .buffer), Parameter("running_var", [c], .ones, .buffer)]
    // PyTorch counts the batches for an average without momentum.
    plan.parameters.append(.ignored("num_batches_tracked"))
    plan.saved = [columns.norms]
    plan.neededInputs = [0]
    plan.aliases = [(output: 0, input: 0)]
    (plan.forwardScratch, plan.backwardScratch) = (columns.forwardScratch, columns.backwardScratch)
    if !request.isTraining {
      (plan.isEpilogue, plan.packedBytes) = (.affine, 2 * c * MemoryLayout<Float>.stride)
    }
    plan.isRowIndependent = !request.isTraining
    plan.accumulates = true
    plan.flops = (request.isTraining ? 6 : 3) * Double(x.count)
    return plan
  }

  /// Writes what it is in inference, y = scale x + shift, for a layer that folds it in.
  func pack(_ call: PackCall) throws(LayerError) {
    let parameters = call.parameters
    let statistics = affine ? 2 : 0
    let (mean, variance) = (parameters[statistics].floats, parameters[statistics + 1].floats)
    let scale = call.packed.assumingMemoryBound(to: Float.self)
    for c in 0..<columns.channels {
      let factor = Double(affine ? parameters[0].floats[c] : 1) / (Double(variance[c]) + epsilon).squareRoot()
      scale[c] = Float(factor)
      scale[columns.channels + c] = Float(Double(affine ? parameters[1].floats[c] : 0) - Double(mean[c]) * factor)
    }
  }

  func forward(_ call: Call) throws(LayerError) {
    let weight = affine ? call.parameters[0].floats : nil
    let bias = affine ? call.parameters[1].floats : nil
    let mean = call.parameters[affine ? 2 : 0].floats
    let variance = call.parameters[affine ? 3 : 1].floats
    guard call.isTraining else {
      return try columns.forward(call, epsilon: epsilon, weight: weight, bias: bias, mean: mean, variance: variance)
    }
    try columns.forward(call, epsilon: epsilon, weight: weight, bias: bias, saved: call.saved[0]) { newMean, newSquares in
      zoo_running_update(Int64(columns.rows), Int64(columns.channels), newMean, newSquares, momentum, mean, variance)
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    try columns.backward(call, weight: affine ? call.parameters[0].floats : nil, saved: call.saved[0])
  }
}
