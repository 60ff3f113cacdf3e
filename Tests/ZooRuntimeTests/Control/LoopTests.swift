import CAllocations
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// A loop against the same graph written out.
@Suite(.serialized) struct LoopTests {
  static let batch = 3
  static let width = 5
  static let inputs = 4

  /// h' = tanh(A x + B h), the cell of Elman's network.
  static let cell = """
    {"zoo": 1, "name": "cell",
     "inputs": {"h": {"shape": ["N", 5]}, "x": {"shape": ["N", 4]}, "bias": {"shape": [5]}},
     "graph": [
       {"layer": "core.dense", "name": "a", "in": "x", "units": 5, "bias": false},
       {"layer": "core.dense", "name": "b", "in": "h", "units": 5},
       {"layer": "core.add", "name": "sum", "in": ["a", "b"]},
       {"layer": "core.add", "name": "biased", "in": ["sum", "bias"]},
       {"layer": "core.tanh", "name": "next"}],
     "outputs": {"next": "next", "y": "next"}}
    """

  static func graph(_ text: String) throws -> Graph {
    try Manifest(contentsOf: Array(text.utf8), file: "loop.json", folder: "/").expand(settings: [:], catalog: Repository.catalog).graph
  }

  /// Inputs xs [N, T, 4], h [N, 5], bias [5]; a loss that reads every y and the last h.
  static func looped(times: Int, cut: Int? = nil, reversed: Bool = false, spread: Double = 1, end: Double = 1) throws -> Graph {
    let body = try graph(cell)
    let loop = Loop(
      body: body, carried: 1, sequences: [nil], stacked: [nil], isReversed: reversed, cut: cut)
    var outer = try graph(
      """
      {"zoo": 1, "name": "outer",
       "inputs": {"ys": {"shape": ["N", \(times), 5]}, "last": {"shape": ["N", 5]}},
       "graph": [
         {"layer": "core.multiply", "name": "squares", "in": ["ys", "ys"]},
         {"layer": "core.mean", "axes": [0, 1, 2]},
         {"layer": "core.scale", "name": "spread", "factor": \(spread)},
         {"layer": "core.sum", "in": "last", "axes": [0, 1]},
         {"layer": "core.scale", "name": "end", "factor": \(end)},
         {"layer": "core.add", "name": "loss", "in": ["spread", "end"]}],
       "outputs": {"loss": "loss", "ys": "ys", "last": "last"}}
      """)
    func moved(_ source: Source) -> Source {
      switch source {
      case .input(0): .node(0, output: 1)
      case .input: .node(0, output: 0)
      case .node(let n, let output): .node(n + 1, output: output)
      }
    }
    var node = outer.nodes[0]
    node.path = "loop"
    node.parameterPath = "loop"
    node.kind = KindInfo(
      name: "loop", inputs: [PortInfo("h"), PortInfo("xs"), PortInfo("bias")], outputs: [PortInfo("h"), PortInfo("ys"), PortInfo("count")])
    node.attributes = []
    node.control = .loop(loop)
    node.inputs = [.input(1), .input(0), .input(2)]
    outer.nodes =
      [node]
      + outer.nodes.map { old in
        var new = old
        new.inputs = old.inputs.map { $0.map(moved) }
        return new
      }
    outer.outputs = outer.outputs.map { old in
      var new = old
      new.source = moved(old.source)
      return new
    }
    outer.inputs = [
      GraphInput("xs", shape: [.named("N"), .fixed(times), .fixed(inputs)]), GraphInput("h", shape: [.named("N"), .fixed(width)]),
      GraphInput("bias", shape: [.fixed(width)]),
    ]
    outer.names = [:]
    return outer
  }

  /// The same without a loop.
  static func unrolled(times: Int, reversed: Bool = false) throws -> Graph {
    var nodes: [String] = []
    var state = "h"
    for t in reversed ? Array((0..<times).reversed()) : Array(0..<times) {
      let isFirst = nodes.isEmpty
      let first = reversed ? times - 1 : 0
      func share(_ name: String) -> String { isFirst ? "" : ", \"share\": \"\(name)\(first)\"" }
      nodes += [
        "{\"layer\": \"core.slice\", \"name\": \"s\(t)\", \"in\": \"xs\", \"axes\": [1], \"starts\": [\(t)], \"ends\": [\(t + 1)]}",
        "{\"layer\": \"core.reshape\", \"name\": \"x\(t)\", \"shape\": [\(batch), 4]}",
        "{\"layer\": \"core.dense\", \"name\": \"a\(t)\", \"in\": \"x\(t)\", \"units\": 5, \"bias\": false\(share("a"))}",
        "{\"layer\": \"core.dense\", \"name\": \"b\(t)\", \"in\": \"\(state)\", \"units\": 5\(share("b"))}",
        "{\"layer\": \"core.add\", \"name\": \"sum\(t)\", \"in\": [\"a\(t)\", \"b\(t)\"]}",
        "{\"layer\": \"core.add\", \"name\": \"biased\(t)\", \"in\": [\"sum\(t)\", \"bias\"]}",
        "{\"layer\": \"core.tanh\", \"name\": \"h\(t)\"}",
        "{\"layer\": \"core.reshape\", \"name\": \"y\(t)\", \"shape\": [\(batch), 1, 5]}",
      ]
      state = "h\(t)"
    }
    let ys = (0..<times).map { "\"y\($0)\"" }.joined(separator: ", ")
    return try graph(
      """
      {"zoo": 1, "name": "unrolled",
       "inputs": {"xs": {"shape": ["N", \(times), 4]}, "h": {"shape": ["N", 5]}, "bias": {"shape": [5]}},
       "graph": [
         \(nodes.joined(separator: ",\n")),
         {"layer": "core.concat", "name": "ys", "in": [\(ys)], "axis": 1},
         {"layer": "core.multiply", "name": "squares", "in": ["ys", "ys"]},
         {"layer": "core.mean", "name": "spread", "axes": [0, 1, 2]},
         {"layer": "core.sum", "name": "end", "in": "\(state)", "axes": [0, 1]},
         {"layer": "core.add", "name": "loss", "in": ["spread", "end"]}],
       "outputs": {"loss": "loss", "ys": "ys", "last": "\(state)"}}
      """)
  }

  static func numbers(_ count: Int, _ scale: Float) -> [Float] { (0..<count).map { scale * Float(($0 * 37 + 11) % 23 - 11) / 11 } }

  /// Runs forward and backward; outputs, gradients of the three inputs, then of a, b and b's bias.
  static func results(
    _ graph: Graph, times: Int, parameters: [String], given: [[Float]]? = nil
  ) throws -> [[Float]] {
    let session = Session(graph, seed: 1)
    let specs = [Spec([batch, times, inputs]), Spec([batch, width]), Spec([width])]
    let program = try session.trainingProgram(
      graph, inputs: specs, minimise: graph.outputs[0].source, wanted: graph.outputs[1...].map(\.source), inputGradients: [0, 1, 2])
    for (i, path) in parameters.enumerated() {
      let entry = try #require(session.store[path])
      let values = numbers(entry.spec.count, 0.3 + 0.1 * Float(i))
      entry.pointer?.assumingMemoryBound(to: Float.self).update(from: values, count: values.count)
    }
    for (i, input) in program.inputs.enumerated() {
      (given?[i] ?? numbers(input.spec.count, 1 - 0.2 * Float(i))).withUnsafeBytes { input.bytes.copyMemory(from: $0) }
    }
    var results: [[Float]] = []
    for _ in 0..<2 {  // the second time, nothing of the first may be left
      try program.forward()
      results = (0..<3).map { program.copyOutput($0).floats }
      try program.backward()
    }
    results += (0..<3).map { program.copyInputGradient($0)?.floats ?? [] }
    for path in parameters {
      let index = try #require(session.store.entries.firstIndex { $0.path == path })
      results.append(session.store.gradientValues(of: index))
    }
    return results
  }

  @Test("equals the graph written out", arguments: [1, 2, 7], [false, true])
  func equalsTheGraphWrittenOut(times: Int, reversed: Bool) throws {
    let looped = try Self.results(
      Self.looped(times: times, reversed: reversed), times: times, parameters: ["a.weight", "b.weight", "b.bias"])
    let first = reversed ? times - 1 : 0
    let written = try Self.results(
      Self.unrolled(times: times, reversed: reversed), times: times,
      parameters: ["a\(first).weight", "b\(first).weight", "b\(first).bias"])
    for (i, (got, expected)) in zip(looped, written).enumerated() {
      #expect(!expected.isEmpty)
      expectClose(got, expected, tolerance: 1e-6, "value \(i)")
    }
  }

  @Test func aCutLongerThanTheLoopChangesNothing() throws {
    let whole = try Self.results(Self.looped(times: 7), times: 7, parameters: ["a.weight", "b.weight", "b.bias"])
    let cut = try Self.results(Self.looped(times: 7, cut: 9), times: 7, parameters: ["a.weight", "b.weight", "b.bias"])
    #expect(whole == cut)
  }

  // Of 4 iterations cut after 2, the last two see what the first two left as a constant, and the first two hear nothing of the last.
  @Test func aCutLetsNoGradientThrough() throws {
    let names = ["a.weight", "b.weight", "b.bias"]
    let xs = Self.numbers(Self.batch * 4 * Self.inputs, 1)
    let (h, bias) = (Self.numbers(Self.batch * Self.width, 0.8), Self.numbers(Self.width, 0.6))
    func half(_ t: Int) -> [Float] {
      var half: [Float] = []
      for n in 0..<Self.batch {
        let from = (n * 4 + t) * Self.inputs
        half += xs[from..<from + 2 * Self.inputs]
      }
      return half
    }
    let cut = try Self.results(Self.looped(times: 4, cut: 2), times: 4, parameters: names, given: [xs, h, bias])
    let first = try Self.results(
      Self.looped(times: 2, spread: 0.5, end: 0), times: 2, parameters: names, given: [half(0), h, bias])
    let second = try Self.results(
      Self.looped(times: 2, spread: 0.5), times: 2, parameters: names, given: [half(2), first[2], bias])
    expectClose(cut[2], second[2], "the last h")
    expectClose(cut[4], first[4], "the first h's gradient")
    for i in 5..<9 { expectClose(cut[i], zip(first[i], second[i]).map(+), "value \(i)") }
    let whole = try Self.results(Self.looped(times: 4), times: 4, parameters: names, given: [xs, h, bias])
    #expect(zip(whole[4], cut[4]).contains { abs($0 - $1) > 1e-4 })
  }

  @Test func whatACutLoopKeepsDoesNotGrow() throws {
    func bytes(_ times: Int, cut: Int?) throws -> Int {
      let graph = try Self.looped(times: times, cut: cut)
      return try Session(graph).trainingProgram(
        graph, inputs: [Spec([64, times, Self.inputs]), Spec([64, Self.width]), Spec([Self.width])], minimise: graph.outputs[0].source
      ).arenaBytes
    }
    // What grows are the graph's own tensors around the loop: ys, its squares and their adjoints; and h where each stretch starts.
    let step = 64 * Self.width * 4
    let growth = try bytes(512, cut: 16) - bytes(256, cut: 16)
    #expect(growth <= 256 * step * 4 + 256 / 16 * step + 8192)
    #expect(try bytes(512, cut: nil) - bytes(256, cut: nil) >= growth + 256 * step)
  }

  /// x -> x + 1 (bounded), for so many iterations, or until x reaches a limit.
  private func counter(times: Int, stops: Bool = false) throws -> Graph {
    let body = try Self.graph(
      """
      {"zoo": 1, "name": "body", "inputs": {"x": {"shape": ["N"]}},
       "graph": [
         {"layer": "core.scale", "name": "next", "factor": 1, "offset": 1},
         {"layer": "core.scale", "name": "beyond", "factor": 1, "offset": -5},
         {"layer": "core.relu", "name": "done"}],
       "outputs": {"next": "next", "y": "next", "done": "done"}}
      """)
    var graph = try Self.graph(
      "{\"zoo\": 1, \"name\": \"c\", \"inputs\": {\"x\": {\"shape\": [\"N\"]}}, \"graph\": [{\"layer\": \"core.identity\", \"name\": \"loop\"}]}"
    )
    var loopBody = body
    if !stops { loopBody.outputs.removeLast() }
    graph.nodes[0].kind = KindInfo(name: "loop", inputs: [PortInfo("x")], outputs: [PortInfo("x"), PortInfo("y"), PortInfo("count")])
    graph.nodes[0].attributes = []
    graph.nodes[0].control = .loop(Loop(body: loopBody, carried: 1, stacked: [nil], stops: stops, times: times))
    graph.outputs = ["x", "ys", "count"].enumerated().map { o, name in
      var output = graph.outputs[0]
      (output.name, output.source) = (name, .node(0, output: o))
      return output
    }
    return graph
  }

  @Test func stopsOnceTheConditionIsNotZero() throws {
    let program = try Session(counter(times: 10, stops: true)).program([Spec([1])])
    program.inputs[0].pointer.storeBytes(of: 2.5, as: Float.self)
    for _ in 0..<2 {
      try program.forward()
      #expect(program.copyOutput(0).floats == [5.5])
      #expect(program.copyOutput(1).floats == [3.5, 4.5, 5.5, 0, 0, 0, 0, 0, 0, 0])
      #expect(program.copyOutput(2).array(of: Int64.self) == [3])
    }
  }

  @Test func noIterationLeavesWhatIsCarried() throws {
    let program = try Session(counter(times: 0)).program([Spec([2])])
    program.inputs[0].pointer.storeBytes(of: 2.5, as: Float.self)
    try program.forward()
    #expect(program.copyOutput(0).floats == [2.5, 0])
    #expect(program.copyOutput(2).array(of: Int64.self) == [0])
  }

  @Test func anIterationCostsLessThanAMicrosecondAndAllocatesNothing() throws {
    Threads.count = 1
    defer { Threads.count = 0 }
    let times = 10_000
    let program = try Session(counter(times: times)).program([Spec([1])])
    try program.forward()
    zoo_count_allocations()
    let result = Result { try program.forward() }
    let allocations = zoo_allocations()
    try result.get()
    #expect(allocations == 0)
    var best = Double.infinity
    for _ in 0..<20 {
      let start = monotonicSeconds()
      try program.forward()
      best = min(best, monotonicSeconds() - start)
    }
    #expect(program.copyOutput(0).floats == [Float(times)])
    #expect(best / Double(times) < 1e-6, "\(best / Double(times) * 1e9) ns an iteration")
  }
}
