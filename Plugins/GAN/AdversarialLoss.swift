import CKernels
import ZooPlugin

/// What a generator and a discriminator play for.
enum Objective: String, CaseIterable, AttributeValue {
  case nonSaturating = "non_saturating"
  case leastSquares = "least_squares"
  case hinge
  case wasserstein

  /// Its number in the kernels.
  fileprivate var number: Int32 {
    switch self {
    case .nonSaturating: Int32(ZOO_NON_SATURATING)
    case .leastSquares: Int32(ZOO_LEAST_SQUARES)
    case .hinge: Int32(ZOO_HINGE)
    case .wasserstein: Int32(ZOO_WASSERSTEIN)
    }
  }
}

/// The sum over a loss's inputs of the mean over each one's logits: a declaration and, for each input, whose loss it is.
protocol AdversarialLoss: DifferentiableLayer {
  /// Which game is played.
  var objective: Objective { get set }
  /// The inputs' names and their sides in the kernels.
  static var sides: [(name: String, side: Int32)] { get }
}

extension AdversarialLoss {
  static var objectiveAttribute: Attribute<Self> { Attribute("objective", \.objective, "Which game the two play.") }

  /// Logits that are summed by themselves, so that the order does not depend on how many threads there are.
  private var block: Int { 1 << 12 }
  /// Blocks that are worth a thread.
  private var grain: Int { 8 }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    var most = 0
    var total = 0
    for (i, input) in Self.sides.enumerated() {
      let logits = try request.float(i, input.name)
      guard logits.count > 0 else { throw .shape("\(input.name) must not be empty, but its shape is \(logits.shape)") }
      (most, total) = (max(most, logits.count), total + logits.count)
    }
    var plan = Plan(outputs: [Spec([])])
    plan.neededInputs = Set(Self.sides.indices)
    plan.forwardScratch = (most + block - 1) / block * MemoryLayout<Double>.stride
    plan.accumulates = true
    plan.flops = 5 * Double(total)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (objective, sums) = (objective.number, call.scratch.assumingMemoryBound(to: Double.self))
    var loss = 0.0
    for i in 0..<Self.sides.count {
      let (logits, count, side, block) = (call.inputs[i].floats, call.inputs[i].count, Self.sides[i].side, block)
      let blocks = (count + block - 1) / block
      try call.parallel(blocks, grain: grain) { part, _ in
        for k in part { sums[k] = zoo_adversarial_sum(objective, side, logits + k * block, Int64(min(block, count - k * block))) }
      }
      loss += zoo_total_of_blocks(sums, Int64(blocks)) / Double(count)
    }
    call.outputs[0].floats[0] = Float(loss)
  }

  func backward(_ call: Call) throws(LayerError) {
    let dy = call.outputGradients.optional(0)?.floats[0]
    for i in 0..<Self.sides.count {
      guard let gradient = call.inputGradients.optional(i) else { continue }
      let (target, count, adds) = (gradient.floats, gradient.count, call.accumulatesInput(i))
      guard let dy else {
        if !adds { target.update(repeating: 0, count: count) }
        continue
      }
      let (logits, objective, side, factor, block) = (
        call.inputs[i].floats, objective.number, Self.sides[i].side, dy / Float(count), block
      )
      try call.parallel((count + block - 1) / block, grain: grain) { part, _ in
        let (from, to) = (part.lowerBound * block, min(part.upperBound * block, count))
        zoo_adversarial_slope(objective, side, logits + from, factor, target + from, Int64(to - from), adds ? 1 : 0)
      }
    }
  }
}
