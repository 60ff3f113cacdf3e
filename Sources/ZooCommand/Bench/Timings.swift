import ZooRuntime

/// How long something took, each time.
package struct Timings: Sendable {
  /// Seconds, sorted.
  package let seconds: [Double]

  /// Timings that were taken in any order; at least one.
  package init(_ seconds: [Double]) {
    precondition(!seconds.isEmpty, "nothing was timed")
    self.seconds = seconds.sorted()
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

  /// Times `body` again and again until the median settles, or until `limit` seconds are over.
  ///
  /// The first tenth of the time, and three runs at least, are not counted: caches fill, clocks rise. The median has settled when those of
  /// the first and the second half are within half a percent of each other, after a quarter of the time at the earliest.
  package static func take(limit: Double, _ body: () throws -> Void) rethrows -> Timings {
    let start = monotonicSeconds()
    var warmUps = 0
    while warmUps < 3 || monotonicSeconds() - start < limit / 10 {
      try body()
      warmUps += 1
      if monotonicSeconds() - start > limit { break }
    }

    var taken: [Double] = []
    taken.reserveCapacity(1 << 16)
    var check = 32
    while taken.count < 1 << 20 {
      let before = monotonicSeconds()
      try body()
      let now = monotonicSeconds()
      taken.append(now - before)
      if now - start >= limit { break }
      if taken.count == check {
        check *= 2
        let (first, second) = (Timings(Array(taken[..<(taken.count / 2)])), Timings(Array(taken[(taken.count / 2)...])))
        if now - start >= limit / 4, (first.median / second.median - 1).magnitude < 0.005 { break }
      }
    }
    return Timings(taken)
  }
}
