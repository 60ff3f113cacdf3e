import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// One function of sequences [rows, times, channels] as two graphs, and what they compute from the same numbers.
private struct TwoWays {
  var rows = 3
  var channels = 5
  var units = 7
  var times = 11
  var reversed = false

  /// Both take xs, h and c, and put out y and the last states; the loss reads them all.
  private func graph(_ layer: String, y: String, h: String, c: String) throws -> Graph {
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

  func whole() throws -> Graph {
    try graph(
      #"{"layer": "rnn.lstm", "name": "lstm", "in": ["xs", "h", "c"], "units": \#(units), "reverse": \#(reversed)}"#, y: "lstm.y",
      h: "lstm.h", c: "lstm.c")
  }

  func looped() throws -> Graph {
    try graph(
      """
      {"loop": [{"layer": "rnn.lstm_cell", "name": "cell", "in": ["x", "state", "cells"], "units": \(units)}], "name": "steps",
       "carry": {"state": "h", "cells": "c"}, "each": {"x": {"from": "xs", "axis": 1}}, "count": "\(reversed ? "down" : "up")",
       "next": {"state": "cell.h", "cells": "cell.c"}, "stack": {"y": {"from": "cell.h", "axis": 1}}}
      """, y: "steps.y", h: "steps.state", c: "steps.cells")
  }

  private func numbers(_ count: Int, _ scale: Float) -> [Float] {
    (0..<count).map { scale * Float(($0 * 37 + 11) % 23 - 11) / 11 }
  }

  /// Gives parameters and inputs their numbers; returns the parameters' paths, in PyTorch's order.
  @discardableResult
  private func fill(_ session: Session, _ program: Program, _ prefix: String, _ suffix: String) throws -> [String] {
    let parameters = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map { "\(prefix).\($0)\(suffix)" }
    for (i, path) in parameters.enumerated() {
      let entry = try #require(session.store[path])
      let values = numbers(entry.spec.count, (0.4 + 0.1 * Float(i)) * (i < 2 ? min(1, 7 / Float(units)) : 1))
      entry.pointer?.assumingMemoryBound(to: Float.self).update(from: values, count: values.count)
    }
    for (i, input) in program.inputs.enumerated() {
      numbers(input.spec.count, 1 - 0.3 * Float(i)).withUnsafeBytes { input.bytes.copyMemory(from: $0) }
    }
    return parameters
  }

  /// The loss, y and last states; the gradients of xs, h and c; and those of the parameters, in PyTorch's order.
  func results(_ graph: Graph, prefix: String, suffix: String) throws -> [[Float]] {
    let session = Session(graph)
    let program = try session.trainingProgram(
      graph, inputs: [Spec([rows, times, channels]), Spec([rows, units]), Spec([rows, units])], minimise: graph.outputs[0].source,
      wanted: graph.outputs[1...].map(\.source), inputGradients: [0, 1, 2])
    let parameters = try fill(session, program, prefix, suffix)
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

  /// The same without a backward: the loss, y and last states.
  func outputs(_ graph: Graph, prefix: String, suffix: String) throws -> [[Float]] {
    let session = Session(graph)
    let program = try session.program([Spec([rows, times, channels]), Spec([rows, units]), Spec([rows, units])])
    try fill(session, program, prefix, suffix)
    try program.forward()
    return (0..<4).map { program.copyOutput($0).floats }
  }
}

/// A manifest's loop over `rnn.lstm_cell` and the kind that takes whole sequences are the same function.
struct LoopOverCellTests {
  @Test("outputs and gradients agree", arguments: [1, 2, 11], [false, true])
  func agreement(times: Int, reversed: Bool) throws {
    let ways = TwoWays(times: times, reversed: reversed)
    let whole = try ways.results(ways.whole(), prefix: "lstm", suffix: "_l0")
    let looped = try ways.results(ways.looped(), prefix: "steps.cell", suffix: "")
    let names = ["loss", "y", "h", "c", "d xs", "d h", "d c", "d weight_ih", "d weight_hh", "d bias_ih", "d bias_hh"]
    for (i, name) in names.enumerated() {
      #expect(whole[i].contains { $0 != 0 })
      expectClose(looped[i], whole[i], tolerance: 1e-6, name)
    }
  }

  /// So many rows are oneDNN's, which is also held to be the same bits on any number of threads.
  @Test("outputs agree over many rows", arguments: [(12, 128), (33, 130), (64, 520)], [false, true])
  func agreementOfManyRows(size: (rows: Int, units: Int), reversed: Bool) throws {
    let ways = TwoWays(rows: size.rows, channels: 19, units: size.units, times: 9, reversed: reversed)
    defer { Threads.count = 0 }
    let whole = try [1, 2, 3].map { threads in
      Threads.count = threads
      return try ways.outputs(ways.whole(), prefix: "lstm", suffix: "_l0")
    }
    let looped = try ways.outputs(ways.looped(), prefix: "steps.cell", suffix: "")
    #expect(whole[1] == whole[0] && whole[2] == whole[0])
    for (i, name) in ["loss", "y", "h", "c"].enumerated() { expectClose(looped[i], whole[0][i], tolerance: 1e-6, name) }
  }
}
