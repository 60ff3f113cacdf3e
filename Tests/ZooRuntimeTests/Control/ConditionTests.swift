import Testing
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Conditions in manifests: which of two graphs runs, and what backward makes of it.
struct ConditionTests {
  static let then = #"{"layer": "core.dense", "name": "a", "units": 5, "in": "x"}, {"layer": "core.add", "name": "y", "in": ["a", "w"]}"#
  static let otherwise =
    #"{"layer": "core.multiply", "name": "m", "in": ["x", "w"]}, {"layer": "core.dense", "name": "b", "units": 5}, {"layer": "core.tanh", "name": "y"}"#
  static let inputs = #""x": {"shape": [3, 5]}, "target": {"shape": [3, 5]}, "flag": {"shape": []}"#

  /// With w before it, and w and the shared dense layer after it.
  private func nodes(_ middle: String) -> String {
    """
    {"layer": "core.dense", "name": "w", "units": 5, "in": "x"}, \(middle), {"layer": "core.dense", "name": "v", "units": 5, "in": "c.y", "share": "w"},
    {"layer": "core.add", "name": "s", "in": ["v", "w"]}, {"layer": "core.mse", "name": "loss", "in": ["s", "target"]}
    """
  }

  @Test func oneOfTwoGraphsRunsForwardAndBackward() throws {
    let condition = #"{"cond": "flag", "name": "c", "then": [\#(Self.then)], "else": [\#(Self.otherwise)], "outputs": "y"}"#
    let trained = try Trial(inputs: Self.inputs, nodes(condition), minimise: "loss", wanted: ["c.y"])
    let fused = try Trial(inputs: Self.inputs, nodes(condition), wanted: ["c.y", "loss"])
    let written = try [Self.otherwise, Self.then].map {
      try Trial(inputs: Self.inputs, nodes(#"{"graph": [\#($0)], "name": "c"}"#), minimise: "loss", wanted: ["c.y"])
    }
    for trial in written { try trial.run() }
    let expected = written.map { $0.gradients() }
    // Nothing of the other branch may be left when the condition changes.
    for flag in [1, 0, 0, -2.5, .nan, 0, -0.0, .leastNonzeroMagnitude] as [Float] {
      let chosen = flag != 0 ? 1 : 0
      for trial in [trained, fused] {
        trial.set("flag", [flag])
        try trial.run()
        expectClose(try trial.output("loss"), try written[chosen].output("loss"), tolerance: 2e-6, "loss")
        expectClose(try trial.output("c.y"), try written[chosen].output("c.y"), tolerance: 2e-6, "y")
      }
      let got = trained.gradients()
      #expect(got.keys.sorted() == ["a.bias", "a.weight", "b.bias", "b.weight", "target", "w.bias", "w.weight", "x"])
      for (name, gradient) in got {
        if let expected = expected[chosen][name] {
          expectClose(gradient, expected, tolerance: 2e-6, name)
        } else {
          #expect(!gradient.contains { $0 != 0 }, "\(name)")
        }
      }
    }
    for flag in [0, 1] as [Float] {
      trained.set("flag", [flag])
      try trained.expectSlopes()
    }
  }

  @Test(arguments: ["i64", "i32", "u8", "bool", "f64"]) func theNumberMayBeOfAnyType(dtype: String) throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [2]}, "flag": {"shape": [1], "dtype": "\#(dtype)"}"#,
      #"{"cond": "flag", "then": [{"layer": "core.identity", "in": "x"}], "else": [{"layer": "core.scale", "in": "x", "factor": -1}]}"#,
      wanted: ["cond"])
    trial.set("x", [1, 2] as [Float])
    for flag in [0, 1, 0] as [UInt8] {
      trial.program.inputs[1].bytes.copyBytes(from: [flag] + Array(repeating: 0, count: trial.program.inputs[1].spec.byteCount - 1))
      try trial.forward()
      #expect(try trial.output("cond") == (flag == 1 ? [1, 2] : [-1, -2]))
    }
  }

  // By hand: x = 3; in iterations where the flag is set h' = 2 h + w, in the others h' = h x.
  @Test(arguments: ["", #", "cut": 8"#]) func aConditionInsideALoopIsAskedInEveryIteration(cut: String) throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [1]}, "w": {"shape": [1]}, "flags": {"shape": [4], "dtype": "i64"}"#,
      """
      {"loop": [{"cond": "flag", "name": "c", "then": [{"layer": "core.scale", "name": "d", "factor": 2, "in": "h"}, {"layer": "core.add", "in": ["d", "w"]}],
                 "else": [{"layer": "core.multiply", "in": ["h", "x"]}]}],
       "name": "l", "carry": {"h": "x"}, "each": {"flag": "flags"}, "stack": {"hs": {"from": "c", "axis": 0}}\(cut)},
      {"layer": "core.sum", "name": "loss", "in": "l.h"}
      """, minimise: "loss", wanted: ["l.hs"])
    trial.set("x", [3] as [Float])
    trial.set("w", [5] as [Float])
    // 3 -> 11 -> 33 -> 71 -> 147: h = 2 (2 (x (2 x + w)) + w) + w = 8 x^2 + 4 x w + 3 w.
    trial.set("flags", [1, 0, 1, 1] as [Int64])
    try trial.run()
    #expect(try trial.output("l.hs") == [11, 33, 71, 147])
    #expect(try trial.gradient("x") == [16 * 3 + 4 * 5])
    #expect(try trial.gradient("w") == [4 * 3 + 3])
    // 3 -> 9 -> 27 -> 59 -> 177: h = x (2 x^3 + w) = 2 x^4 + w x.
    trial.set("flags", [0, 0, 1, 0] as [Int64])
    try trial.run()
    #expect(try trial.output("l.hs") == [9, 27, 59, 177])
    #expect(try trial.gradient("x") == [8 * 27 + 5])
    #expect(try trial.gradient("w") == [3])
  }

  // By hand: h = x w^3 or x + w.
  @Test func aLoopInsideABranchRunsOnlyWithIt() throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [1]}, "w": {"shape": [1]}, "flag": {"shape": [], "dtype": "i64"}"#,
      """
      {"cond": "flag", "then": [{"loop": [{"layer": "core.multiply", "in": ["h", "w"]}], "carry": {"h": "x"}, "times": 3}],
       "else": [{"layer": "core.add", "in": ["x", "w"]}], "name": "c"}, {"layer": "core.sum", "name": "loss"}
      """, minimise: "loss", wanted: ["c"])
    trial.set("x", [2] as [Float])
    trial.set("w", [3] as [Float])
    for flag in [1, 0, 1] as [Int64] {
      trial.set("flag", [flag])
      try trial.run()
      #expect(try trial.output("c") == [flag == 1 ? 54 : 5])
      #expect(try trial.gradient("x") == [flag == 1 ? 27 : 1])
      #expect(try trial.gradient("w") == [flag == 1 ? 54 : 1])
    }
  }

  // What a branch passes on unchanged, twice and as it is.
  @Test func aBranchMayPutOutWhatItTakes() throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [2]}, "w": {"shape": [2]}, "flag": {"shape": []}"#,
      """
      {"layer": "core.identity", "name": "i", "in": "x"},
      {"cond": "flag", "then": [], "else": [{"layer": "core.multiply", "name": "m", "in": ["x", "w"]}], "name": "empty"},
      {"cond": "flag", "then": [{"layer": "core.add", "name": "p", "in": ["x", "w"]}, {"layer": "core.identity", "name": "q", "in": "p"}],
       "else": [{"layer": "core.add", "name": "q", "in": ["x", "x"]}, {"layer": "core.identity", "name": "p", "in": "w"}], "outputs": ["p", "q"], "name": "c"},
      {"layer": "core.multiply", "name": "pq", "in": ["c.p", "c.q"]}, {"layer": "core.sum", "name": "loss"}
      """, minimise: "loss", wanted: ["empty", "c.p", "c.q"])
    trial.set("x", [2, 3] as [Float])
    trial.set("w", [5, 7] as [Float])
    trial.set("flag", [1] as [Float])
    try trial.run()
    #expect(try trial.output("empty") == [2, 3])
    #expect(try trial.gradient("x") == [14, 20])  // 2 (x + w)
    #expect(try trial.gradient("w") == [14, 20])
    trial.set("flag", [0] as [Float])
    try trial.run()
    #expect(try trial.output("empty") == [10, 21])
    #expect(try trial.output("c.p") + trial.output("c.q") == [5, 7, 4, 6])
    #expect(try trial.gradient("x") == [10, 14])  // 2 w
    #expect(try trial.gradient("w") == [4, 6])  // 2 x
  }
}
