import ZooPlugin

/// An optimiser's update that treats every element alike and by itself.
///
/// Decay pulls parameters towards 0 through the gradient, but where a kind says otherwise. Soft thresholding, the proximal step of an L1
/// penalty, follows the step: `soft(p, t) = sign(p) max(|p| - t, 0)`.
///
/// Inputs are the parameter, its gradient, the rate, the number of the step (from 1) and the states; outputs are the parameter and
/// the states, in the same memory if the host likes.
protocol ElementwiseUpdate: Layer {
  /// Names of the states, which start as zeros, and what they hold.
  static var states: [(name: String, about: String)] { get }
  /// Of decay as a part of the gradient.
  var weightDecay: Float { get set }
  /// The penalty whose proximal step follows.
  var l1: Float { get set }
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
  /// The states, for those that have them; the parameter otherwise.
  let first: UpdateState
  let second: UpdateState
  let third: UpdateState
}

/// What a state was, and where it goes, which may be the same memory.
struct UpdateState {
  let old: UnsafePointer<Float>
  let new: UnsafeMutablePointer<Float>

  /// Leaves the elements of a part as they were.
  func keep(_ part: Range<Int>) {
    if new != old { (new + part.lowerBound).update(from: old + part.lowerBound, count: part.count) }
  }
}

extension ElementwiseUpdate {
  static var states: [(name: String, about: String)] { [] }

  static var decayAttribute: Attribute<Self> {
    Attribute("weight_decay", \.weightDecay, in: 0...1e6, "Pulls parameters towards 0, as a part of the gradient.")
  }

  static var l1Attribute: Attribute<Self> {
    Attribute("l1", \.l1, in: 0...1e6, "After a step of rate 1, parameters go so far towards 0, and no further.")
  }

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
    for (name, i) in zip(names, [1, 4, 5, 6]) {
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
    func state(_ i: Int) -> UpdateState {
      let has = 1 + i < call.outputs.count
      return UpdateState(old: call.inputs[has ? 4 + i : 0].floats, new: call.outputs[has ? 1 + i : 0].floats)
    }
    let memory = UpdateMemory(
      parameter: call.inputs[0].floats, gradient: call.inputs[1].floats, newParameter: call.outputs[0].floats,
      first: state(0), second: state(1), third: state(2))
    try call.elements(call.outputs[0].count) { part in update(part, memory, rate: rate, step: Int(step)) }
  }
}
