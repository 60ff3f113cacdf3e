import Testing
import ZooTraining

/// Curves that stay small, and rates that a range test suggests.
struct CurvesTests {
  @Test func neighboursAreAveragedWhenThereAreMany() {
    var curve = Curve()
    for i in 1...512 { curve.add(x: Double(i), y: Double(i)) }
    #expect(curve.points.count == 256)
    #expect(curve.points.first == Curve.Point(x: 2, y: 1.5))
    #expect(curve.points.last == Curve.Point(x: 512, y: 511.5))
    curve.add(x: 513, y: 7)
    #expect(curve.shown.last == Curve.Point(x: 513, y: 7))
    curve.add(x: 514, y: 9)
    curve.add(x: 515, y: .nan)
    #expect(curve.points.last == Curve.Point(x: 514, y: 8))
    for i in 516...1_000_000 { curve.add(x: Double(i), y: 1) }
    #expect(curve.shown.count <= 513)
  }

  @Test func aPanelIsLogarithmicWhereValuesSpanALot() {
    func panel(_ values: [Double]) -> LineChart.Panel {
      let points = values.enumerated().map { Curve.Point(x: Double($0), y: $1) }
      return LineChart.Panel(title: "loss", xTitle: "step", lines: [LineChart.Line(name: "training", points: points)])
    }
    #expect(panel([1, 31]).isLogarithmicInY)
    #expect(!panel([1, 30]).isLogarithmicInY)
    #expect(!panel([0, 31]).isLogarithmicInY)
    #expect(!panel([]).isLogarithmicInY)
  }

  @Test func aDrawingHasALineForEachPartAndNamesThem() {
    var curves = Curves()
    for step in 1...4 {
      curves.add(
        MetricsRecord(kind: .step, epoch: 1, step: step, training: [("loss", 1 / Double(step))], samplesPerSecond: 1, seconds: 1))
    }
    curves.add(
      MetricsRecord(
        kind: .epoch, epoch: 1, step: 5, training: [("loss", 0.5)], validation: [("loss", 0.6), ("top_1 <&>", 0.5)], samplesPerSecond: 1,
        seconds: 1))
    let chart = curves.chart(title: "m & \"n\"")
    #expect(chart.panels.map(\.title) == ["loss", "top 1 <&>"])
    #expect(chart.panels[0].lines.map(\.name) == ["training", "held out"])
    #expect(chart.panels[0].lines[0].points.count == 4)
    let svg = chart.svg
    #expect(svg.contains(">m &amp; &quot;n&quot;</text>"))
    #expect(svg.contains(">top 1 &lt;&amp;&gt;</text>"))
    #expect(svg.contains(">held out</text>"))
    #expect(svg.contains("prefers-color-scheme: dark"))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    curves.add(
      MetricsRecord(
        kind: .epoch, epoch: 2, step: 9, training: [("loss", 0.4)], others: [("gradient_norm.loss", 2)], samplesPerSecond: 1, seconds: 1))
    curves.add(
      MetricsRecord(
        kind: .epoch, epoch: 3, step: 10, training: [("loss", 0.3)], others: [("gradient_norm.loss", 3)], samplesPerSecond: 1, seconds: 1))
    #expect(curves.chart(title: "").panels.last?.title == "gradient norm of loss")
    #expect(LineChart(title: "none", panels: []).svg.contains("There are no numbers yet."))
  }

  // The loss is 2 - 1 / (1 + e^(-4 (u + 3))) with u = log10 rate, steepest at u = -3, and has doubled at once from u = -1 on.
  @Test func theSuggestionIsWhereTheLossFallsFastest() throws {
    var range = RateRange(1e-6...1, count: 601)
    #expect((range.rate(at: 300) / 1e-3 - 1).magnitude < 1e-12)
    #expect(range.rate(at: 0) == 1e-6 || (range.rate(at: 0) / 1e-6 - 1).magnitude < 1e-12)
    var steps = 0
    while !range.isOver {
      let u = -6 + 0.01 * Double(steps)
      range.add(u < -1 ? 2 - 1 / (1 + exponential(-4 * (u + 3))) : 8)
      steps += 1
    }
    // Smoothing over a twentieth of the test comes late by about so much.
    let suggestion = try #require(range.suggestion)
    #expect(suggestion > 1e-3 && suggestion < 2.5e-3)
    // It ends soon after the loss has grown, not at the last rate.
    #expect(steps > 501 && steps < 560)
    #expect(range.chart(title: "t").svg.contains("steepest at"))
  }

  @Test func aLossThatOnlyGrowsSuggestsNothing() {
    var range = RateRange(1e-3...1, count: 40)
    for i in 0..<40 { range.add(1 + Double(i)) }
    #expect(range.isOver)
    #expect(range.suggestion == nil)
    var broken = RateRange(1e-3...1, count: 40)
    broken.add(1)
    #expect(!broken.isOver)
    broken.add(.nan)
    #expect(broken.isOver)
    #expect(broken.suggestion == nil)
  }

  private func exponential(_ x: Double) -> Double {
    // By halving until the series is short: no library is needed for a test's own numbers.
    let small = x / 1024
    var (term, sum) = (1.0, 1.0)
    for i in 1...12 {
      term *= small / Double(i)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }
}
