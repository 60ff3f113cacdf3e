import Testing
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What is said about loops and conditions whose shapes do not fit.
struct ControlShapeTests {
  static let tanh = #"{"layer": "core.tanh", "name": "t"}"#

  @Test(arguments: [
    (
      #"{"loop": [{"layer": "core.dense", "name": "d", "units": 4}], "name": "l", "carry": {"h": "x"}, "times": 2}"#,
      "trial.json:2:1: at /graph/0: loop 'l' carries 'h', which starts as [3, 5] but becomes [3, 4]",
      "what is carried must keep its type and shape; reshape it inside the loop"
    ),
    (
      #"{"loop": [\#(tanh)], "name": "l", "each": {"a": "x", "b": "v"}}"#,
      "trial.json:2:1: at /graph/0: loop 'l': sequence 'v' has 7 elements, but 'x' has 5",
      "sequences are consumed together, one element an iteration"
    ),
    (
      #"{"loop": [\#(tanh)], "name": "l", "each": {"a": "x"}, "times": 4}"#,
      "trial.json:2:1: at /graph/0: loop 'l': sequence 'x' has 5 elements, but the loop says 4",
      "sequences are consumed together, one element an iteration"
    ),
    (
      #"{"loop": [\#(tanh)], "name": "l", "each": {"a": {"from": "x", "axis": 2}}}"#,
      "trial.json:2:1: at /graph/0: loop 'l': sequence 'x' is [3, 5], which has no axis 2",
      "axes are counted from 0; batches are axis 0, time is axis 1"
    ),
    (
      #"{"loop": [\#(tanh)], "name": "l", "carry": {"h": "x"}, "times": 2, "stack": {"ts": {"from": "t", "axis": 3}}}"#,
      "trial.json:2:1: at /graph/0: loop 'l': sequence 'ts' is [3, 5], which has no axis 3",
      "axes are counted from 0; batches are axis 0, time is axis 1"
    ),
    (
      #"{"loop": [\#(tanh)], "name": "l", "carry": {"h": "x"}, "times": 2, "until": "t"}"#,
      "trial.json:2:1: at /graph/0: 'l' asks for one number, but it is given [3, 5]", "reduce it to one number"
    ),
    (
      #"{"cond": "x", "name": "l", "then": [\#(tanh)], "else": []}"#,
      "trial.json:2:1: at /graph/0: 'l' asks for one number, but it is given [3, 5]", "reduce it to one number"
    ),
    (
      #"{"cond": "one", "name": "l", "then": [{"layer": "core.tanh", "in": "x"}], "else": [{"layer": "core.tanh", "in": "v"}]}"#,
      "trial.json:2:1: at /graph/0: condition 'l': 'output' is [3, 5] in one graph, but [7] in the other",
      "both must put out the same types and shapes"
    ),
  ])
  func errorsSayWhichAndWhat(nodes: String, message: String, help: String) {
    let error = #expect(throws: ControlError.self) {
      try Trial(inputs: #""x": {"shape": [3, 5]}, "v": {"shape": [7]}, "one": {"shape": []}"#, nodes, wanted: ["l"])
    }
    #expect(error?.message == message)
    #expect(error?.help == help)
  }

  @Test func aLayerInsideIsNamedWhenItFails() throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [1]}, "index": {"shape": [4], "dtype": "i64"}"#,
      """
      {"loop": [{"loop": [{"layer": "core.embedding", "name": "row", "in": "i", "count": 3, "width": 1}, {"layer": "core.add", "name": "n", "in": ["g", "row"]}],
                 "name": "inner", "carry": {"g": "h"}, "times": 2}],
       "name": "l", "carry": {"h": "x"}, "each": {"i": "index"}}
      """, wanted: ["l"])
    trial.set("index", [0, 1, 3, 0] as [Int64])
    let error = #expect(throws: LayerFailure.self) { try trial.forward() }
    #expect(error?.layer == "l.inner.row")
    #expect(error?.kind == "core.embedding")
    trial.set("index", [0, 1, 2, 0] as [Int64])
    try trial.forward()
  }
}
