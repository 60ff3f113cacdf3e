/// The derivative of a function along a line, by central differences, beside what it is expected to be.
///
/// Ridders' method (1982, doi:10.1016/S0141-1195(82)80057-0): the step is halved, polynomials through the differences say what they tend to,
/// and the estimate is taken that changes least when another step is added. Where the function has kinks, polynomials say nothing, but
/// differences still tend to the derivative: what counts is then the one that has changed least in two halvings.
struct Slope {
  /// The estimate.
  private(set) var value = Double.nan
  /// How far it may be off.
  private(set) var error = Double.infinity

  private static let halvings = 16

  /// Looks at the function on both sides of 0, at `step` first; stops early at an estimate that is `expected` for certain.
  ///
  /// - Parameters:
  ///   - scale: beside what differences count.
  ///   - function: its value, and how finely it is rounded.
  init(
    step first: Double, expected: Double, scale: Double, _ function: (_ step: Double) throws -> (value: Double, rounding: Double)
  ) throws {
    var table: [[Double]] = []
    var step = first
    var smooth = (value: Double.nan, error: Double.infinity)  // by polynomials
    var best = smooth  // by differences alone
    var (previous, lastChange): (Double?, Double) = (nil, 0)
    var agreements = 0
    for i in 0..<Self.halvings {
      let (high, low) = (try function(step), try function(-step))
      let rounding = (high.rounding + low.rounding) / (2 * step)
      let difference = (high.value - low.value) / (2 * step)
      if i > 0, rounding > Self.meaningless * max(scale, difference.magnitude) { break }

      var row = [difference]
      var factor = 4.0
      for k in 0..<min(i, Self.order) {
        row.append((row[k] * factor - table[i - 1][k]) / (factor - 1))
        factor *= 4
        let error = max((row[k + 1] - row[k]).magnitude, (row[k + 1] - table[i - 1][k]).magnitude) + rounding
        if error < smooth.error { smooth = (row[k + 1], error) }
      }
      let change = max(previous.map { (difference - $0).magnitude } ?? .infinity, lastChange)
      if change + rounding < best.error { best = (difference, change + rounding) }
      if let previous { lastChange = (difference - previous).magnitude }
      previous = difference
      table.append(row)
      if (smooth.value - expected).magnitude <= Self.certain * scale, smooth.error < 10 * Self.certain * scale {
        (value, error) = smooth
        return
      }
      // Two steps in a row do not come this close to a wrong number by chance: as steps shrink, differences stay away from one.
      agreements = (difference - expected).magnitude <= Self.close * scale ? agreements + 1 : 0
      if agreements == 2 {
        (value, error) = (difference, (difference - table[i - 1][0]).magnitude + rounding)
        return
      }
      step /= 2
    }
    (value, error) = best
  }

  // Relative to the scale: far below what any mistake makes; what a mistake hardly comes to; rounding that leaves no digit.
  private static let certain = 2e-4
  private static let close = 2e-3
  private static let meaningless = 0.03
  private static let order = 6
}
