import Glibc

/// What a learning-rate range test has seen: losses at growing rates, and which rate they suggest.
///
/// Reference: Smith 2017, Cyclical learning rates for training neural networks, arXiv:1506.01186, section 3.3.
package struct RateRange: Sendable {
  /// The loss of one step.
  package struct Point: Hashable, Sendable {
    /// The rate of the step.
    package var rate: Double
    /// The loss before it.
    package var loss: Double
    /// The mean of it and those before, of which each counts less than the next.
    package var smoothed: Double
  }

  /// The first and the last rate.
  package let rates: ClosedRange<Double>
  /// How many steps there are from the first to the last.
  package let count: Int
  /// What was seen so far.
  package private(set) var points: [Point] = []

  private var sum = 0.0
  private let keep: Double

  /// A test of `count` rates.
  package init(_ rates: ClosedRange<Double>, count: Int) {
    (self.rates, self.count) = (rates, max(count, 2))
    // The weights of about a twentieth of all steps make up most of a mean.
    keep = exp(-20 / Double(self.count))
  }

  /// The rate of step `index`, counted from 0: each is larger than the one before by the same factor.
  package func rate(at index: Int) -> Double {
    let part = Double(min(max(index, 0), count - 1)) / Double(count - 1)
    return exp(log(rates.lowerBound) + part * (log(rates.upperBound) - log(rates.lowerBound)))
  }

  /// Adds the loss of the next step.
  package mutating func add(_ loss: Double) {
    sum = keep * sum + (1 - keep) * loss
    // Nothing came before the first one, which would pull the mean to 0.
    let smoothed = sum / (1 - pow(keep, Double(points.count + 1)))
    points.append(Point(rate: rate(at: points.count), loss: loss, smoothed: smoothed))
  }

  /// Whether there is nothing more to learn: all rates have been tried, or the loss has become far larger than it was.
  package var isOver: Bool {
    guard let last = points.last else { return false }
    if points.count >= count || !last.smoothed.isFinite { return true }
    guard let best = points.map(\.smoothed).min(), let first = points.first, points.count > count / 20 else { return false }
    return last.smoothed - best > 3 * max(first.smoothed - best, best.magnitude)
  }

  /// The rate at which the smoothed loss falls fastest per factor of the rate, before it is lowest; nil: it never falls.
  package var suggestion: Double? {
    let smoothed = points.map(\.smoothed)
    guard let least = smoothed.indices.min(by: { smoothed[$0] < smoothed[$1] }) else { return nil }
    // A slope is taken over a twentieth of the test, so that no single batch decides.
    let reach = max(1, count / 40)
    var steepest: (index: Int, slope: Double)?
    for i in stride(from: reach, through: least, by: 1) where i + reach < points.count {
      let slope = (smoothed[i + reach] - smoothed[i - reach]) / (log(points[i + reach].rate) - log(points[i - reach].rate))
      if slope < steepest?.slope ?? 0 { steepest = (i, slope) }
    }
    return steepest.map { points[$0.index].rate }
  }

  /// The drawing.
  package func chart(title: String) -> LineChart {
    let shown = points.filter { $0.smoothed.isFinite }
    let highest = (shown.first?.smoothed ?? 1) * 2
    var panel = LineChart.Panel(
      title: "loss", xTitle: "learning rate",
      lines: [
        LineChart.Line(name: "smoothed", points: shown.map { Curve.Point(x: $0.rate, y: $0.smoothed) }),
        // Where it diverges, single losses would leave no room for the rest.
        LineChart.Line(
          name: "each step",
          points: shown.filter { $0.loss.isFinite && ($0.loss <= highest || highest <= 0) }.map { Curve.Point(x: $0.rate, y: $0.loss) }),
      ])
    panel.isLogarithmicInX = true
    if let suggestion, let point = shown.first(where: { $0.rate == suggestion }) {
      panel.mark = (Curve.Point(x: point.rate, y: point.smoothed), "steepest at \(scientific(point.rate))")
    }
    return LineChart(title: title, panels: [panel])
  }
}
