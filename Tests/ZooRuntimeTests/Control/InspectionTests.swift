import Testing
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Layers inside loops and conditions are named where layers are.
struct InspectionTests {
  // The third element of w is 0: in the third iteration of the outer loop h is divided by it.
  private func trial(minimise: String? = nil) throws -> Trial {
    let trial = try Trial(
      inputs: #""x": {"shape": [1, 2]}, "ws": {"shape": [4, 2]}, "flag": {"shape": []}"#,
      """
      {"loop": [{"loop": [{"layer": "core.scale", "name": "s", "factor": 2}], "name": "inner", "carry": {"g": "h"}, "times": 3},
                {"cond": "flag", "name": "c", "then": [{"layer": "core.divide", "name": "d", "in": ["inner", "w"]}],
                 "else": [{"layer": "core.multiply", "name": "m", "in": ["inner", "w"]}]}],
       "name": "l", "carry": {"h": "x"}, "each": {"w": {"from": "ws", "axis": 0}}},
      {"layer": "core.dense", "name": "after", "units": 2}, {"layer": "core.tanh", "name": "t"}, {"layer": "core.sum", "name": "loss"}
      """, minimise: minimise, wanted: ["t"])
    trial.set("x", [1, 2] as [Float])
    trial.set("ws", [1, 1, 2, 2, 4, 0, 1, 1] as [Float])
    return trial
  }

  @Test(arguments: [nil, "loss"]) func theLayerWhereANumberIsLostIsNamed(minimise: String?) throws {
    let trial = try trial(minimise: minimise)
    trial.set("flag", [0] as [Float])
    let none = try trial.program.firstNonFinite()
    #expect(none == nil, "\(none.map { "\($0.layer) \($0.index) \($0.value)" } ?? "")")
    trial.set("flag", [1] as [Float])
    let found = try #require(try trial.program.firstNonFinite())
    #expect(found.layer == "l.c.then.d")
    #expect(found.kind == "core.divide")
    #expect(found.index == [0, 1])
    #expect(found.value == .infinity)
  }

  @Test func whatEveryLayerTakesIsMeasured() throws {
    let trial = try trial()
    trial.set("flag", [1] as [Float])
    try trial.run()
    let expected = try trial.output("t")
    let times = try trial.program.profile(repeats: 3)
    #expect(times.map(\.layer) == ["l", "l.inner", "l.inner.s", "l.c", "l.c.then.d", "after"])
    #expect(times.map(\.kind) == ["loop", "loop", "core.scale", "cond", "core.divide", "core.dense"])
    #expect(times.last?.fused == ["t"])
    #expect(!times.contains { $0.seconds <= 0 || $0.seconds > 0.1 })
    // The arithmetic of a layer inside is that of all iterations; the loops themselves have none.
    #expect(times[0].flops == 0)
    #expect(times[2].flops > 0)
    #expect(abs(times.reduce(0) { $0 + $1.flops } - trial.program.flops) < 1e-9 * trial.program.flops)
    // Nobody watches any more.
    try trial.run()
    #expect(try trial.output("t") == expected)
  }
}
