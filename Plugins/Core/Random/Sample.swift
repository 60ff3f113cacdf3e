import CKernels
import ZooPlugin

/// Draws a class from each row of logits.
///
///     P(y = i) = exp(logits[..., i] / temperature) / sum_j exp(logits[..., j] / temperature)
///
/// With `top_k` only the largest k logits take part; with `top_p` of these only the fewest, largest first, whose probabilities sum up to
/// it. Of equal logits the first counts as larger. A temperature of 0 draws nothing: y is the first of the largest.
///
/// What is drawn depends on the run's seed, the layer's path, the step and the row's number, not on the number of threads.
///
/// - Shapes: `logits` is `[..., V]`, `y`, of i64, is `[...]`. A row with a NaN, or whose largest logit is infinite, is an error.
/// - Reference: Holtzman et al. 2020 (for top_p), <https://arxiv.org/abs/1904.09751>.
struct Sample: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.sample", "Draws a class from each row of logits.",
      formula: "P(y = i) = exp(logits[..., i] / temperature) / sum_j exp(logits[..., j] / temperature)",
      reference: "Holtzman et al. 2020, arXiv:1904.09751 (for top_p)",
      attributes: [
        Attribute("temperature", \.temperature, in: 0...1e9, "How far chance may stray from the likeliest; with 0 it is taken."),
        Attribute("top_k", \.topK, in: 0...2_147_483_647, "Only so many of the likeliest are drawn from; 0: all."),
        Attribute("top_p", \.topP, in: 0...1, "Only the likeliest, up to this share of the probability, are drawn from; 1: all."),
      ],
      inputs: [Port("logits", "[..., V]")], outputs: [Port("y", "[...]", "Classes, of i64.", .notDifferentiable)])
  }

  var temperature = 1.0
  var topK = 0
  var topP = 1.0
  private var rows = 1
  private var classes = 1

  private var isGreedy: Bool { temperature == 0 }
  private var ranks: Bool { !isGreedy && (topK > 0 || topP < 1) }
  private var randomBytes: Int { (rows * MemoryLayout<UInt64>.stride + 63) / 64 * 64 }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, "logits", rank: 1...8)
    (rows, classes) = (x.rows, x.width)
    guard classes > 0 else { throw .shape("logits must have a class to draw, but their shape is \(x.shape)") }
    guard classes <= Int32.max else { throw .shape("logits must have fewer than 2^31 classes, but their shape is \(x.shape)") }
    var plan = Plan(outputs: [Spec(Array(x.shape.dropLast()), .i64)])
    if !isGreedy {
      plan.forwardScratch = randomBytes + (ranks ? request.threadCount * classes * MemoryLayout<zoo_choice>.stride : 0)
    }
    plan.isRowIndependent = isGreedy && x.rank > 1
    plan.flops = 5 * Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (logits, y, classes) = (call.inputs[0].floats, call.outputs[0].pointer(to: Int64.self), classes)
    guard !isGreedy else {
      return try call.rows(rows, of: classes) { part in
        zoo_argmax(logits, Int64(classes), 1, y, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
    let random = call.scratch.assumingMemoryBound(to: UInt64.self)
    try call.random(.bits, into: call.scratch.assumingMemoryBound(to: UInt32.self), count: 2 * rows)
    let choices = (call.scratch + randomBytes).assumingMemoryBound(to: zoo_choice.self)
    var sampling = zoo_sampling(temperature: temperature, top_k: Int64(topK), top_p: topP)
    try withUnsafePointer(to: &sampling) { sampling throws(LayerError) in
      try call.parallel(rows, grain: max(Grain.heavy / classes, 1)) { part, slot in
        for row in part {
          y[row] = zoo_sample(sampling, logits + row * classes, Int64(classes), random[row], choices + slot * classes)
        }
      }
    }
    for row in 0..<rows where y[row] < 0 {
      throw .data("row \(row) of logits has a NaN, or its largest is infinite: no class can be drawn")
    }
  }
}
