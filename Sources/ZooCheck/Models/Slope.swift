/// The derivative of a function along a line, by central differences.
///
/// Ridders' method (1982, doi:10.1016/S0141-1195(82)80057-0): the step is halved, polynomials through the differences say what they tend to,
/// and the estimate is taken that changes least when another step is added. What rounding makes of the values counts too.
struct Slope {
  /// The estimate.
  private(set) var value = Double.nan
  /// How far it may be off.
  private(set) var error = Double.infinity

  private static let halvings = 8

  /// Looks at the function on both sides of 0, at `step` first; stops early at an estimate that is `expected` for certain.
  ///
  /// - Parameters:
  ///   - function: its value, and how finely it is rounded.
  init(step first: Double, expected: Double, _ function: (_ step: Double) throws -> (value: Double, rounding: Double)) throws {
    var table: [[Double]] = []
    var step = first
    for i in 0..<Self.halvings {
      let (high, low) = (try function(step), try function(-step))
      let rounding = (high.rounding + low.rounding) / (2 * step)
      var row = [(high.value - low.value) / (2 * step)]
      var factor = 4.0
      for k in 0..<i {
        row.append((row[k] * factor - table[i - 1][k]) / (factor - 1))
        factor *= 4
        let change = max((row[k + 1] - row[k]).magnitude, (row[k + 1] - table[i - 1][k]).magnitude) + rounding
        if change < error { (value, error) = (row[k + 1], change) }
      }
      table.append(row)
      if (value - expected).magnitude < Self.certain * expected.magnitude, error < 10 * Self.certain * expected.magnitude { return }
      step /= 2
    }
  }

  // Relative to what is expected: far below what any mistake makes.
  private static let certain = 2e-4
}
