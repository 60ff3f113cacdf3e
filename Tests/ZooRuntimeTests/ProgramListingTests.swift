import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What is said of a program before it runs: calls in order, and memory that is as small as it can be.
@Suite struct ProgramListingTests {
  /// Every manifest of the repository, by its path.
  static let manifests: [String] = {
    let folders = Repository.files(in: Repository.root + "/manifests").map { "/manifests/" + $0 } + ["/Benchmarks/models"]
    return folders.flatMap { folder in
      Repository.files(in: Repository.root + folder).filter { $0.hasSuffix(".json") }.map { "\(folder)/\($0)" }
    }
  }()

  static func model(_ path: String) throws -> Model {
    let file = try MappedFile(Repository.root + path)
    let folder = Repository.root + path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    return try Manifest(contentsOf: file.contents, file: path, folder: folder).expand(settings: [:], catalog: Repository.catalog)
  }

  static func graph(_ layers: String, image: [Int]) throws -> Graph {
    let text = "{\"zoo\": 1, \"name\": \"x\", \"inputs\": {\"image\": {\"shape\": \(image)}}, \"graph\": [\(layers)]}"
    return try Manifest(contentsOf: Array(text.utf8), file: "x.json", folder: "/").expand(settings: [:], catalog: Repository.catalog).graph
  }

  /// A piece of memory as the listing has it, and the calls during which it is needed.
  private struct Piece {
    let offset: Int
    let bytes: Int
    let first: Int
    var last: Int
  }

  /// Finds out from the calls alone what is alive when: from the call that writes it to the last that reads it.
  private func pieces(_ listing: ProgramListing) -> [Piece] {
    var pieces: [Piece] = []
    var owners: [String: Int] = [:]  // from a value to its piece
    var wholes: [String: ProgramListing.Memory] = [:]
    for output in listing.calls.flatMap(\.outputs) { wholes[output.name] = output.memory }
    func begin(_ name: String, at memory: ProgramListing.Memory, _ step: Int) {
      owners[name] = pieces.count
      pieces.append(Piece(offset: memory.offset, bytes: max(memory.bytes, 1), first: step, last: step))
    }
    for (i, call) in listing.calls.enumerated() {
      for case let input? in call.inputs + [call.addend] { if let owner = owners[input.name] { pieces[owner].last = i } }
      for output in call.outputs {
        guard let memory = output.memory else { continue }
        if let replaced = output.replaces {
          owners[output.name] = owners[replaced]
        } else if let whole = output.partOf {
          // The whole is there from its first part on.
          if owners[whole] == nil, let memory = wholes[whole] { begin(whole, at: memory, i) }
          owners[output.name] = owners[whole]
        } else if owners[output.name] == nil {
          begin(output.name, at: memory, i)
        }
        if let owner = owners[output.name] { pieces[owner].last = i }
      }
      if let scratch = call.scratch { pieces.append(Piece(offset: scratch.offset, bytes: scratch.bytes, first: i, last: i)) }
    }
    for output in listing.outputs { if let owner = owners[output.name] { pieces[owner].last = listing.calls.count } }
    return pieces
  }

  /// Holds a listing to its word: what is alive at once never overlaps, and the arena has room for that and not a byte more.
  private func expectExact(_ listing: ProgramListing, _ what: String) {
    let pieces = pieces(listing)
    func rounded(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
    let most =
      (0...listing.calls.count).map { step in
        pieces.filter { $0.first <= step && step <= $0.last }.reduce(0) { $0 + rounded($1.bytes) }
      }.max() ?? 0
    #expect(listing.peakBytes == most, "\(what)")
    #expect(listing.arenaBytes == most, "\(what)")
    for (i, a) in pieces.enumerated() {
      #expect(a.offset >= 0 && a.offset % 64 == 0 && a.offset + a.bytes <= listing.arenaBytes, "\(what)")
      for b in pieces[..<i] where a.first <= b.last && b.first <= a.last {
        #expect(a.offset >= b.offset + b.bytes || b.offset >= a.offset + a.bytes, "\(what): two values share memory")
      }
    }
  }

  /// The length of an axis: images must have room for what makes them smaller.
  private static func length(_ axis: String, _ count: Int) -> Int { axis == "H" || axis == "W" ? 16 * count : count }

  @Test("the arena of every model takes what is in use at once, and no more", arguments: manifests)
  func arenaIsExact(path: String) throws {
    let model = try Self.model(path)
    for entry in model.graphs {
      for length in [1, 3] {
        var lengths: [String: Int] = [:]
        for input in entry.graph.inputs { for case .named(let name) in input.shape { lengths[name] = Self.length(name, length) } }
        for fuse in [true, false] {
          let summary = try ModelSummary(entry.graph, inputs: entry.graph.inputSpecs(lengths: lengths), fuse: fuse)
          expectExact(summary.program, "\(path), \(entry.name), \(length), \(fuse)")
        }
      }
    }
  }

  static let convolution = "\"layer\": \"cnn.conv2d\", \"kernel\": 3, \"padding\": \"same\""

  /// Branches that join late, wide ones that join early, and a value that lives from the beginning to the end.
  @Test(arguments: [1, 5]) func arenaIsExactWhereBranchesJoin(batch: Int) throws {
    let conv = Self.convolution
    let unet = """
      {\(conv), "name": "a", "channels": 8}, {"layer": "core.relu", "name": "left0"}, {"layer": "cnn.max_pool2d", "size": 2},
      {\(conv), "name": "b", "channels": 16}, {"layer": "core.relu", "name": "left1"}, {"layer": "cnn.max_pool2d", "size": 2},
      {\(conv), "name": "c", "channels": 32}, {"layer": "core.relu", "name": "bottom"},
      {"layer": "cnn.conv_transpose2d", "name": "up1", "channels": 16, "kernel": 2, "stride": 2},
      {"layer": "core.concat", "name": "both1", "in": ["left1", "up1"], "axis": -1}, {\(conv), "name": "d", "channels": 16},
      {"layer": "cnn.conv_transpose2d", "name": "up0", "channels": 8, "kernel": 2, "stride": 2},
      {"layer": "core.concat", "name": "both0", "in": ["left0", "up0"], "axis": -1}, {\(conv), "name": "e", "channels": 2}
      """
    let resnet = (0..<6).map { i in
      """
      {\(conv), "name": "a\(i)", "in": "\(i == 0 ? "image" : "out\(i - 1)")", "channels": \(4 << (i / 2)), "stride": \(i % 2 == 0 ? 2 : 1)},
      {"layer": "core.relu", "name": "r\(i)"}, {\(conv), "name": "b\(i)", "channels": \(4 << (i / 2))},
      {"layer": "cnn.conv2d", "name": "s\(i)", "in": "\(i == 0 ? "image" : "out\(i - 1)")", "channels": \(4 << (i / 2)), "kernel": 1,
       "stride": \(i % 2 == 0 ? 2 : 1)},
      {"layer": "core.add", "name": "sum\(i)", "in": ["b\(i)", "s\(i)"]}, {"layer": "core.relu", "name": "out\(i)"}
      """
    }.joined(separator: ",")
    let inception = (0..<4).map { i in
      """
      {"layer": "cnn.conv2d", "name": "one\(i)", "in": "\(i == 0 ? "image" : "all\(i - 1)")", "channels": 6, "kernel": 1},
      {"layer": "cnn.conv2d", "name": "few\(i)", "in": "\(i == 0 ? "image" : "all\(i - 1)")", "channels": 3, "kernel": 1},
      {"layer": "core.relu", "name": "few_relu\(i)"}, {\(conv), "name": "three\(i)", "channels": 11},
      {"layer": "cnn.max_pool2d", "name": "pool\(i)", "in": "\(i == 0 ? "image" : "all\(i - 1)")", "size": 3, "stride": 1, "padding": 1},
      {"layer": "cnn.conv2d", "name": "pooled\(i)", "channels": 5, "kernel": 1},
      {"layer": "core.concat", "name": "all\(i)", "in": ["one\(i)", "three\(i)", "pooled\(i)"], "axis": -1}
      """
    }.joined(separator: ",")
    for (name, layers) in [("unet", unet), ("resnet", resnet), ("inception", inception)] {
      let graph = try Self.graph(layers, image: [batch, 32, 32, 3])
      for fuse in [true, false] {
        expectExact(try ModelSummary(graph, inputs: graph.inputSpecs(), fuse: fuse).program, "\(name), \(fuse)")
      }
    }
  }

  @Test func whatIsSaidBeforehandIsWhatAProgramHas() throws {
    for path in ["/manifests/cnn/lenet5.json", "/manifests/rnn/char-lstm.json", "/manifests/vae/vae-mnist.json"] {
      let graph = try Self.model(path).graph
      for fuse in [true, false] {
        let said = try ModelSummary(graph, inputs: graph.inputSpecs(), fuse: fuse).program
        let program = try Session(graph, fuse: fuse).program(graph.inputSpecs())
        #expect(said.arenaBytes == program.arenaBytes)
        #expect(said.packedBytes == program.packedBytes)
        #expect(said.calls.map(\.path) == program.listing.calls.map(\.path))
        #expect(said.flops == program.flops)
      }
    }
  }

  /// Training keeps most values to the end, so that there is little choice; a small model has few buffers to choose from.
  @Test(arguments: manifests) func trainingTakesLittleMoreThanItMust(path: String) throws {
    let model = try Self.model(path)
    guard let training = model.training, model.graphs.allSatisfy({ $0.graph.nodes.count < 200 }) else { return }
    for step in training.steps {
      let graph = training.graphs[step.graph].graph
      var lengths: [String: Int] = [:]
      for input in graph.inputs { for case .named(let name) in input.shape { lengths[name] = Self.length(name, 2) } }
      let program = try Session(model.graphs, inPlace: false).trainingProgram(
        graph, inputs: graph.inputSpecs(lengths: lengths), minimise: step.minimized, patterns: step.updated)
      let listing = program.listing
      #expect(Double(listing.arenaBytes) <= 1.03 * Double(listing.peakBytes))
    }
  }

  // c1: 28 * 28 * 6 * 4 bytes; c3: 10 * 10 * 16 * 4 bytes. Weights: (25 + 1) * 6 numbers, (150 + 1) * 16 numbers.
  @Test func lenetsCallsHaveTheirNumbers() throws {
    let graph = try Self.model("/manifests/cnn/lenet5.json").graph
    let listing = try ModelSummary(graph, inputs: graph.inputSpecs()).program
    #expect(listing.calls.map(\.path) == ["c1", "average_pool2d", "c3", "average_pool2d_2", "flatten", "c5", "f6", "output"])
    #expect(listing.calls.map(\.fused) == [["tanh"], [], ["tanh_2"], [], [], ["tanh_3"], ["tanh_4"], []])
    #expect(listing.calls[0].inputs.map { $0?.name } == ["image"] && listing.calls[0].inputs[0]?.memory == nil)
    #expect(listing.calls[1].inputs.map { $0?.name } == ["c1"])
    #expect(listing.calls[1].inputs[0]?.memory == listing.calls[0].outputs[0].memory)
    #expect(listing.calls[0].outputs[0].memory?.bytes == 18_816)
    #expect(listing.calls[2].outputs[0].spec == Spec([1, 10, 10, 16]))
    #expect(listing.calls[4].outputs[0].replaces == "average_pool2d_2")
    #expect(listing.calls[4].outputs[0].memory == listing.calls[3].outputs[0].memory)
    #expect(listing.calls[4].writtenBytes == 0)
    #expect(listing.calls.map(\.parameterBytes) == [624, 0, 9664, 0, 0, 192_480, 40_656, 3400])
    #expect(listing.parameterBytes == 4 * 61_706)
    #expect(listing.outputs.map(\.name) == ["output"])
  }

  /// A sum that is folded into a convolution is what it adds, and may lie where that lay.
  @Test func aFoldedSumIsAnAddend() throws {
    let conv = Self.convolution
    let graph = try Self.graph(
      """
      {\(conv), "name": "a", "channels": 4}, {\(conv), "name": "b", "channels": 4}, {"layer": "core.add", "name": "sum", "in": ["a", "b"]},
      {"layer": "core.relu", "name": "bend"}
      """, image: [1, 8, 8, 4])
    let calls = try ModelSummary(graph, inputs: graph.inputSpecs()).program.calls
    #expect(calls.map(\.path) == ["a", "b"])
    #expect(calls[1].fused == ["sum", "bend"])
    #expect(calls[0].addend == nil && calls[1].addend?.name == "a" && calls[1].addend?.memory == calls[0].outputs[0].memory)
  }

  /// The calls inside a loop are those of one iteration, and lie in its scratch.
  @Test func theCallsInsideALoopAreListed() throws {
    let text = """
      {"zoo": 1, "name": "walk", "inputs": {"x": {"shape": ["N", 2]}},
       "graph": [
         {"layer": "core.dense", "name": "first", "units": 2},
         {"loop": [{"layer": "core.dense", "name": "step", "units": 7}, {"layer": "core.dense", "name": "back", "units": 2}],
          "name": "walk", "carry": {"h": "first"}, "times": 3}]}
      """
    let graph = try Manifest(contentsOf: Array(text.utf8), file: "x.json", folder: "/").expand(settings: [:], catalog: Repository.catalog)
      .graph
    let listing = try ModelSummary(graph, inputs: [Spec([1, 2])]).program
    #expect(listing.calls.map(\.path) == ["first", "walk"])
    let loop = listing.calls[1]
    #expect(loop.times == 3)
    #expect(loop.calls.map(\.path) == ["walk.step", "walk.back"])
    #expect(loop.parameterBytes == 4 * (2 * 7 + 7 + 7 * 2 + 2))
    #expect(loop.writtenBytes == 3 * 4 * (7 + 2))
    #expect(loop.flops == 3 * 2 * Double(2 * 7 + 7 * 2))
    let (scratch, inside) = (try #require(loop.scratch), try #require(loop.calls[0].outputs[0].memory))
    #expect(inside.offset >= scratch.offset && inside.offset + inside.bytes <= scratch.offset + scratch.bytes)
  }

  /// What one kind does, counted by hand.
  struct Work: Sendable, CustomTestStringConvertible {
    let layer: String
    let shape: [Int]
    let flops: Double
    let parameters: Int
    var testDescription: String { layer }
  }

  /// A multiply-add counts as two; what is added once to each element (a bias) counts for nothing.
  static let work = [
    // Of 6 channels, each sees 2 of 4: 2 * (2 * 5 * 7 pixels) * 6 * 2 * 9.
    Work(
      layer: #""cnn.conv2d", "channels": 6, "kernel": 3, "groups": 2, "padding": "same""#, shape: [2, 5, 7, 4], flops: 15_120,
      parameters: 114),
    // Every pixel of x reaches 4 of y: 2 * (4 * 5) * 6 * 3 * 4.
    Work(layer: #""cnn.conv_transpose2d", "channels": 3, "kernel": 2, "stride": 2"#, shape: [1, 4, 5, 6], flops: 2880, parameters: 75),
    Work(layer: #""core.dense", "units": 5"#, shape: [3, 4, 7], flops: 840, parameters: 40),  // 2 * 12 * 7 * 5
    // 2 * 3 * 4 * 4 * 5.
    Work(layer: #""core.matmul", "in": ["image", "image"], "transpose_b": true"#, shape: [3, 4, 5], flops: 480, parameters: 0),
    Work(layer: #""rnn.lstm", "units": 5"#, shape: [2, 3, 4], flops: 2160, parameters: 220),  // 2 * (2 * 3) * (4 * 5) * (4 + 5)
    // Projections to 24 and from 8, then scores and their sums: 2 * 6 * 8 * 24 + 2 * 6 * 8 * 8 + 2 * 2 * 6 * 6 * 8.
    Work(layer: #""transformer.attention", "heads": 2, "causal": false"#, shape: [1, 6, 8], flops: 4224, parameters: 288),
    Work(layer: #""cnn.max_pool2d", "size": 2"#, shape: [1, 4, 6, 3], flops: 72, parameters: 0),  // 18 windows of 4
    Work(layer: #""cnn.global_average_pool2d""#, shape: [2, 4, 6, 3], flops: 144, parameters: 0),
    Work(layer: #""core.batch_norm""#, shape: [2, 4, 6, 3], flops: 432, parameters: 12),  // minus the mean, times the gain, plus the offset
    Work(layer: #""core.relu""#, shape: [2, 7], flops: 14, parameters: 0),
  ]

  @Test(arguments: work) func aCallSaysWhatItTakes(_ work: Work) throws {
    let graph = try Self.graph("{\"layer\": \(work.layer)}", image: work.shape)
    let call = try #require(try ModelSummary(graph, inputs: graph.inputSpecs()).program.calls.first)
    #expect(call.flops == work.flops)
    #expect(call.parameterBytes == 4 * work.parameters)
    #expect(call.writtenBytes == call.outputs.reduce(0) { $0 + $1.spec.byteCount })
  }

  /// Of a table of 50 rows, 3 are read.
  @Test func anEmbeddingReadsTheRowsThatItNeeds() throws {
    let text = """
      {"zoo": 1, "name": "x", "inputs": {"word": {"shape": [3], "dtype": "i64"}},
       "graph": [{"layer": "core.embedding", "count": 50, "width": 7}]}
      """
    let graph = try Manifest(contentsOf: Array(text.utf8), file: "x.json", folder: "/").expand(settings: [:], catalog: Repository.catalog)
      .graph
    #expect(try ModelSummary(graph, inputs: graph.inputSpecs()).program.parameterBytes == 3 * 7 * 4)
  }
}
