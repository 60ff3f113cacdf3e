package import Testing

/// Expects that two arrays agree to `tolerance` times the largest magnitude expected.
///
/// NaN agrees with NaN, infinities with themselves.
package func expectClose(
  _ got: [Float], _ expected: [Float], tolerance: Float = 1e-5, _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard got.count == expected.count else {
    Issue.record("\(what): \(got.count) elements, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  let scale = max(expected.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }, 1e-6)
  var worst = (index: -1, difference: Float(0))
  for i in got.indices {
    if got[i] == expected[i] || got[i].isNaN && expected[i].isNaN { continue }
    let difference = abs(got[i] - expected[i])
    if !(difference <= tolerance * scale), !(difference <= worst.difference) { worst = (i, difference) }
  }
  if worst.index >= 0 {
    Issue.record(
      "\(what): element \(worst.index) is \(got[worst.index]), expected \(expected[worst.index]) (tolerance \(tolerance) of \(scale))",
      sourceLocation: sourceLocation)
  }
}
