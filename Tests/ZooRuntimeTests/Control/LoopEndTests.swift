import Glibc
import Testing
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Loops that end early, and gradients that do.
struct LoopEndTests {
  // h doubles until it is over 20: the sum of what relu leaves of h - 20.
  static let body = """
    {"layer": "core.dense", "name": "d", "units": 1, "bias": false, "in": "h"},
    {"layer": "core.scale", "name": "over", "factor": 1, "offset": -20}, {"layer": "core.relu", "name": "done"}
    """

  private func trial(down: Bool = false, cut: String = "") throws -> Trial {
    let trial = try Trial(
      inputs: #""x": {"shape": [1, 1]}"#,
      """
      {"loop": [\(Self.body)], "name": "l", "carry": {"h": "x"}, "next": {"h": "d"}, "times": 6, "until": "done", "stack": {"hs": "d"},
       "count": "\(down ? "down" : "up")"\(cut)},
      {"layer": "core.sum", "name": "all", "in": "l.hs"}, {"layer": "core.multiply", "name": "squared", "in": ["l.h", "l.h"]},
      {"layer": "core.add", "name": "both", "in": ["all", "squared"]}, {"layer": "core.sum", "name": "loss"}
      """, minimise: "loss", wanted: ["l.h", "l.hs", "l.count"])
    trial.set(parameter: "d.weight", [2])
    return trial
  }

  @Test(arguments: ["", #", "cut": 2"#, #", "cut": 4"#]) func aLoopEndsAfterTheIterationThatSaysSo(cut: String) throws {
    let trial = try trial(cut: cut)
    // From one run to the next the number of iterations changes, and with it what backward passes through.
    for (x, count) in [(6, 2), (1, 5), (25, 1), (0.25, 6), (6, 2)] as [(Float, Int)] {
      trial.set("x", [x])
      try trial.run()
      let hs = (1...6).map { $0 <= count ? x * Float(1 << $0) : 0 }
      #expect(try trial.output("l.hs") == hs)
      #expect(try trial.output("l.h") == [hs[count - 1]])
      #expect(try trial.integers("l.count") == [Int64(count)])
      guard cut.isEmpty || count <= 2 else { continue }
      // loss = sum_{i <= n} w^i x + (w^n x)^2, of which the derivative by x is sum_i w^i + 2 w^2n x,
      // and by w sum_i i w^(i-1) x + 2 n w^(2n-1) x^2.
      let byX = (1...count).reduce(Float(0)) { $0 + Float(1 << $1) } + 2 * Float(1 << (2 * count)) * x
      let byW = (1...count).reduce(Float(0)) { $0 + Float($1 * 1 << ($1 - 1)) * x } + Float(2 * count * 1 << (2 * count - 1)) * x * x
      #expect(try trial.gradient("x") == [byX])
      #expect(trial.gradients()["d.weight"] == [byW])
    }
  }

  @Test func countingDownWhatIsStackedIsAtTheEnd() throws {
    let trial = try trial(down: true)
    trial.set("x", [6] as [Float])
    try trial.run()
    #expect(try trial.output("l.hs") == [0, 0, 0, 0, 24, 12])
    #expect(try trial.gradient("x") == [2 + 4 + 2 * 16 * 6])
  }

  // h' = tanh(a h + b x_t), loss = sum_t (t + 1) h_t: backward by hand, in double precision, cut before iterations cut, 2 cut, ...
  private func byHand(_ xs: [Double], _ h0: Double, _ a: Double, _ b: Double, cut: Int) -> (a: Double, b: Double, h0: Double, xs: [Double])
  {
    var hs = [h0]
    for x in xs { hs.append(tanh(a * (hs.last ?? 0) + b * x)) }
    var result = (a: 0.0, b: 0.0, h0: 0.0, xs: xs.map { _ in 0.0 })
    var adjoint = 0.0
    for t in xs.indices.reversed() {
      adjoint += Double(t + 1)
      let inner = adjoint * (1 - hs[t + 1] * hs[t + 1])
      result.a += inner * hs[t]
      result.b += inner * xs[t]
      result.xs[t] = inner * b
      adjoint = inner * a
      if t % cut == 0, t > 0 { adjoint = 0 }
    }
    result.h0 = adjoint
    return result
  }

  @Test(arguments: [1, 2, 3, 5, 7, 100]) func cutGradientsAreThoseOfTruncatedBackPropagation(cut: Int) throws {
    let trial = try Trial(
      inputs: #""xs": {"shape": [1, 7, 1]}, "h": {"shape": [1, 1]}, "weights": {"shape": [1, 7, 1]}"#,
      """
      {"loop": [{"layer": "core.dense", "name": "b", "units": 1, "bias": false, "in": "x"}, {"layer": "core.dense", "name": "a", "units": 1, "bias": false, "in": "s"},
                {"layer": "core.add", "name": "sum", "in": ["a", "b"]}, {"layer": "core.tanh", "name": "n"}],
       "name": "l", "carry": {"s": "h"}, "each": {"x": "xs"}, "next": {"s": "n"}, "stack": {"ys": "n"}, "cut": \(cut)},
      {"layer": "core.multiply", "name": "weighed", "in": ["l.ys", "weights"]}, {"layer": "core.sum", "name": "loss"}
      """, minimise: "loss", wanted: ["l.ys"])
    let xs: [Float] = [0.5, -0.75, 0.25, 1, -0.5, 0.375, -0.25]
    trial.set("xs", xs)
    trial.set("h", [0.625] as [Float])
    trial.set("weights", [1, 2, 3, 4, 5, 6, 7] as [Float])
    trial.set(parameter: "a.weight", [0.875])
    trial.set(parameter: "b.weight", [-1.125])
    try trial.run()
    let expected = byHand(xs.map(Double.init), 0.625, 0.875, -1.125, cut: cut)
    let got = trial.gradients()
    expectClose(got["a.weight"] ?? [], [Float(expected.a)], tolerance: 2e-6, "a")
    expectClose(got["b.weight"] ?? [], [Float(expected.b)], tolerance: 2e-6, "b")
    expectClose(got["h"] ?? [], [Float(expected.h0)], tolerance: 2e-6, "h")
    expectClose(got["xs"] ?? [], expected.xs.map { Float($0) }, tolerance: 2e-6, "xs")
  }

  // A cut loop inside another, and a loop inside a cut one, with what is captured read again by the repeated forward.
  @Test func cutLoopsMayBeNested() throws {
    func trial(_ outerCut: String, _ innerCut: String) throws -> Trial {
      try Trial(
        inputs: #""x": {"shape": [3, 5]}, "target": {"shape": [3, 5]}"#,
        """
        {"layer": "core.dense", "name": "w", "units": 5, "in": "x"},
        {"loop": [{"layer": "core.add", "name": "mid", "in": ["h", "w"]},
                  {"loop": [{"layer": "core.dense", "name": "d", "units": 5, "in": "g"}, {"layer": "core.multiply", "name": "dm", "in": ["d", "mid"]},
                            {"layer": "core.tanh", "name": "t"}], "name": "l", "carry": {"g": "mid"}, "times": 4\(innerCut)}],
         "name": "l", "carry": {"h": "x"}, "times": 5\(outerCut)},
        {"layer": "core.mse", "name": "loss", "in": ["l", "target"]}
        """, minimise: "loss", wanted: ["l"])
    }
    let whole = try trial("", "")
    try whole.run()
    for (outer, inner) in [(#", "cut": 5"#, ""), ("", #", "cut": 4"#), (#", "cut": 6"#, #", "cut": 9"#)] {
      let same = try trial(outer, inner)
      try same.run()
      #expect(try same.output("l") == whole.output("l"))
      #expect(same.gradients() == whole.gradients())
    }
    let cut = try trial(#", "cut": 2"#, #", "cut": 3"#)
    try cut.run()
    #expect(try cut.output("l") == whole.output("l"))
    let differs = zip(cut.gradients()["d.weight"] ?? [], whole.gradients()["d.weight"] ?? []).contains { abs($0 - $1) > 1e-5 }
    #expect(differs)
  }
}
