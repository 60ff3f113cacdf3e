import ZooPlugin

/// An optimiser's update that treats every element alike and by itself.
///
/// Inputs are the parameter, its gradient, the rate, the number of the step (from 1) and the states; outputs are the parameter and
/// the states, in the same memory if the host likes.
protocol ElementwiseUpdate: Layer {
  /// Names of the states, which start as zeros, and what they hold.
  static var states: [(name: String, about: String)] { get }
  /// Checks attributes beyond their ranges.
  func check() throws(LayerError)
  /// Updates the elements of a part.
  func update(_ part: Range<Int>, _ memory: UpdateMemory, rate: Float, step: Int)
}

/// What an update reads and writes.
struct UpdateMemory {
  let parameter: UnsafePointer<Float>
  let gradient: UnsafePointer<Float>
  let newParameter: UnsafeMutablePointer<Float>
  /// The first state, and the second, for those that have them; the parameter otherwise.
  let states: (first: UnsafePointer<Float>, second: UnsafePointer<Float>)
  let newStates: (first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>)
}

extension ElementwiseUpdate {
  static var states: [(name: String, about: String)] { [] }

  static var updateInputs: [Port] {
    [
      Port("parameter", "[...]", "", .notDifferentiable), Port("gradient", "[...]", "", .notDifferentiable),
      Port("rate", "[]", "The learning rate.", .notDifferentiable),
      Port("step", "[]", "The number of this step, from 1; i64.", .notDifferentiable),
    ] + states.map { Port($0.name, "[...]", $0.about, .notDifferentiable) }
  }

  static var updateOutputs: [Port] {
    [Port("parameter", "[...]", "", .notDifferentiable)] + states.map { Port($0.name, "[...]", $0.about, .notDifferentiable) }
  }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let parameter = try request.float(0, "parameter")
    let names = ["gradient"] + Self.states.map(\.name)
    for (name, i) in zip(names, [1, 4, 5]) {
      let other = try request.float(i, name)
      guard other.shape == parameter.shape else {
        throw .shape("\(name) must have the shape of parameter, \(parameter.shape), but its shape is \(other.shape)")
      }
    }
    _ = try request.float(2, "rate", rank: 0...0)
    guard request[3] == Spec([], .i64) else { throw .dtype("step must be an i64 scalar, but it is \(request[3])") }
    try check()
    var plan = Plan(outputs: Array(repeating: parameter, count: 1 + Self.states.count))
    plan.aliases = [(output: 0, input: 0)] + Self.states.indices.map { (output: 1 + $0, input: 4 + $0) }
    plan.flops = Double(4 * (1 + Self.states.count)) * Double(parameter.count)
    return plan
  }

  func check() throws(LayerError) {}

  func forward(_ call: Call) throws(LayerError) {
    let (rate, step) = (call.inputs[2].floats[0], call.inputs[3].pointer(to: Int64.self)[0])
    guard step >= 1 else { throw .data("step must be 1 or more, but it is \(step)") }
    func state(_ i: Int) -> (UnsafePointer<Float>, UnsafeMutablePointer<Float>) {
      let has = 1 + i < call.outputs.count
      return (UnsafePointer(call.inputs[has ? 4 + i : 0].floats), call.outputs[has ? 1 + i : 0].floats)
    }
    let (first, second) = (state(0), state(1))
    let memory = UpdateMemory(
      parameter: call.inputs[0].floats, gradient: call.inputs[1].floats, newParameter: call.outputs[0].floats,
      states: (first.0, second.0), newStates: (first.1, second.1))
    try call.elements(call.outputs[0].count) { part in update(part, memory, rate: rate, step: Int(step)) }
  }
}
