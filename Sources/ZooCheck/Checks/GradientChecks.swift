import CZoo
import ZooRuntime
import ZooTypes

let gradientChecks: [Check] = [
  .kind("gradients-agree", "backward agrees with finite differences, for every differentiable input and parameter") { context in
    try context.each(training: true) { kind, example in
      guard kind.isDifferentiable else { throw CheckSkip("it is not differentiable") }
      // Numbers of both signs where they make sense, and positive ones where only those do.
      for positive in [false, true] {
        var example = example
        if positive { for i in example.inputs.indices where example.inputs[i]?.range == nil { example.inputs[i]?.range = 0.25...1.25 } }
        if try FiniteDifferences(context, example).agree() { return }
      }
      throw CheckSkip("it gives no finite numbers; give cases with ranges by the extension 'zoo.check/1'")
    }
  },
  .kind("gradients-written", "every element of every gradient is written") { context in
    try context.each(training: true) { kind, example in
      guard kind.isDifferentiable else { throw CheckSkip("it is not differentiable") }
      let gradients = try [UInt8(0xFF), 0x2A].map { poison in
        let trial = try context.trial(example, Trial.Manner(isTraining: true, poison: poison))
        try trial.forward()
        return try trial.backward(from: trial.outputGradients()).all
      }
      for (first, second) in zip(gradients[0], gradients[1]) where first.copy != second.copy {
        throw CheckFailure("\(first.name) \(first.spec) depends on what was there before")
      }
    }
  },
  .kind("gradients-accumulate", "where it says so, backward adds to what is there") { context in
    try context.each(training: true) { kind, example in
      guard kind.isDifferentiable else { throw CheckSkip("it is not differentiable") }
      let trial = try context.trial(example, Trial.Manner(isTraining: true))
      guard trial.layer.accumulates else { throw CheckSkip("the host adds for it") }
      try trial.forward()
      let start = try trial.outputGradients()
      let (plain, sums) = (try trial.backward(from: start), try trial.backward(from: start, addingTo: 3))
      for (plain, sum) in zip(plain.all, sums.all) {
        try expectEqual(sum.floats, plain.floats.map { $0 + 3 }, example.tolerance, "added to 3", sum.name)
      }
    }
  },
  .kind("gradients-unwanted", "gradients that nobody wants are left out, and the others stay the same") { context in
    try context.each(training: true) { kind, example in
      guard kind.isDifferentiable else { throw CheckSkip("it is not differentiable") }
      let trial = try context.trial(example, Trial.Manner(isTraining: true))
      try trial.forward()
      let start = try trial.outputGradients()
      let all = try trial.backward(from: start)
      for i in trial.inputs.indices where all.inputs[i] != nil {
        let only = try trial.backward(from: start, wantsInput: { $0 == i }, wantsParameter: { _ in false })
        try expectEqual(only.inputs.compactMap { $0 }, all.inputs[i].map { [$0] } ?? [], example.tolerance, "wanted alone")
      }
      for i in trial.parameters.indices where all.parameters[i] != nil {
        let only = try trial.backward(from: start, wantsInput: { _ in false }, wantsParameter: { $0 == i })
        try expectEqual(only.parameters.compactMap { $0 }, all.parameters[i].map { [$0] } ?? [], example.tolerance, "wanted alone")
      }
      _ = try trial.backward(from: start, wantsInput: { _ in false }, wantsParameter: { _ in false })
    }
  },
  .kind("gradients-of-nothing", "outputs that nobody differentiated have gradients of zero") { context in
    try context.each(training: true) { kind, example in
      guard kind.isDifferentiable else { throw CheckSkip("it is not differentiable") }
      let trial = try context.trial(example, Trial.Manner(isTraining: true))
      try trial.forward()
      for gradient in try trial.backward(from: trial.outputs.map { _ in nil }).all {
        if let wrong = gradient.floats.first(where: { $0 != 0 }) { throw CheckFailure("\(gradient.name) has \(wrong) where 0 belongs") }
      }
    }
  },
]

/// Central differences of the sum of outputs times what backward starts from.
private struct FiniteDifferences {
  let trial: Trial
  let start: [GuardedTensor?]
  let tolerance: Double
  private static let step: Float = 1 / 128

  init(_ context: CheckContext, _ example: CheckedCase) throws {
    trial = try context.trial(example, Trial.Manner(isTraining: true))
    tolerance = example.gradientTolerance
    start = try trial.outputGradients()
  }

  private func objective() throws -> Double {
    try trial.forward()
    var sum = 0.0
    for (output, weight) in zip(trial.outputs, start) {
      guard let weight else { continue }
      for (y, w) in zip(output.elements, weight.elements) { sum += Double(y) * Double(w) }
    }
    return sum
  }

  /// false: some number is not finite, which says nothing.
  func agree() throws -> Bool {
    do {
      guard try objective().isFinite else { return false }
    } catch let error as LayerFailure where error.status == Int32(ZOO_BAD_DATA) {
      return false
    }
    let gradients = try trial.backward(from: start)
    guard gradients.all.allSatisfy({ $0.elements.allSatisfy { $0.isFinite } }) else { return false }
    for (tensor, gradient) in zip(trial.inputs, gradients.inputs) { try compare(tensor, gradient) }
    for (tensor, gradient) in zip(trial.parameters, gradients.parameters) { try compare(tensor, gradient) }
    return true
  }

  private func compare(_ tensor: GuardedTensor?, _ gradient: GuardedTensor?) throws {
    guard let tensor, let gradient else { return }
    let (values, slopes) = (tensor.floats, gradient.floats)
    guard !values.isEmpty else { return }
    let scale = Double(slopes.reduce(Float(0)) { max($0, $1.magnitude) })
    // Single elements, which would show a gradient in the wrong place, and a direction through all.
    for i in Set([0, values.count / 3, values.count / 2, values.count - 1]).sorted() {
      try compare(tensor, values, along: { $0 == i ? 1 : 0 }, Double(slopes[i]), scale, "[\(i)]")
    }
    var random = SplitMix(state: 3)
    let direction = values.map { _ in Float(random.next() - 0.5) }
    let slope = zip(slopes, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    try compare(tensor, values, along: { direction[$0] }, slope, max(scale, slope.magnitude), " along a direction")
  }

  private func compare(
    _ tensor: GuardedTensor, _ values: [Float], along direction: (Int) -> Float, _ slope: Double, _ scale: Double, _ place: String
  ) throws {
    func at(_ step: Float) throws -> Double {
      for i in values.indices { tensor.elements[i] = values[i] + step * direction(i) }
      return try objective()
    }
    var estimate = 0.0
    // A kink within the first step is most likely outside of the second.
    for step in [Self.step, Self.step / 8] {
      let (high, low, middle) = (try at(step), try at(-step), try at(0))
      let (right, left) = ((high - middle) / Double(step), (middle - low) / Double(step))
      let scale = max(scale, right.magnitude, 1e-3)
      // Where both sides disagree there is a kink or a jump, or the curve is steep: differences say nothing.
      if (right - left).magnitude >= 0.1 * scale { return }
      estimate = (high - low) / (2 * Double(step))
      // f32 rounds the outputs, whose sum is all that differences see.
      let rounding = 1e-6 * max(high.magnitude, 1) / Double(step)
      if (slope - estimate).magnitude <= tolerance * scale + rounding { return }
    }
    throw CheckFailure("by \(tensor.name)\(place), backward says \(Float(slope)), and finite differences \(Float(estimate))")
  }
}
