import CKernels
import ZooPlugin

/// One more term of an average: of parameters over the steps of training, as Polyak has it.
///
///     average = average + weight (parameter - average)
///
/// A weight of 1 / k for the k-th term makes it the arithmetic mean, and a constant weight of 1 - decay the running one, which forgets.
///
/// - Shapes: average and parameter are alike; weight is a scalar.
/// - Reference: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging",
///   <https://doi.org/10.1137/0330046>.
struct Average: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.average", "One more term of an average: of parameters over the steps of training.",
      formula: "average = average + weight (parameter - average)", reference: "Polyak & Juditsky 1992, doi:10.1137/0330046",
      inputs: [
        Port("average", "[...]", "Of the terms so far.", .notDifferentiable), Port("parameter", "[...]", "The term.", .notDifferentiable),
        Port("weight", "[]", "The share that the term has in the new average.", .notDifferentiable),
      ], outputs: [Port("average", "[...]", "", .notDifferentiable)])
  }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let (average, parameter) = (try request.float(0, "average"), try request.float(1, "parameter"))
    guard parameter.shape == average.shape else {
      throw .shape("parameter must have the shape of average, \(average.shape), but its shape is \(parameter.shape)")
    }
    _ = try request.float(2, "weight", rank: 0...0)
    var plan = Plan(outputs: [average])
    plan.aliases = [(output: 0, input: 0)]
    plan.flops = 3 * Double(average.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (average, parameter, new) = (call.inputs[0].floats, call.inputs[1].floats, call.outputs[0].floats)
    let weight = call.inputs[2].floats[0]
    try call.elements(call.outputs[0].count) { part in
      let i = part.lowerBound
      zoo_average(average + i, parameter + i, new + i, Int64(part.count), weight)
    }
  }
}
