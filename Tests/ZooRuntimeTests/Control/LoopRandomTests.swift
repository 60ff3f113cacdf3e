import Testing
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What layers draw inside loops and conditions.
@Suite(.serialized) struct LoopRandomTests {
  static let draw = #"{"layer": "core.random_normal", "name": "r", "shape": [4], "in": []}"#
  static let nested = """
    {"loop": [{"loop": [\(draw), {"cond": "x", "then": [\(draw)], "else": [\(draw)], "name": "c"}], "name": "l", "times": 3,
               "stack": {"rs": {"from": "r", "axis": 0}, "cs": {"from": "c", "axis": 0}}},
              {"layer": "core.concat", "name": "all", "in": ["l.rs", "l.cs"], "axis": 0}, {"layer": "core.random_normal", "shape": [6, 4], "name": "own", "in": []},
              {"layer": "core.concat", "name": "with", "in": ["all", "own"], "axis": 0}],
     "name": "l", "times": 5, "stack": {"rs": {"from": "with", "axis": 0}}}
    """

  @Test func everyIterationOfEveryLoopDrawsOtherNumbers() throws {
    let trial = try Trial(inputs: #""x": {"shape": [1]}"#, "\(Self.nested), \(Self.draw)", wanted: ["l.rs", "r"])
    try trial.forward()
    let first = try trial.output("l.rs") + trial.output("r")
    #expect(first.count == 5 * 12 * 4 + 4)
    #expect(Set(first).count == first.count)
    try trial.forward()
    #expect(try trial.output("l.rs") + trial.output("r") == first)
    trial.session.run.step = 1
    try trial.forward()
    let second = try trial.output("l.rs") + trial.output("r")
    #expect(Set(first + second).count == 2 * first.count)
  }

  @Test func theNumberOfThreadsChangesNothing() throws {
    defer { Threads.count = 0 }
    func drawn(_ threads: Int) throws -> [[Float]] {
      Threads.count = threads
      let trial = try Trial(
        inputs: #""x": {"shape": [3, 20011]}"#,
        """
        {"loop": [{"layer": "core.dropout", "name": "d", "probability": 0.25}, {"layer": "core.random_normal", "name": "r", "shape": [20011], "in": "d"},
                  {"layer": "core.multiply", "name": "n", "in": ["d", "r"]}], "name": "l", "carry": {"h": "x"}, "times": 3},
        {"layer": "core.mean", "name": "loss"}
        """, minimise: "loss", wanted: ["l.h"])
      try trial.run()
      return try [trial.output("l.h"), trial.gradient("x")]
    }
    let one = try drawn(1)
    #expect(one[1].contains { $0 != 0 } && one[1].contains(0))
    for threads in [2, 3] { #expect(try drawn(threads) == one) }
  }

  // With x = 1 everywhere, y_t is the scale of each element that dropout let through in iteration t. Backward must use the same ones:
  // the gradient of x is the sum over t of y_t times what y_t is weighed with.
  @Test(arguments: ["", #", "cut": 1"#, #", "cut": 2"#, #", "cut": 9"#]) func backwardSeesWhatForwardDrew(cut: String) throws {
    let count = 64
    for inner in [
      #"{"layer": "core.dropout", "name": "y", "probability": 0.5, "in": "x"}"#,
      #"{"cond": "yes", "then": [{"layer": "core.dropout", "probability": 0.5, "in": "x"}], "else": [{"layer": "core.identity", "in": "x"}], "name": "y"}"#,
      #"{"loop": [{"layer": "core.dropout", "name": "d", "probability": 0.5}], "carry": {"g": "x"}, "times": 1, "name": "y", "cut": 1}"#,
    ] {
      let trial = try Trial(
        inputs: #""x": {"shape": [64]}, "yes": {"shape": []}, "weights": {"shape": [5, 64]}"#,
        """
        {"loop": [\(inner)], "name": "l", "times": 5, "stack": {"ys": {"from": "y", "axis": 0}}\(cut)},
        {"layer": "core.multiply", "name": "weighed", "in": ["l.ys", "weights"]}, {"layer": "core.sum", "name": "loss"}
        """, minimise: "loss", wanted: ["l.ys"])
      trial.set("x", Array(repeating: 1, count: count) as [Float])
      trial.set("yes", [1] as [Float])
      for step in 0..<3 {
        trial.session.run.step = UInt64(step)
        try trial.run()
        let ys = try trial.output("l.ys")
        #expect(Set(ys) == [0, 2])
        let patterns = Set((0..<5).map { ys[$0 * count..<($0 + 1) * count].map { $0 } })
        #expect(patterns.count == 5)
        let weights = Trial.numbers(named: "weights", Spec([5, count]))
        let expected = (0..<count).map { i in (0..<5).reduce(Float(0)) { $0 + ys[$1 * count + i] * weights[$1 * count + i] } }
        expectClose(try trial.gradient("x"), expected, tolerance: 1e-6, inner)
      }
    }
  }
}
