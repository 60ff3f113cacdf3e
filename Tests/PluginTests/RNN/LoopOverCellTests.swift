import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// A manifest's loop over `rnn.lstm_cell` and the kind that takes whole sequences are the same function.
struct LoopOverCellTests {
  private static let (rows, channels, units) = (3, 5, 7)

  /// Both take xs, h and c, and put out y and the last states; the loss reads them all.
  private static func graph(_ layer: String, y: String, h: String, c: String, times: Int) throws -> Graph {
    try Manifest(
      contentsOf: Array(
        """
        {"zoo": 1, "inputs": {"xs": {"shape": ["N", \(times), \(channels)]}, "h": {"shape": ["N", \(units)]}, "c": {"shape": ["N", \(units)]}},
         "graph": [
           \(layer),
           {"layer": "core.multiply", "name": "squares", "in": ["\(y)", "\(y)"]},
           {"layer": "core.sum", "name": "spread", "axes": [0, 1, 2]},
           {"layer": "core.multiply", "name": "states", "in": ["\(h)", "\(c)"]},
           {"layer": "core.sum", "name": "end", "axes": [0, 1]},
           {"layer": "core.add", "name": "loss", "in": ["spread", "end"]}],
         "outputs": {"loss": "loss", "y": "\(y)", "h": "\(h)", "c": "\(c)"}}
        """.utf8), file: "lstm.json", folder: "/"
    ).expand(catalog: Repository.catalog).graph
  }

  private static func whole(times: Int, reversed: Bool) throws -> Graph {
    try graph(
      #"{"layer": "rnn.lstm", "name": "lstm", "in": ["xs", "h", "c"], "units": \#(units), "reverse": \#(reversed)}"#, y: "lstm.y",
      h: "lstm.h", c: "lstm.c", times: times)
  }

  private static func looped(times: Int, reversed: Bool) throws -> Graph {
    try graph(
      """
      {"loop": [{"layer": "rnn.lstm_cell", "name": "cell", "in": ["x", "state", "cells"], "units": \(units)}], "name": "steps",
       "carry": {"state": "h", "cells": "c"}, "each": {"x": {"from": "xs", "axis": 1}}, "count": "\(reversed ? "down" : "up")",
       "next": {"state": "cell.h", "cells": "cell.c"}, "stack": {"y": {"from": "cell.h", "axis": 1}}}
      """, y: "steps.y", h: "steps.state", c: "steps.cells", times: times)
  }

  private static func numbers(_ count: Int, _ scale: Float) -> [Float] {
    (0..<count).map { scale * Float(($0 * 37 + 11) % 23 - 11) / 11 }
  }

  /// The loss, y and last states; the gradients of xs, h and c; and those of the parameters, in PyTorch's order.
  private static func results(_ graph: Graph, times: Int, prefix: String, suffix: String) throws -> [[Float]] {
    let session = Session(graph)
    let program = try session.trainingProgram(
      graph, inputs: [Spec([rows, times, channels]), Spec([rows, units]), Spec([rows, units])], minimise: graph.outputs[0].source,
      wanted: graph.outputs[1...].map(\.source), inputGradients: [0, 1, 2])
    let parameters = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map { "\(prefix).\($0)\(suffix)" }
    for (i, path) in parameters.enumerated() {
      let entry = try #require(session.store[path])
      let values = numbers(entry.spec.count, 0.4 + 0.1 * Float(i))
      entry.pointer?.assumingMemoryBound(to: Float.self).update(from: values, count: values.count)
    }
    for (i, input) in program.inputs.enumerated() {
      numbers(input.spec.count, 1 - 0.3 * Float(i)).withUnsafeBytes { input.bytes.copyMemory(from: $0) }
    }
    try program.forward()
    var results = (0..<4).map { program.copyOutput($0).floats }
    try program.backward()
    results += (0..<3).map { program.copyInputGradient($0)?.floats ?? [] }
    for path in parameters {
      let index = try #require(session.store.entries.firstIndex { $0.path == path })
      results.append(session.store.gradientValues(of: index))
    }
    return results
  }

  @Test("outputs and gradients agree", arguments: [1, 2, 11], [false, true])
  func agreement(times: Int, reversed: Bool) throws {
    let whole = try Self.results(Self.whole(times: times, reversed: reversed), times: times, prefix: "lstm", suffix: "_l0")
    let looped = try Self.results(Self.looped(times: times, reversed: reversed), times: times, prefix: "steps.cell", suffix: "")
    let names = ["loss", "y", "h", "c", "d xs", "d h", "d c", "d weight_ih", "d weight_hh", "d bias_ih", "d bias_hh"]
    for (i, name) in names.enumerated() {
      #expect(whole[i].contains { $0 != 0 })
      expectClose(looped[i], whole[i], tolerance: 1e-6, name)
    }
  }
}
