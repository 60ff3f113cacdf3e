import Glibc
import ZooPlugin

let schedules: [Kind] = [
  Kind(ConstantRate.self), Kind(LinearWarmup.self), Kind(StepDecay.self), Kind(PolynomialDecay.self), Kind(PowerDecay.self),
  Kind(ExponentialDecay.self), Kind(InverseSquareRoot.self), Kind(CosineDecay.self), Kind(CosineRestarts.self), Kind(OneCycle.self),
]

/// A schedule of the learning rate: by what the rate is multiplied at each step of a phase of training.
///
/// Steps count from 0. What depends on the length of the phase holds for the whole phase unless an attribute says how many steps it takes,
/// and stays at its end from then on.
///
/// - Shapes: step, steps (both i64) and factor are scalars.
protocol Schedule: Layer {
  /// Checks attributes beyond their ranges.
  func check() throws(LayerError)
  /// The factor at a step of a phase that has `steps` of them.
  func factor(at step: Double, of steps: Double) -> Double
}

extension Schedule {
  static var scheduleInputs: [Port] {
    [
      Port("step", "[]", "The step of the phase, from 0; i64.", .notDifferentiable),
      Port("steps", "[]", "How many steps the phase has; i64.", .notDifferentiable),
    ]
  }

  static var scheduleOutputs: [Port] { [Port("factor", "[]", "What the rate is multiplied by.", .notDifferentiable)] }

  /// What `zoo check` tries: a step within the phase, and one beyond.
  static func scheduleChecks(_ attributes: String = "") -> [CheckCase] {
    [CheckCase(attributes, "i64[] 0...9; i64[] 10...20"), CheckCase(attributes, "i64[] 100...200; i64[] 1...9")]
  }

  static func spanAttribute(_ path: WritableKeyPath<Self, Int?>) -> Attribute<Self> {
    Attribute("steps", path, in: 1...1e15, "How many steps it takes; as many as the phase has if absent.")
  }

  func check() throws(LayerError) {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    for (i, name) in ["step", "steps"].enumerated() {
      guard request[i] == Spec([], .i64) else { throw .dtype("\(name) must be an i64 scalar, but it is \(request[i])") }
    }
    try check()
    return Plan(outputs: [Spec([])])
  }

  func forward(_ call: Call) throws(LayerError) {
    let (step, steps) = (call.inputs[0].pointer(to: Int64.self)[0], call.inputs[1].pointer(to: Int64.self)[0])
    guard step >= 0 else { throw .data("step must be 0 or more, but it is \(step)") }
    guard steps >= 0 else { throw .data("steps must be 0 or more, but it is \(steps)") }
    call.outputs[0].floats[0] = Float(factor(at: Double(step), of: Double(steps)))
  }
}

/// How far something is that takes `steps` steps: 0 at its start, 1 from its end on, which for no steps at all is at once.
func progress(at step: Double, of steps: Double) -> Double { step < steps ? step / steps : 1 }

/// The value between two that a half wave of the cosine goes through from one to the other.
func cosine(from start: Double, to end: Double, at progress: Double) -> Double { end + (start - end) * (1 + cos(.pi * progress)) / 2 }
