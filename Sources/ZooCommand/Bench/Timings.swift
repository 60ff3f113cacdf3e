import ZooRuntime

/// How long something took, each time.
package struct Timings: Sendable {
  /// Why no more were taken.
  package enum Ending: String, Sendable {
    /// The median is known well enough.
    case settled
    /// The time was up.
    case timeLimit = "time limit"
  }

  /// Seconds, sorted.
  package let seconds: [Double]
  /// Why there are no more.
  package let ending: Ending

  /// Timings that were taken in any order; at least one.
  package init(_ seconds: [Double], ending: Ending = .timeLimit) {
    precondition(!seconds.isEmpty, "nothing was timed")
    self.seconds = seconds.sorted()
    self.ending = ending
  }

  /// The value below which the part `fraction` of them lies, between neighbours linearly.
  package func quantile(_ fraction: Double) -> Double {
    let place = fraction * Double(seconds.count - 1)
    let below = Int(place)
    let above = min(below + 1, seconds.count - 1)
    return seconds[below] + (seconds[above] - seconds[below]) * (place - Double(below))
  }

  /// Half of them took longer.
  package var median: Double { quantile(0.5) }
  /// The fastest.
  package var minimum: Double { seconds[0] }
  /// How many there are.
  package var count: Int { seconds.count }
  /// How wide the middle half is, as a part of the median: the interquartile range.
  package var spread: Double { (quantile(0.75) - quantile(0.25)) / median }

  /// Where the median of all runs that could have been taken lies, with 95 % confidence.
  ///
  /// The number of runs on one side of it is binomial, so it lies between two of those taken, as far from the middle as that number
  /// deviates; nothing is assumed about how times are distributed. (Conover 1999, Practical Nonparametric Statistics, 3.2.)
  package var medianInterval: ClosedRange<Double> {
    let reach = 1.96 * Double(count).squareRoot() / 2
    let rank = (Double(count) / 2 - reach).rounded()
    let lower = max(Int(rank) - 1, 0)
    return seconds[lower]...seconds[count - 1 - lower]
  }

  /// The width of that interval, as a part of the median; infinite for fewer than six runs, which cannot be that sure of anything.
  package var uncertainty: Double {
    count < 6 ? .infinity : (medianInterval.upperBound - medianInterval.lowerBound) / median
  }

  /// What `uncertainty` has to come to.
  package static let tolerance = 0.01

  /// Times `body` again and again until the median is known to one per cent, or until `limit` seconds are over.
  ///
  /// The first tenth of the time, and three runs at least, are not counted: caches fill, clocks rise. The median counts as known after a
  /// quarter of the time at the earliest, because runs close to each other are more alike than the rest.
  package static func take(
    limit: Double, clock: () -> Double = monotonicSeconds, _ body: () throws -> Void
  ) rethrows -> Timings {
    let start = clock()
    var now = start
    var warmUps = 0
    while warmUps < 3 || now - start < limit / 10 {
      try body()
      warmUps += 1
      now = clock()
      if now - start > limit { break }
    }

    var taken: [Double] = []
    taken.reserveCapacity(1 << 16)
    var check = 8
    while taken.count < 1 << 20 {
      let before = clock()
      try body()
      now = clock()
      taken.append(now - before)
      if now - start >= limit { break }
      if taken.count >= check {
        check += check / 2
        if now - start >= limit / 4 {
          let timings = Timings(taken, ending: .settled)
          if timings.uncertainty <= tolerance { return timings }
        }
      }
    }
    return Timings(taken)
  }
}
