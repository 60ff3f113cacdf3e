/// How a derivative that backward says compares with what the function does.
package struct GradientComparison: Sendable {
  /// What came of it.
  package enum Verdict: String, Sendable {
    case agrees, unresolved, disagrees
  }

  package let verdict: Verdict
  /// The derivative along some direction, as backward says.
  package let reverse: Double
  /// The same by differences.
  package let differences: Double
  /// How far that may be off.
  package let resolution: Double

  /// How far both are apart, relative to the larger one.
  package let distance: Double

  /// `scale` is what the derivative would be in another direction like it: one that happens to be level proves less.
  init(reverse: Double, slope: Slope, scale: Double) {
    (self.reverse, differences, resolution) = (reverse, slope.value, slope.error)
    let scale = max(reverse.magnitude, slope.value.magnitude, scale)
    let distance = (reverse - slope.value).magnitude
    self.distance = scale > 0 ? distance / scale : 0
    if !slope.value.isFinite || slope.error > Self.leastResolved * scale, !(distance > Self.tolerance * scale + 3 * slope.error) {
      verdict = .unresolved
    } else {
      verdict = distance <= Self.tolerance * scale + 3 * slope.error ? .agrees : .disagrees
    }
  }

  // Relative to the derivative: how far a difference may be off to say anything, and how far both may be apart.
  private static let leastResolved = 0.02
  private static let tolerance = 0.01
}

/// A derivative along directions, compared with differences.
struct DirectionalCheck {
  let values: UnsafeMutableBufferPointer<Float>
  let gradient: [Float]
  /// What is differentiated, where the values are now.
  let function: () throws -> (value: Double, rounding: Double)

  /// Two directions: along the gradient, where most can be seen of it, and across, where a gradient in the wrong place shows.
  ///
  /// In a direction that meets a kink both may differ for good reason, so that only what disagrees in several does.
  func compare() throws -> GradientComparison {
    var worst: GradientComparison?
    for isAlong in gradient.contains(where: { $0 != 0 }) ? [true, false] : [false] {
      if !isAlong, gradient.count == 1, worst != nil { break }
      var result: GradientComparison?
      for attempt in 0..<Self.attempts {
        result = try compare(direction(isAlong: isAlong, attempt))
        if result?.verdict != .disagrees { break }
      }
      guard let result else { continue }
      if worst.map({ $0.isBetter(than: result) }) ?? true { worst = result }
    }
    guard let worst else { preconditionFailure("there is a direction at least") }
    return worst
  }

  private static let attempts = 4

  /// A direction whose largest element is 1.
  func direction(isAlong: Bool, _ attempt: Int) -> [Float] {
    var random = SplitMix(state: UInt64(2 * attempt + (isAlong ? 1 : 0)) &* 7919 &+ 3)
    let signs = random.signs(gradient.count)
    guard isAlong else { return signs }
    let largest = gradient.reduce(0) { max($0, $1.magnitude) }
    return zip(gradient, signs).map { $0 / largest * $1.magnitude }
  }

  private func compare(_ direction: [Float]) throws -> GradientComparison {
    let start = Array(values)
    defer { _ = values.update(from: start) }
    let reverse = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let base = try function().value.magnitude
    // Small beside the values, and so that what is predicted changes the function by a tenth at most.
    var step = 0.05 * Double(values.rootMeanSquare + 0.1)
    if reverse != 0, base > 0 { step = min(step, 0.1 * base / reverse.magnitude) }
    let scale = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0 * $1.1) * Double($1.0 * $1.1) }.squareRoot()
    let slope = try Slope(step: step, expected: reverse, scale: max(scale, reverse.magnitude)) { step in
      for i in values.indices { values[i] = start[i] + Float(step) * direction[i] }
      return try function()
    }
    return GradientComparison(reverse: reverse, slope: slope, scale: scale)
  }
}

extension GradientComparison {
  fileprivate func isBetter(than other: GradientComparison) -> Bool {
    func rank(_ verdict: Verdict) -> Int { verdict == .agrees ? 1 : verdict == .unresolved ? 0 : 2 }
    return (rank(verdict), distance) < (rank(other.verdict), other.distance)
  }
}
