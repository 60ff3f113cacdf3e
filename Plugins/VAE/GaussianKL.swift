import CKernels
import ZooPlugin

/// How far normal distributions are from the standard one: the Kullback-Leibler divergence KL(N(mean, exp(log_variance)) || N(0, 1)).
///
///     kl[n] = sum_d (exp(log_variance[n, d]) + mean[n, d]^2 - 1 - log_variance[n, d]) / 2, in nats
///
/// The mean over n by default (`batch_mean`), or their sum, or all of them.
///
/// - Shapes: mean and log_variance `[N, ...]` alike, where the sum is over all but the first axis; the divergence is a scalar, or `[N]`
///   without a reduction.
/// - Reference: Kingma & Welling 2014, appendix B, <https://arxiv.org/abs/1312.6114>.
struct GaussianKL: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "vae.gaussian_kl", "How far normal distributions are from the standard one: the Kullback-Leibler divergence, in nats.",
      formula: "kl[n] = sum_d (exp(log_variance[n, d]) + mean[n, d]^2 - 1 - log_variance[n, d]) / 2",
      reference: "Kingma & Welling 2014, appendix B, arXiv:1312.6114",
      attributes: [
        Attribute("reduction", \.reduction, "What becomes of the rows' divergences: their mean (batch_mean), their sum, or none.")
      ],
      inputs: [Port("mean", "[N, ...]"), Port("log_variance", "[N, ...]", "Logarithms of the variances.")],
      outputs: [Port("kl", "[]", "One number; without a reduction, one for each row.")])
  }

  /// How the rows' divergences become one number.
  enum Reduction: String, CaseIterable, AttributeValue {
    case batchMean = "batch_mean"
    case sum
    case none
  }

  var reduction = Reduction.batchMean
  private var rows = 1
  private var width = 1

  /// What the sum over rows is divided by.
  private var divisor: Int { reduction == .batchMean ? rows : 1 }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let mean = try request.gaussian(rank: 2...8)
    guard mean.count > 0 else { throw .shape("mean must not be empty, but its shape is \(mean.shape)") }
    (rows, width) = (mean.shape[0], mean.count / mean.shape[0])
    var plan = Plan(outputs: [Spec(reduction == .none ? [rows] : [])])
    plan.neededInputs = [0, 1]
    plan.forwardScratch = reduction == .none ? 0 : rows * MemoryLayout<Double>.stride
    plan.isRowIndependent = reduction == .none
    plan.accumulates = true
    plan.flops = 5 * Double(mean.count)
    return plan
  }

  /// Rows that are worth a thread.
  private var grain: Int { max((1 << 15) / width, 1) }

  func forward(_ call: Call) throws(LayerError) {
    let (mean, logVariance, kl) = (call.inputs[0].floats, call.inputs[1].floats, call.outputs[0].floats)
    let (width, isNone, sums) = (width, reduction == .none, call.scratch.assumingMemoryBound(to: Double.self))
    try call.parallel(rows, grain: grain) { part, _ in
      for row in part {
        let sum = zoo_gaussian_kl(mean + row * width, logVariance + row * width, Int64(width))
        if isNone { kl[row] = Float(sum) } else { sums[row] = sum }
      }
    }
    if !isNone { kl[0] = Float(zoo_total_of_blocks(sums, Int64(rows)) / Double(divisor)) }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try gradient(call, 0, dy, zoo_gaussian_kl_by_mean)
    try gradient(call, 1, dy, zoo_gaussian_kl_by_log_variance)
  }

  private typealias Gradient = @convention(c) (UnsafePointer<Float>?, Float, UnsafeMutablePointer<Float>?, Int64, Int32) -> Void

  /// The gradient by one input depends on that input alone, and on the gradient of its row.
  private func gradient(_ call: Call, _ input: Int, _ dy: UnsafePointer<Float>, _ kernel: @escaping Gradient) throws(LayerError) {
    guard let target = call.inputGradients.optional(input)?.floats else { return }
    let (x, width, adds) = (call.inputs[input].floats, width, Int32(call.accumulatesInput(input) ? 1 : 0))
    guard reduction == .none else {
      let factor = dy[0] / Float(divisor)
      return try call.elements(rows * width) { part in
        kernel(x + part.lowerBound, factor, target + part.lowerBound, Int64(part.count), adds)
      }
    }
    try call.parallel(rows, grain: grain) { part, _ in
      for row in part { kernel(x + row * width, dy[row], target + row * width, Int64(width), adds) }
    }
  }
}
