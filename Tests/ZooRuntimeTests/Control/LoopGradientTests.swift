import Testing
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Loops in manifests against the same nodes written out, forward, fused and backward.
struct LoopGradientTests {
  static let x = #""x": {"shape": [3, 5]}, "target": {"shape": [3, 5]}"#

  private func loss(_ value: String) -> String { #"{"layer": "core.mse", "name": "loss", "in": ["\#(value)", "target"]}"# }

  @Test func capturedValuesAndParametersGatherGradientsOverIterations() throws {
    // w and x are the same in every iteration; x is also where h starts.
    let body = """
      {"layer": "core.dense", "name": "d", "units": 5, "in": "h"}, {"layer": "core.add", "name": "dw", "in": ["d", "w"]},
      {"layer": "core.multiply", "name": "m", "in": ["dw", "x"]}, {"layer": "core.tanh", "name": "n"}
      """
    for times in [1, 2, 5] {
      try expectWritten(
        Iterations(body: body, times: times, carry: [("h", "x", "n")]), inputs: Self.x, wanted: ["l.h"]
      ) { iterations, l in
        #"{"layer": "core.dense", "name": "w", "units": 5, "in": "x"}, \#(iterations), {"layer": "core.add", "name": "y", "in": ["\#(l)h", "w"]}, \#(loss("y"))"#
      }
    }
  }

  @Test func theirGradientsAreHowTheLossChanges() throws {
    let loop = """
      {"loop": [{"layer": "core.dense", "name": "d", "units": 5, "in": "h"}, {"layer": "core.add", "name": "dw", "in": ["d", "w"]},
                {"layer": "core.multiply", "name": "m", "in": ["dw", "x"]}, {"layer": "core.tanh", "name": "n"}],
       "name": "l", "carry": {"h": "x"}, "times": 3, "stack": {"ys": "m"}}
      """
    let trial = try Trial(
      inputs: Self.x,
      #"{"layer": "core.dense", "name": "w", "units": 5, "in": "x"}, \#(loop), {"layer": "core.mean", "name": "ys", "axes": [1]}, {"layer": "core.add", "name": "y", "in": ["l.h", "ys"]}, \#(loss("y"))"#,
      minimise: "loss", wanted: [])
    try trial.expectSlopes()
  }

  @Test(arguments: [false, true]) func sequencesAreConsumedAndStackedAlongAnyAxis(reversed: Bool) throws {
    // Elements of 16 floats lie in one piece, aligned; the others do not.
    let body = """
      {"layer": "core.multiply", "name": "p", "in": ["a", "b"]}, {"layer": "core.add", "name": "q", "in": ["p", "c"]},
      {"layer": "core.dense", "name": "d", "units": 16, "bias": false}, {"layer": "core.add", "name": "s", "in": ["d", "h"]},
      {"layer": "core.tanh", "name": "n"}, {"layer": "core.sum", "name": "one", "in": "n", "axes": [1]}
      """
    let iterations = Iterations(
      body: body, times: 4, carry: [("h", "start", "n")],
      each: [("a", "as", 0, [2, 16]), ("b", "bs", 1, [2, 16]), ("c", "cs", 2, [2, 16])],
      stack: [("first", "n", 0, [2, 16]), ("middle", "s", 1, [2, 16]), ("last", "d", 2, [2, 16]), ("ones", "one", 1, [2])],
      isReversed: reversed)
    try expectWritten(
      iterations,
      inputs: """
        "as": {"shape": [4, 2, 16]}, "bs": {"shape": [2, 4, 16]}, "cs": {"shape": [2, 16, 4]}, "start": {"shape": [2, 16]},
        "target": {"shape": [4, 2, 16]}, "other": {"shape": [2, 4, 16]}, "third": {"shape": [2, 16, 4]}, "fourth": {"shape": [2, 4]}
        """, wanted: ["l.h", "l.first", "l.middle", "l.last", "l.ones"]
    ) { iterations, l in
      """
      \(iterations), {"layer": "core.mse", "name": "e1", "in": ["\(l)first", "target"]}, {"layer": "core.mse", "name": "e2", "in": ["\(l)middle", "other"]},
      {"layer": "core.mse", "name": "e3", "in": ["\(l)last", "third"]}, {"layer": "core.mse", "name": "e4", "in": ["\(l)ones", "fourth"]},
      {"layer": "core.add", "name": "e12", "in": ["e1", "e2"]}, {"layer": "core.add", "name": "e34", "in": ["e3", "e4"]},
      {"layer": "core.add", "name": "loss", "in": ["e12", "e34"]}
      """
    }
  }

  @Test func whatIsConsumedMayBeUsedElsewhereToo() throws {
    let iterations = Iterations(
      body:
        #"{"layer": "core.dense", "name": "d", "units": 5, "in": "e"}, {"layer": "core.add", "name": "s", "in": ["d", "h"]}, {"layer": "core.tanh", "name": "n"}"#,
      times: 4, carry: [("h", "x", "n")], each: [("e", "seq", 0, [3, 5])])
    try expectWritten(iterations, inputs: Self.x + #", "raw": {"shape": [4, 3, 5]}"#, wanted: ["l.h"]) { iterations, l in
      """
      {"layer": "core.tanh", "name": "seq", "in": "raw"}, {"layer": "core.sum", "name": "before", "axes": [0]},
      \(iterations), {"layer": "core.mean", "name": "after", "in": "seq", "axes": [0]},
      {"layer": "core.add", "name": "both", "in": ["before", "after"]}, {"layer": "core.add", "name": "y", "in": ["both", "\(l)h"]}, \(loss("y"))
      """
    }
  }

  @Test func loopsInsideLoops() throws {
    let inner = Iterations(
      body: """
        {"layer": "core.dense", "name": "d", "units": 5, "in": "g"}, {"layer": "core.multiply", "name": "dm", "in": ["d", "mid"]},
        {"layer": "core.add", "name": "dmx", "in": ["dm", "x"]}, {"layer": "core.add", "name": "dmxe", "in": ["dmx", "e"]},
        {"layer": "core.tanh", "name": "t"}
        """, times: 3, carry: [("g", "mid", "t")], each: [("e", "seq", 1, [3, 5])], stack: [("ts", "t", 1, [3, 5])])
    func outer(_ inner: String, _ l: String) -> Iterations {
      Iterations(
        body: """
          {"layer": "core.dense", "name": "f", "units": 5, "in": "h"}, {"layer": "core.tanh", "name": "mid"}, \(inner),
          {"layer": "core.mean", "name": "m", "in": "\(l)ts", "axes": [1]}, {"layer": "core.add", "name": "s", "in": ["m", "\(l)g"]},
          {"layer": "core.add", "name": "n", "in": ["s", "h"]}
          """, times: 2, carry: [("h", "x", "n")])
    }
    func nodes(_ outer: String, _ l: String) -> String { "\(outer), \(loss("\(l)h"))" }
    let inputs = Self.x + #", "seq": {"shape": [3, 3, 5]}"#
    let looped = try Trial(inputs: inputs, nodes(outer(inner.loop(), "l.").loop(), "l."), minimise: "loss", wanted: ["l.h"])
    let written = try Trial(inputs: inputs, nodes(outer(inner.written(), "l-").written(), "l-"), minimise: "loss", wanted: ["l-h"])
    let mixed = try Trial(inputs: inputs, nodes(outer(inner.loop(), "l.").written(), "l-"), minimise: "loss", wanted: ["l-h"])
    let fused = try Trial(inputs: inputs, nodes(outer(inner.loop(), "l.").loop(), "l."), wanted: ["l.h"])
    for trial in [looped, written, mixed, fused] { try trial.run() }
    let expected = written.gradients()
    for (trial, l) in [(looped, "l."), (mixed, "l-"), (fused, "l.")] {
      expectClose(try trial.output("\(l)h"), try written.output("l-h"), tolerance: 2e-6, "h")
    }
    for (name, gradient) in expected {
      for trial in [looped, mixed] { expectClose(trial.gradients()[name] ?? [], gradient, tolerance: 3e-6, name) }
    }
    #expect(expected.keys.sorted() == ["d.bias", "d.weight", "f.bias", "f.weight", "seq", "target", "x"])
    try looped.expectSlopes()
  }

  @Test func parametersInsideAndOutsideALoopAreOne() throws {
    let trial = try Trial(
      inputs: Self.x,
      """
      {"layer": "core.dense", "name": "a", "units": 5, "in": "x"},
      {"loop": [{"layer": "core.dense", "name": "b", "units": 5, "share": "a"}, {"layer": "core.tanh", "name": "n"},
                {"layer": "core.dense", "name": "c", "units": 5}], "name": "l", "carry": {"h": "a"}, "times": 2},
      {"layer": "core.dense", "name": "d", "units": 5, "share": "l.c"}, {"layer": "core.dense", "name": "e", "units": 5, "share": "a"},
      \(loss("e"))
      """, minimise: "loss", wanted: [])
    let written = try Trial(
      inputs: Self.x,
      """
      {"layer": "core.dense", "name": "a", "units": 5, "in": "x"}, {"layer": "core.dense", "name": "b", "units": 5, "share": "a"},
      {"layer": "core.tanh", "name": "n"},
      {"graph": [{"layer": "core.dense", "name": "c", "units": 5}], "name": "l"}, {"layer": "core.dense", "name": "b2", "units": 5, "share": "a"},
      {"layer": "core.tanh"}, {"layer": "core.dense", "units": 5, "share": "l.c"},
      {"layer": "core.dense", "units": 5, "share": "l.c"}, {"layer": "core.dense", "name": "e", "units": 5, "share": "a"}, \(loss("e"))
      """, minimise: "loss", wanted: [])
    try trial.run()
    try written.run()
    #expect(trial.session.store.entries.map(\.path).sorted() == ["a.bias", "a.weight", "l.c.bias", "l.c.weight"])
    #expect(Set(trial.gradients().keys) == Set(written.gradients().keys))
    for (name, gradient) in written.gradients() { expectClose(trial.gradients()[name] ?? [], gradient, tolerance: 3e-6, name) }
    try trial.expectSlopes()
  }

  @Test func aCallInsideALoopHasTheParametersOfItsGraph() throws {
    let trial = try Trial(
      inputs: Self.x, #"{"loop": [{"call": "net", "in": "h"}], "name": "l", "carry": {"h": "x"}, "times": 3}, \#(loss("l"))"#,
      #", "graphs": {"net": {"inputs": {"z": {"shape": ["N", 5]}}, "graph": [{"layer": "core.dense", "name": "d", "units": 5}, {"layer": "core.tanh"}]}}"#,
      minimise: "loss", wanted: ["l"])
    try trial.run()
    #expect(trial.session.store.entries.map(\.path).sorted() == ["d.bias", "d.weight"])
    try trial.expectSlopes()
  }

  @Test func carriedValuesCanChangePlaces() throws {
    // a, b = b, 2 a: after 3 iterations b is 2 (2 a0) and so on.
    let trial = try Trial(
      inputs: #""x": {"shape": [3]}, "y": {"shape": [3]}"#,
      """
      {"loop": [{"layer": "core.scale", "name": "twice", "in": "a", "factor": 2}], "name": "l", "carry": {"a": "x", "b": "y"},
       "next": {"a": "b", "b": "twice"}, "times": 3, "stack": {"before": "a"}},
      {"layer": "core.multiply", "name": "p", "in": ["l.a", "l.a"]}, {"layer": "core.add", "name": "s", "in": ["p", "l.b"]},
      {"layer": "core.sum", "name": "loss"}
      """, minimise: "loss", wanted: ["l.a", "l.b", "l.before"])
    trial.set("x", [1, 2, 3] as [Float])
    trial.set("y", [10, 20, 30] as [Float])
    try trial.run()
    // (1, 10) -> (10, 2) -> (2, 20) -> (20, 4).
    #expect(try trial.output("l.a") == [20, 40, 60])
    #expect(try trial.output("l.b") == [4, 8, 12])
    #expect(try trial.output("l.before") == [1, 10, 2, 2, 20, 4, 3, 30, 6])
    // loss = sum (2 y)^2 + 4 x.
    #expect(try trial.gradient("x") == [4, 4, 4])
    #expect(try trial.gradient("y") == [80, 160, 240])
  }

  // Where backward keeps no iteration of its own, or one stretch of them, both lie in one place.
  @Test(arguments: ["", #", "cut": 2"#, #", "cut": 7"#], [nil, "loss"])
  func carriedValuesCanOnlyChangePlaces(cut: String, minimise: String?) throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [3]}, "y": {"shape": [3]}"#,
      """
      {"loop": [], "name": "l", "carry": {"a": "x", "b": "y"}, "next": {"a": "b", "b": "a"}, "times": 5, "stack": {"before": {"from": "a", "axis": 0}}\(cut)},
      {"layer": "core.sum", "name": "s", "in": "l.before"}, {"layer": "core.sum", "name": "t", "in": "l.a"}, {"layer": "core.add", "name": "loss", "in": ["s", "t"]}
      """, minimise: minimise, wanted: ["l.a", "l.b", "l.before"])
    trial.set("x", [1, 2, 3] as [Float])
    trial.set("y", [10, 20, 30] as [Float])
    try trial.run()
    #expect(try trial.output("l.a") == [10, 20, 30])
    #expect(try trial.output("l.b") == [1, 2, 3])
    #expect(try trial.output("l.before") == [1, 2, 3, 10, 20, 30, 1, 2, 3, 10, 20, 30, 1, 2, 3])
    if minimise != nil, cut != #", "cut": 2"# {
      #expect(try trial.gradient("x") == [3, 3, 3])
      #expect(try trial.gradient("y") == [3, 3, 3])
    }
  }

  @Test func aCapturedValueCanBecomeWhatIsCarried() throws {
    // h is x in the first iteration, and w afterwards; what is stacked is what it was before.
    let trial = try Trial(
      inputs: #""x": {"shape": [2]}, "w": {"shape": [2]}"#,
      """
      {"loop": [{"layer": "core.multiply", "name": "m", "in": ["h", "w"]}], "name": "l", "carry": {"h": "x"}, "next": {"h": "w"}, "times": 3,
       "stack": {"ms": "m", "old": "h"}}, {"layer": "core.sum", "name": "s", "in": "l.ms"}, {"layer": "core.sum", "name": "t", "in": "l.h"},
      {"layer": "core.add", "name": "loss", "in": ["s", "t"]}
      """, minimise: "loss", wanted: ["l.ms", "l.old", "l.h"])
    trial.set("x", [2, 3] as [Float])
    trial.set("w", [5, 7] as [Float])
    try trial.run()
    #expect(try trial.output("l.ms") == [10, 25, 25, 21, 49, 49])
    #expect(try trial.output("l.old") == [2, 5, 5, 3, 7, 7])
    #expect(try trial.output("l.h") == [5, 7])
    // loss = x w + 2 w^2 + w.
    #expect(try trial.gradient("x") == [5, 7])
    #expect(try trial.gradient("w") == [2 + 20 + 1, 3 + 28 + 1])
  }

  // The rows of an embedding, one for each iteration: h' = h / 2 + row[t], and counting down from row 2.
  @Test(arguments: [("up", [3.25, 6.5, 13] as [Float]), ("down", [13, 6.5, 3.25])])
  func theNumberOfTheIterationIsKnownInside(count: String, slopes: [Float]) throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [1]}"#,
      """
      {"loop": [{"layer": "core.embedding", "name": "row", "in": "t", "count": 3, "width": 1}, {"layer": "core.scale", "name": "half", "in": "h", "factor": 0.5},
                {"layer": "core.add", "name": "n", "in": ["row", "half"]}],
       "name": "l", "carry": {"h": "x"}, "index": "t", "times": 3, "count": "\(count)", "stack": {"ts": "t", "hs": {"from": "n", "axis": 0}}},
      {"layer": "core.scale", "name": "y", "in": "l.h", "factor": 13}, {"layer": "core.sum", "name": "loss"}
      """, minimise: "loss", wanted: ["l.h", "l.hs", "l.ts", "l.count"])
    trial.set("x", [8] as [Float])
    trial.set(parameter: "row.weight", [1, 10, 100])
    try trial.run()
    // Up: 8/2 + 1 = 5, 5/2 + 10 = 12.5, 12.5/2 + 100 = 106.25. Down: 4 + 100 = 104, 52 + 10 = 62, 31 + 1 = 32.
    #expect(try trial.output("l.h") == [count == "up" ? 106.25 : 32])
    #expect(try trial.output("l.hs") == (count == "up" ? [5, 12.5, 106.25] : [32, 62, 104]))
    #expect(try trial.integers("l.ts") == [0, 1, 2])
    #expect(try trial.integers("l.count") == [3])
    #expect(trial.gradients()["row.weight"] == slopes)
    #expect(try trial.gradient("x") == [13 / 8])
  }
}
