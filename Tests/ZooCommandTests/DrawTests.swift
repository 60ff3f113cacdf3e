import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport

/// What `zoo draw` draws of the models of the repository, and of graphs of every form.
@Suite struct DrawTests {
  static let graphs = [
    "chain-rule", "two-three-one", "lenet5", "char-lstm", "char-lstm --graph read", "char-lstm --graph learn", "char-gpt",
    "char-gpt --graph read", "char-gpt --graph learn", "karate-gcn", "vae-mnist", "vae-mnist --graph decode", "moons-flow",
    "moons-flow --graph draw", "gan-mnist", "gan-mnist --graph tell_apart", "gan-mnist --graph deceive", "ddpm-mnist",
    "ddpm-mnist --graph noise", "ddpm-mnist --graph learn",
  ]

  @Test(arguments: graphs) func nothingOverlapsAndEveryWireGoesDownBetweenTheBoxes(_ graph: String) throws {
    let result = try zoo("draw \(graph)")
    #expect(result.errors == "")
    #expect(result.status == 0)
    #expect(try DrawnSVG(result.output).faults == [])
    #expect(try zoo("draw \(graph)").output == result.output, "the same model, the same picture")
  }

  /// What each layer takes, by its path: names of values.
  private func wiring(_ graph: Graph, inputs: [String]) -> [String: [String]] {
    func name(_ source: Source) -> String {
      switch source {
      case .input(let i): return inputs[i]
      case .node(let n, let output):
        let (path, outputs) = (graph.nodes[n].path, graph.nodes[n].kind.outputs)
        return outputs.count > 1 ? "\(path).\(outputs[output].name)" : path
      }
    }
    var wiring: [String: [String]] = [:]
    for node in graph.nodes {
      let taken = node.inputs.compactMap { $0.map(name) }
      switch node.control {
      case nil: wiring[node.path] = Set(taken).sorted()
      case .loop(let loop):
        let own = loop.carried + loop.sequences.count
        let names = loop.body.inputs[..<own].map(\.name) + taken[own...] + (loop.body.inputs.last.map { [$0.name] } ?? [])
        wiring.merge(self.wiring(loop.body, inputs: names)) { $1 }
      case .conditional(let conditional):
        for branch in [conditional.then, conditional.otherwise] {
          wiring.merge(self.wiring(branch, inputs: Array(taken[1...]))) { $1 }
        }
      }
    }
    return wiring
  }

  /// A model's graphs, read from its manifest.
  private func entries(_ model: String) throws -> [EntryPoint] {
    let zoo = Zoo(ZooFolder(path: Repository.root + "/zoo"))
    return try zoo.model(model).manifest.expand(settings: [:], catalog: Repository.catalog, includesTraining: false).graphs
  }

  @Test(arguments: ["lenet5", "char-lstm", "karate-gcn", "vae-mnist", "gan-mnist", "ddpm-mnist"])
  func everyLayerAndWireOfAModelIsThereOnce(_ model: String) throws {
    let graph = try entries(model)[0].graph
    let drawn = try DrawnSVG(try zoo("draw \(model)").output)
    let expected = wiring(graph, inputs: graph.inputs.map(\.name))
    let inputs = graph.inputs.map(\.name) + (model == "ddpm-mnist" ? ["t"] : [])
    #expect(drawn.boxes.filter { $0.look == "input" }.map(\.path).sorted() == inputs.sorted())
    #expect(drawn.boxes.filter { $0.look == "output" }.map(\.path).sorted() == graph.outputs.map(\.name).sorted())
    let layers = drawn.boxes.filter { $0.look == "plain" || $0.look == "trained" }
    #expect(layers.map(\.path).sorted() == expected.keys.sorted())
    for box in layers {
      let values = try #require(expected[box.path])
      #expect(drawn.taken(by: box) == values, "what \(box.path) takes")
    }
    for output in drawn.boxes where output.look == "output" { #expect(drawn.taken(by: output).count == 1) }
    // Every wire comes from the box that makes it.
    for value in Set(expected.values.joined()) {
      guard let box = drawn.boxes.first(where: { value == $0.path || value.hasPrefix($0.path + ".") }) else { continue }
      #expect(drawn.wires.contains { $0.value == value && $0.starts(box.area.middle, box.area.bottom) }, "where \(value) begins")
    }
  }

  @Test(arguments: ["lenet5", "char-gpt"]) func thePicturesInTheDocumentationAreUpToDate(_ model: String) throws {
    let committed = try MappedFile("\(Repository.root)/docs/images/models/\(model)-graph.svg")
    #expect(try zoo("draw \(model)").output == String(decoding: committed.contents, as: UTF8.self))
  }

  // 6 * (25 + 1) = 156
  @Test func aBoxSaysNameKindShapeAndParameters() throws {
    let drawn = try DrawnSVG(try zoo("draw lenet5").output)
    #expect(drawn.title == "LeNet-5")
    #expect(
      drawn.description == "Reads handwritten digits. 12 layers from image to digit, with 61,706 parameters, drawn from top to bottom.")
    #expect(drawn.words.contains("61,706 parameters"))
    #expect(try drawn.box("c1").texts.map(\.words) == ["c1", "cnn.conv2d", "[N, 28, 28, 6]", "156 parameters"])
    #expect(try drawn.box("c1").look == "trained")
    #expect(try drawn.box("flatten").texts.map(\.words) == ["flatten", "core.flatten", "[N, 400]"])
    #expect(try drawn.box("image").texts.map(\.words) == ["image", "f32 [N, 28, 28, 1]"])
    #expect(try drawn.box("digit").texts.map(\.words) == ["digit", "f32 [N, 10]"])
    #expect(drawn.frames.isEmpty)
  }

  @Test func theOptionsOfInfoMeanTheSame() throws {
    let read = try DrawnSVG(try zoo("draw char-gpt --graph read --batch 3 --axis T=5 --set width=64").output)
    #expect(read.title == "Character GPT: read")
    #expect(try read.box("embedding").texts.map(\.words) == ["embedding", "core.embedding", "[N, 5, 64]", "4,800 parameters"])
    #expect(try read.box("text").texts.map(\.words) == ["text", "i64 [N, T]"])
    #expect(read.words.contains { $0.hasSuffix("parameters, T = 5") })
  }

  // 3 * 198,272 = 594,816
  @Test func blocksWithTheirOwnInputsAndOutputsAreFolded() throws {
    let drawn = try DrawnSVG(try zoo("draw char-gpt").output)
    #expect(drawn.frames.map(\.words) == [["× 3", "594,816 parameters"]])
    let block = try drawn.box("block0")
    #expect(block.texts[0].words == "block0 … block2")
    #expect(drawn.taken(by: block) == ["keys0", "position", "positions.y", "values0"])
    #expect(try drawn.taken(by: drawn.box("last")) == ["block0.y"])
    #expect(!drawn.boxes.contains { $0.path == "block1" || $0.path == "keys2" })
    let inside = drawn.boxes.filter { box in drawn.frames.contains { $0.area.contains(box.area) } }
    #expect(
      inside.map(\.texts[0].words).sorted() == [
        "block0 … block2", "keys0 … keys2", "keys0 … keys2", "values0 … values2", "values0 … values2",
      ])
  }

  // Two couplings that keep one coordinate each, three times; every determinant counts, and only the last points.
  @Test func whatIsTakenOfEachRepetitionIsToldFromWhatIsTakenOfTheLast() throws {
    let drawn = try DrawnSVG(try zoo("draw moons-flow").output)
    #expect(drawn.frames.map { $0.words.prefix(1) } == [["model"], ["× 3"], ["c1 … c5"], ["c2 … c6"]])
    #expect(
      try drawn.taken(by: drawn.box("model.log_density")) == [
        "model.c1.coupling.log_determinant", "model.c2.coupling.log_determinant", "model.c2.coupling.y",
      ])
    #expect(drawn.words.filter { $0 == "each" }.count == 2)
  }
}
