import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Blocks that are computed again for backward: the same bits, in less memory.
struct RecomputationTests {
  /// Nodes, the inputs, what is computed again, and whether that must take less memory.
  struct Network: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let inputs: String
    let nodes: String
    let recompute: [String]
    var shrinks = true
    /// What has no gradient.
    var idle: [String] = []
  }

  static let target = #""target": {"shape": [16, 64]}"#

  /// A block of two dense layers, one of them as wide as four, with dropout and a normalisation by the batch.
  static func block(_ name: String, _ input: String) -> String {
    """
    {"graph": [
       {"layer": "core.dense", "name": "wide", "units": 256, "in": "z"}, {"layer": "core.batch_norm", "name": "norm"},
       {"layer": "core.gelu"}, {"layer": "core.dropout", "probability": 0.4}, {"layer": "core.dense", "name": "narrow", "units": 64},
       {"layer": "core.add", "name": "sum", "in": ["narrow", "z"]}],
     "name": "\(name)", "inputs": ["z"], "in": ["\(input)"]}
    """
  }

  static let residual =
    "\(block("a", "x")), \(block("b", "a")), \(block("c", "b")), {\"layer\": \"core.mse\", \"name\": \"loss\", \"in\": [\"c\", \"target\"]}"

  static let loop = """
    {"loop": [
       {"graph": [{"layer": "core.dense", "name": "wide", "units": 256, "in": "z"}, {"layer": "core.tanh"},
                  {"layer": "core.dropout", "probability": 0.3}, {"layer": "core.dense", "name": "narrow", "units": 64}],
        "name": "inner", "inputs": ["z"], "in": ["h"]},
       {"layer": "core.multiply", "name": "scaled", "in": ["inner", "w"]}, {"layer": "core.add", "name": "n", "in": ["scaled", "e"]}],
     "name": "l", "carry": {"h": "x"}, "each": {"e": {"from": "seq", "axis": 0}}, "next": {"h": "n"}
    """

  static let networks = [
    Network(
      testDescription: "a perceptron with dropout", inputs: #""x": {"shape": [16, 64]}, "# + target, nodes: residual, recompute: ["?"]),
    Network(
      testDescription: "every layer by itself", inputs: #""x": {"shape": [16, 64]}, "# + target, nodes: residual, recompute: ["*.*"],
      shrinks: false),
    Network(
      testDescription: "skips over levels", inputs: #""x": {"shape": [2, 8, 8, 3]}, "target": {"shape": [2, 8, 8, 3]}"#,
      nodes: """
        {"graph": [{"layer": "cnn.conv2d", "name": "c1", "channels": 24, "kernel": 3, "padding": "same", "in": "z"}, {"layer": "core.relu"},
                   {"layer": "cnn.conv2d", "name": "c2", "channels": 24, "kernel": 3, "padding": "same"}, {"layer": "core.tanh"}],
         "name": "down", "inputs": ["z"], "in": ["x"]},
        {"layer": "cnn.max_pool2d", "name": "half", "size": 2, "in": "down"},
        {"graph": [{"layer": "cnn.conv2d", "name": "c1", "channels": 32, "kernel": 3, "padding": "same", "in": "z"}, {"layer": "core.silu"},
                   {"layer": "cnn.conv2d", "name": "c2", "channels": 32, "kernel": 3, "padding": "same"}, {"layer": "core.relu"}],
         "name": "bottom", "inputs": ["z"], "in": ["half"]},
        {"graph": [{"layer": "cnn.conv_transpose2d", "name": "twice", "channels": 24, "kernel": 2, "stride": 2, "in": "z"},
                   {"layer": "core.concat", "name": "joined", "in": ["skip", "twice"]},
                   {"layer": "cnn.conv2d", "name": "c", "channels": 24, "kernel": 3, "padding": "same"}, {"layer": "core.gelu"}],
         "name": "up", "inputs": ["z", "skip"], "in": ["bottom", "down"]},
        {"layer": "cnn.conv2d", "name": "y", "channels": 3, "kernel": 1, "in": "up"}, {"layer": "core.mse", "name": "loss", "in": ["y", "target"]}
        """, recompute: ["down", "bottom", "up"]),
    Network(
      testDescription: "a loop as a whole",
      inputs: #""x": {"shape": [16, 64]}, "w": {"shape": [16, 64]}, "seq": {"shape": [5, 16, 64]}, "# + target,
      nodes: "\(loop)}, {\"layer\": \"core.mse\", \"name\": \"loss\", \"in\": [\"l\", \"target\"]}", recompute: ["l"], shrinks: false),
    Network(
      testDescription: "a block inside a loop",
      inputs: #""x": {"shape": [16, 64]}, "w": {"shape": [16, 64]}, "seq": {"shape": [5, 16, 64]}, "# + target,
      nodes: "\(loop)}, {\"layer\": \"core.mse\", \"name\": \"loss\", \"in\": [\"l\", \"target\"]}", recompute: ["l.inner"]),
    Network(
      testDescription: "a block inside a loop that is cut",
      inputs: #""x": {"shape": [16, 64]}, "w": {"shape": [16, 64]}, "seq": {"shape": [5, 16, 64]}, "# + target,
      nodes: "\(loop), \"cut\": 3}, {\"layer\": \"core.mse\", \"name\": \"loss\", \"in\": [\"l\", \"target\"]}", recompute: ["l.*"],
      idle: ["x"]),
    Network(
      testDescription: "two loops, the layers inside as well",
      inputs: #""x": {"shape": [16, 64]}, "w": {"shape": [16, 64]}, "seq": {"shape": [5, 16, 64]}, "# + target,
      nodes: """
        \(loop)}, {"layer": "core.scale", "name": "between", "factor": 0.5, "in": "l.h"},
        \(loop.replacing(#""name": "l""#, #""name": "m""#).replacing(#""h": "x""#, #""h": "between""#))},
        {"layer": "core.mse", "name": "loss", "in": ["m", "target"]}
        """, recompute: ["l", "m", "l.inner", "m.*"]),
    Network(
      testDescription: "branches", inputs: #""x": {"shape": [16, 64]}, "flag": {"shape": [], "dtype": "i64"}, "# + target,
      nodes: """
        {"layer": "core.dense", "name": "first", "units": 64, "in": "x"},
        {"cond": "flag", "name": "choice",
         "then": [{"layer": "core.dense", "name": "a", "units": 256, "in": "first"}, {"layer": "core.tanh"}, {"layer": "core.dense", "name": "b", "units": 64}, {"layer": "core.identity", "name": "y"}],
         "else": [{"layer": "core.dense", "name": "c", "units": 256, "in": "first"}, {"layer": "core.gelu"}, {"layer": "core.dense", "name": "d", "units": 64}, {"layer": "core.identity", "name": "y"}],
         "outputs": "y"},
        {"layer": "core.mse", "name": "loss", "in": ["choice.y", "target"]}
        """, recompute: ["choice"], shrinks: false, idle: ["a.weight", "a.bias", "b.weight", "b.bias"]),
  ]

  private func trial(_ network: Network, _ recompute: [String]) throws -> Trial {
    try Trial(inputs: network.inputs, network.nodes, minimise: "loss", wanted: [], recompute: recompute)
  }

  @Test(arguments: networks) func gradientsAreTheSameBits(_ network: Network) throws {
    let (kept, again) = (try trial(network, []), try trial(network, network.recompute))
    #expect(again.graph.recomputes && !kept.graph.recomputes)
    for trial in [kept, again] { try trial.run() }
    #expect(try kept.output("loss") == again.output("loss"))
    let (expected, got) = (kept.gradients(), again.gradients())
    #expect(expected.keys.sorted() == got.keys.sorted())
    for (name, gradient) in expected {
      #expect(got[name] == gradient, "\(name)")
      let isIdle = name.contains("running") || network.idle.contains(name)
      #expect(gradient.contains { $0 != 0 } != isIdle, "\(name) has a gradient")
    }
    if network.shrinks {
      #expect(again.program.arenaBytes < kept.program.arenaBytes, "\(again.program.arenaBytes) of \(kept.program.arenaBytes)")
    }
  }

  // The host's conversions between types belong to the blocks that they are made for.
  @Test func gradientsInLowerPrecisionAreTheSameBits() throws {
    let graph = try trial(Self.networks[2], []).graph
    var gradients: [[Float]] = []
    var bytes: [Int] = []
    for recompute in [[], Self.networks[2].recompute] {
      let graph = graph.recomputing(recompute)
      let session = Session(graph, seed: 3, precision: Precision(activations: .bf16))
      let program = try session.trainingProgram(graph, inputs: graph.inputSpecs(), minimise: graph.outputs[0].source)
      for (input, tensor) in zip(graph.inputs, program.inputs) {
        Trial.numbers(named: input.name, tensor.spec).withUnsafeBytes { tensor.bytes.copyMemory(from: $0) }
      }
      try program.forward()
      try program.backward()
      gradients.append(program.trained.flatMap { session.store.gradientValues(of: $0) })
      bytes.append(program.arenaBytes)
    }
    #expect(gradients[0] == gradients[1])
    #expect(gradients[0].contains { $0 != 0 })
    #expect(bytes[1] < bytes[0])
  }

  // Trial.run runs twice: statistics that moved four times instead, or only once, would differ.
  @Test func runningStatisticsMoveOnceForEachForward() throws {
    let (kept, again) = (try trial(Self.networks[0], []), try trial(Self.networks[0], ["a", "c"]))
    let start = try #require(again.session.store["a.norm.running_mean"]).floats
    for trial in [kept, again] { try trial.run() }
    for path in ["a", "b", "c"].flatMap({ ["\($0).norm.running_mean", "\($0).norm.running_var"] }) {
      #expect(try #require(kept.session.store[path]).floats == #require(again.session.store[path]).floats, "\(path)")
    }
    #expect(try #require(again.session.store["a.norm.running_mean"]).floats != start)
  }

  // Statistics that three blocks move in turn are, after the first one's second run, those that the last one left.
  @Test func runningStatisticsThatAreSharedMoveOnceToo() throws {
    let nodes = [("a", "x"), ("b", "a"), ("c", "b")].map { name, input in
      name == "a" ? Self.block(name, input) : String(Self.block(name, input).dropLast()) + #", "share": "a"}"#
    }
    let loss = #"{"layer": "core.mse", "name": "loss", "in": ["c", "target"]}"#
    let trials = try [[], ["?"]].map { recompute in
      try Trial(
        inputs: Self.networks[0].inputs, (nodes + [loss]).joined(separator: ", "), minimise: "loss", wanted: [], recompute: recompute)
    }
    for trial in trials { try trial.run() }
    for path in ["a.norm.running_mean", "a.norm.running_var"] {
      let values = try trials.map { try #require($0.session.store[path]).floats }
      #expect(values[0] == values[1], "\(path)")
    }
  }

  // Five iterations of which two are kept, or one, run again in three or five stretches: statistics move five times in a forward all the same.
  @Test(arguments: ["2", "1", "7"], [[], ["l.inner"], ["l"], ["l", "l.*"]] as [[String]])
  func runningStatisticsInALoopThatIsCutMoveOnceToo(cut: String, recompute: [String]) throws {
    let inputs = #""x": {"shape": [16, 64]}, "seq": {"shape": [5, 16, 64]}, "# + Self.target
    func nodes(_ cut: String) -> String {
      """
      {"loop": [\(Self.block("inner", "h")), {"layer": "core.add", "name": "n", "in": ["inner", "e"]}],
       "name": "l", "carry": {"h": "x"}, "each": {"e": {"from": "seq", "axis": 0}}, "next": {"h": "n"}\(cut)},
      {"layer": "core.mse", "name": "loss", "in": ["l", "target"]}
      """
    }
    let kept = try Trial(inputs: inputs, nodes(""), minimise: "loss", wanted: [])
    let again = try Trial(inputs: inputs, nodes(#", "cut": \#(cut)"#), minimise: "loss", wanted: [], recompute: recompute)
    let path = "l.inner.norm.running_mean"
    let start = try #require(again.session.store[path]).floats
    for trial in [kept, again] { try trial.run() }
    for path in [path, "l.inner.norm.running_var"] {
      #expect(try #require(kept.session.store[path]).floats == #require(again.session.store[path]).floats, "\(path)")
    }
    #expect(try #require(again.session.store[path]).floats != start)
  }

  // A layer that counts what it was called with would show other random numbers the second time.
  @Test func everyStepHasItsOwnRandomNumbersBothTimes() throws {
    let again = try trial(Self.networks[0], ["*"])
    var gradients: [[Float]?] = []
    for step in [1, 2, 1] {
      again.session.run.step = UInt64(step)
      try again.run()
      gradients.append(again.gradients()["wide.weight"])
    }
    #expect(gradients[0] == gradients[2])
    #expect(gradients[0] != gradients[1])
  }

  /// So many blocks of a transformer over 8 texts of 32 characters.
  private static func transformer(blocks: Int) -> (inputs: String, nodes: String) {
    (
      #""text": {"shape": [8, 32], "dtype": "i64"}, "next": {"shape": [8, 32], "dtype": "i64"}"#,
      """
      {"layer": "core.embedding", "name": "embedding", "in": "text", "count": 75, "width": 64},
      {"repeat": \(blocks), "name": "blocks", "graph": [
         {"layer": "transformer.block", "name": "block", "heads": 4, "activation": "gelu", "dropout": 0.1}]},
      {"layer": "core.layer_norm", "name": "norm"}, {"layer": "core.dense", "name": "logits", "units": 75},
      {"layer": "core.cross_entropy", "name": "loss", "in": ["logits", "next"]}
      """
    )
  }

  @Test func blocksOfATransformerTakeLittleMoreThanOne() throws {
    let (inputs, nodes) = Self.transformer(blocks: 6)
    func trial(_ recompute: [String]) throws -> Trial {
      let trial = try Trial(inputs: inputs, nodes, minimise: "loss", wanted: [], recompute: recompute)
      for (name, factor) in [("text", 7), ("next", 13)] { trial.set(name, (0..<256).map { Int64($0 * factor % 75) }) }
      try trial.run()
      return trial
    }
    let (kept, again) = (try trial([]), try trial(["blocks.*"]))
    for (name, gradient) in kept.gradients() { #expect(again.gradients()[name] == gradient, "\(name)") }
    // Of each block, what goes into it is kept: 8 * 32 * 64 numbers.
    let one = Self.transformer(blocks: 1)
    let single = try Trial(inputs: one.inputs, one.nodes, minimise: "loss", wanted: []).program.arenaBytes
    #expect(again.program.arenaBytes <= single + 6 * 8 * 32 * 64 * 4)
    #expect(again.program.arenaBytes * 2 < kept.program.arenaBytes)
  }

  @Test func trainingMemoryIsThatOfTheProgram() throws {
    let network = Self.networks[0]
    for recompute in [[], ["?"]] {
      let trial = try trial(network, recompute)
      let source = trial.graph.outputs[0].source
      let memory = try TrainingMemory(trial.graph, inputs: trial.graph.inputSpecs(), losses: [source], patterns: ["*"])
      let program = try Session(trial.graph).trainingProgram(trial.graph, inputs: trial.graph.inputSpecs(), minimise: source)
      #expect(memory.arenaBytes == program.arenaBytes)
      #expect(memory.recomputes == !recompute.isEmpty)
      // Each block: 256 * 64 + 256, a gain and a shift of 256, 64 * 256 + 64.
      #expect(memory.gradientBytes == 3 * 4 * (256 * 64 + 256 + 512 + 64 * 256 + 64))
      #expect((memory.savedBytes > 0) == !recompute.isEmpty)
    }
  }

  // MARK: Patterns

  @Test func patternsAreMatchedPartByPart() throws {
    let graph = try Trial(inputs: Self.networks[4].inputs, Self.networks[4].nodes, wanted: ["loss"]).graph
    func segments(_ patterns: String...) -> [String] {
      let graph = graph.recomputing(patterns)
      var inner: [String?] = []
      if case .loop(let loop)? = graph.nodes[0].control { inner = loop.body.nodes.map(\.segment) }
      return (graph.nodes.map(\.segment) + inner).map { $0 ?? "-" }
    }
    #expect(segments("l") == ["l", "-", "-", "-", "-", "-", "-", "-"])
    #expect(segments("l.*") == ["-", "-", "l.inner", "l.inner", "l.inner", "l.inner", "l.scaled", "l.n"])
    #expect(segments("l.inn?r") == ["-", "-", "l.inner", "l.inner", "l.inner", "l.inner", "-", "-"])
    #expect(segments("*.*.wide", "l.inner") == ["-", "-", "l.inner.wide", "l.inner", "l.inner", "l.inner", "-", "-"])
    #expect(segments("loss") == ["-", "loss", "-", "-", "-", "-", "-", "-"])
    #expect(segments("inner", "l.inner.wide.weight", "", "*l*.*x") == Array(repeating: "-", count: 8))
  }
}

extension String {
  fileprivate func replacing(_ old: String, _ new: String) -> String {
    var parts: [Substring] = []
    var rest = self[...]
    while let range = rest.firstRange(of: old) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return (parts + [rest]).joined(separator: new)
  }
}

extension ParameterStore.Entry {
  /// Its elements.
  fileprivate var floats: [Float] {
    pointer.map { Array(UnsafeBufferPointer(start: $0.assumingMemoryBound(to: Float.self), count: spec.count)) } ?? []
  }
}
