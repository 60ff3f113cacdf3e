import CKernels
import ZooPlugin

/// A loss that is the mean or the sum over elements of a function of prediction and target: a declaration and three maps.
protocol ElementwiseLoss: DifferentiableLayer {
  associatedtype ReductionChoice: LossReduction
  /// How the elements' losses become one number.
  var reduction: ReductionChoice { get set }
  /// The kernels that compute it.
  var maps: LossMaps { get }
  /// What the first input is called.
  static var predictionName: String { get }
}

/// A loss and its derivatives, element by element.
struct LossMaps {
  typealias Map = @convention(c) (UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int64, Float) -> Void
  var value: Map
  var byPrediction: Map
  /// nil: the target is a label.
  var byTarget: Map?
  /// The loss's constant, as the kernels' header names it.
  var constant: Float = 0
  /// Elements that are enough work for a thread.
  var grain = Grain.light
}

extension ElementwiseLoss {
  static var predictionName: String { "prediction" }

  static var reductionAttribute: Attribute<Self> {
    Attribute("reduction", \.reduction, "What becomes of the elements' losses: their mean, their sum, or none.")
  }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let prediction = try request.float(0, Self.predictionName)
    for (i, name) in [(1, "target"), (2, "weight")] where request.optional(i) != nil {
      let other = try request.float(i, name)
      guard other.shape == prediction.shape else {
        throw .shape("\(name) must have the shape of \(Self.predictionName), \(prediction.shape), but its shape is \(other.shape)")
      }
    }
    guard prediction.count > 0 else { throw .shape("\(Self.predictionName) must not be empty, but its shape is \(prediction.shape)") }
    if reduction.literal == .text("batch_mean"), prediction.rank == 0 {
      throw .rank(of: Self.predictionName, expected: "1 to 8 for the mean over a batch", got: prediction)
    }
    var plan = Plan(outputs: [reduction.isNone ? prediction : Spec([])])
    plan.neededInputs = Set(request.inputs.indices.filter { request.inputs[$0] != nil })
    plan.forwardScratch = reduction.isNone ? 0 : PartialSums.scratch(for: prediction.count, block: Int(ZOO_LOSS_BLOCK))
    plan.isRowIndependent = reduction.isNone && prediction.rank > 0
    plan.accumulates = true
    plan.flops = 3 * Double(prediction.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (maps, count) = (maps, call.inputs[0].count)
    let (p, t, w) = (call.inputs[0].floats, call.inputs[1].floats, call.inputs.optional(2)?.floats)
    let output = call.outputs[0].floats
    if reduction.isNone {
      return try call.elements(count, grain: maps.grain) { part in
        let start = part.lowerBound
        zoo_loss_scaled(maps.value, p + start, t + start, w.map { $0 + start }, nil, 1, output + start, Int64(part.count), maps.constant, 0)
      }
    }
    let block = Int(ZOO_LOSS_BLOCK)
    let (blocks, partials) = ((count + block - 1) / block, call.scratch.assumingMemoryBound(to: Double.self))
    try call.parallel(blocks, grain: maps.grain / block) { part, _ in
      for i in part {
        let start = i * block
        partials[i] = zoo_loss_sum(
          maps.value, p + start, t + start, w.map { $0 + start }, Int64(min(block, count - start)), maps.constant)
      }
    }
    output[0] = Float(zoo_total_of_blocks(partials, Int64(blocks)) / Double(reduction.divisor(of: call.inputs[0])))
  }

  func backward(_ call: Call) throws(LayerError) {
    let maps = maps
    try backward(call, input: 0, maps.byPrediction)
    if let map = maps.byTarget { try backward(call, input: 1, map) }
  }

  /// The gradient by `input` is the map times the weight times the loss's own gradient.
  private func backward(_ call: Call, input: Int, _ map: @escaping LossMaps.Map) throws(LayerError) {
    guard let gradient = call.inputGradients.optional(input) else { return }
    let adds = call.accumulatesInput(input)
    guard let dy = call.outputGradients.optional(0) else { return call.clear(gradient, unlessAdding: adds) }
    let (p, t, w) = (call.inputs[0].floats, call.inputs[1].floats, call.inputs.optional(2)?.floats)
    let (dx, maps) = (gradient.floats, maps)
    let (scale, factor) = reduction.isNone ? (dy.floats, 1) : (nil, dy.floats[0] / Float(reduction.divisor(of: call.inputs[0])))
    try call.elements(gradient.count, grain: maps.grain) { part in
      let start = part.lowerBound
      zoo_loss_scaled(
        map, p + start, t + start, w.map { $0 + start }, scale.map { $0 + start }, factor, dx + start, Int64(part.count), maps.constant,
        adds ? 1 : 0)
    }
  }
}
