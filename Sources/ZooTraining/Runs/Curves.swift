/// Points over steps, at most a few hundred however long training takes: neighbours are averaged when there are more.
package struct Curve: Sendable {
  /// A number at a step.
  package struct Point: Hashable, Sendable {
    /// Where.
    package var x: Double
    /// How much.
    package var y: Double

    /// A point.
    package init(x: Double, y: Double) { (self.x, self.y) = (x, y) }
  }

  /// The points so far.
  package private(set) var points: [Point] = []

  private static let limit = 512
  private var stride = 1
  private var pending: (x: Double, sum: Double, count: Int) = (0, 0, 0)

  /// No points.
  package init() {}

  /// Adds a point behind the others; one that is not finite leaves a gap nowhere and is not shown.
  package mutating func add(x: Double, y: Double) {
    guard y.isFinite else { return }
    pending = (x, pending.sum + y, pending.count + 1)
    guard pending.count == stride else { return }
    points.append(Point(x: x, y: pending.sum / Double(pending.count)))
    pending = (0, 0, 0)
    guard points.count == Self.limit else { return }
    points = Swift.stride(from: 0, to: points.count, by: 2).map { i in
      Point(x: points[i + 1].x, y: (points[i].y + points[i + 1].y) / 2)
    }
    stride *= 2
  }

  /// The points, and what is not enough for another one yet.
  package var shown: [Point] { pending.count == 0 ? points : points + [Point(x: pending.x, y: pending.sum / Double(pending.count))] }
}

/// The curves of a run: what its metrics have come to, over steps.
package struct Curves: Sendable {
  private var names: [String] = []
  // Those that are no results, and not worth a panel as long as they stay the same.
  private var constants: Set<String> = []
  private var curves: [String: (training: Curve, epochs: Curve, heldOut: Curve)] = [:]

  /// No curves.
  package init() {}

  /// Adds what a record says.
  package mutating func add(_ record: MetricsRecord) {
    let x = Double(record.step)
    for (name, value) in record.training {
      change(name) { if record.kind == .step { $0.training.add(x: x, y: value) } else { $0.epochs.add(x: x, y: value) } }
    }
    for (name, value) in record.validation { change(name) { $0.heldOut.add(x: x, y: value) } }
    for (name, value) in record.others {
      constants.insert(name)
      change(name) { if record.kind == .step { $0.training.add(x: x, y: value) } else { $0.epochs.add(x: x, y: value) } }
    }
  }

  private mutating func change(_ name: String, _ body: (inout (training: Curve, epochs: Curve, heldOut: Curve)) -> Void) {
    if curves[name] == nil {
      names.append(name)
      curves[name] = (Curve(), Curve(), Curve())
    }
    if var curve = curves[name] {
      body(&curve)
      curves[name] = curve
    }
  }

  /// The drawing: a panel for each number.
  package func chart(title: String) -> LineChart {
    let panels = names.compactMap { name -> LineChart.Panel? in
      guard let curve = curves[name] else { return nil }
      // Epochs of a single step have no records of steps.
      let training = curve.training.shown.isEmpty ? curve.epochs.shown : curve.training.shown
      let lines = [
        LineChart.Line(name: "training", points: training, hasDots: curve.training.shown.isEmpty),
        LineChart.Line(name: "held out", points: curve.heldOut.shown, hasDots: true),
      ].filter { !$0.points.isEmpty }
      // Such as a rate that never changes.
      let isConstant = constants.contains(name) && Set(lines.flatMap(\.points).map(\.y)).count == 1
      // Such as `gradient_norm.loss`.
      let parts = constants.contains(name) ? name.split(separator: ".", maxSplits: 1).map(String.init) : [name]
      let title = parts.joined(separator: " of ").replacing("_", with: " ")
      return lines.isEmpty || isConstant ? nil : LineChart.Panel(title: title, xTitle: "step", lines: lines)
    }
    return LineChart(title: title, panels: panels)
  }
}

extension String {
  fileprivate func replacing(_ a: Character, with b: Character) -> String { String(map { $0 == a ? b : $0 }) }
}
