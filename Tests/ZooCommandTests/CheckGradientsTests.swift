import Testing
import ZooFormats
import ZooTestSupport

/// `zoo check MODEL --gradients`.
struct CheckGradientsTests {
  /// A dense layer, the layer of Tests/Fixtures/families/breaks.c, and a loss.
  private static let model = """
    {"zoo": 1, "name": "small", "title": "Small", "inputs": {"x": {"shape": ["N", 3]}},
     "graph": [{"layer": "core.dense", "name": "first", "units": 4}, {"layer": "core.tanh"}, {"layer": "breaks.affine", "name": "scaled"},
               {"layer": "core.dense", "name": "last", "units": 2}],
     "train": {"inputs": {"t": {"shape": ["N", 2]}}, "data": {"file": "d.npz", "inputs": {"x": "x", "t": "t"}},
       "graph": [{"layer": "core.mse", "name": "loss", "in": ["last", "t"]}], "steps": [{"minimize": "loss"}],
       "optimizer": {"layer": "core.sgd", "rate": 0.1}}}
    """

  private func check(_ flags: String..., arguments: String...) throws -> (status: Int32, output: String) {
    let zoo = try ZooFixture()
    try zoo.compile("breaks", ["-shared"] + flags)
    try zoo.manifest("small", Self.model)
    let result = try zoo.run(["check", "small", "--gradients"] + arguments)
    #expect(result.errors == "")
    return (result.status, result.output)
  }

  @Test func everyGradientOfARightModelAgrees() throws {
    let (status, output) = try check()
    #expect(status == 0)
    let lines = output.split(separator: "\n").map(String.init)
    #expect(lines.first == "Small: gradients of 'loss', N = 2")
    #expect(lines.dropFirst().first == "PARAMETER      SIZE  DIFFERENCES  FORWARD  GRADIENT")
    let rows = lines.dropFirst(2).dropLast().map { $0.split(separator: " ") }
    #expect(
      rows.map { "\($0[0]) \($0[1]) \($0[4])" } == [
        "first.weight 12 ok", "first.bias 4 ok", "scaled.weight 4 ok", "last.weight 8 ok", "last.bias 2 ok",
      ])
    for row in rows {
      #expect(try #require(Double(row[2])) < 0.01)
      #expect(try #require(Double(row[3])) < 1e-4)
    }
    #expect(lines.last == "5 agree, 0 too small to tell, 0 disagree")
  }

  // Its backward says 1.1 times what it should by x, so what comes before it is wrong, and the layer is to blame.
  @Test func aLayerWithAWrongGradientIsNamed() throws {
    let (status, output) = try check("-DWRONG_GRADIENT", arguments: "--json")
    #expect(status == 1)
    let json = try JSONDocument(Array(output.utf8), file: "output").root
    let step = try #require(json["steps"]?.array?.first)
    let verdicts = (step["parameters"]?.array ?? []).map { "\($0["parameter"]?.string ?? ""): \($0["verdict"]?.string ?? "")" }
    #expect(
      verdicts == [
        "first.weight: disagrees", "first.bias: disagrees", "scaled.weight: agrees", "last.weight: agrees", "last.bias: agrees",
      ])
    let culprits = try #require(step["culprits"]?.array)
    #expect(
      culprits.map { "\($0["layer"]?.string ?? "") \($0["kind"]?.string ?? "") \($0["by"]?.string ?? "")" } == ["scaled breaks.affine x"])
    try #require(culprits.count == 1)
    let (reverse, differences) = (try #require(culprits[0]["reverse"]?.number), try #require(culprits[0]["differences"]?.number))
    #expect(abs(reverse / differences - 1.1) < 1e-3)
    #expect(json["disagree"] == 2)
    #expect(json["agree"] == 3)
  }

  @Test func peopleReadWhoIsToBlame() throws {
    let (status, output) = try check("-DWRONG_GRADIENT")
    #expect(status == 1)
    #expect(output.contains("\nlayer 'scaled' (breaks.affine): by x, backward says "))
    #expect(output.contains(", and finite differences "))
    #expect(output.hasSuffix("\n\n3 agree, 0 too small to tell, 2 disagree\n"))
  }

  // Without `train`, the outputs are weighted at random; without parameters, inputs are looked at.
  @Test func whatIsNotTrainedIsCheckedByItsOutputs() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "kinks",
      """
      {"zoo": 1, "title": "Kinks", "inputs": {"x": {"shape": ["N", 8, 8, 2]}},
       "graph": [{"layer": "core.relu"}, {"layer": "cnn.max_pool2d", "size": 2}, {"layer": "core.dropout", "probability": 0.5}, {"layer": "core.abs"}]}
      """)
    let result = try zoo.run("check", "kinks", "--gradients", "--batch", "3")
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "Kinks: gradients of 'outputs', N = 3")
    #expect(lines.last == "1 agree, 0 too small to tell, 0 disagree")
    #expect(result.status == 0)
  }

  // The loss moves by less than f32 tells: each layer by itself, and forward mode, still show that the gradient is right, or that it is not.
  @Test(arguments: [[], ["-DWRONG_GRADIENT"]]) func whatTheLossHardlyShowsIsSeenLayerByLayer(_ flags: [String]) throws {
    let zoo = try ZooFixture()
    try zoo.compile("breaks", ["-shared"] + flags)
    try zoo.manifest(
      "faint",
      """
      {"zoo": 1, "title": "Faint", "inputs": {"x": {"shape": ["N", 3]}},
       "graph": [{"layer": "core.dense", "name": "first", "units": 4}, {"layer": "breaks.affine", "name": "scaled"},
                 {"layer": "core.scale", "name": "small", "factor": 1e-9}, {"layer": "core.add", "name": "y", "in": ["small", "big"]},
                 {"layer": "core.dense", "name": "big", "units": 4, "in": "x"}],
         "outputs": {"y": "y"}}
      """)
    let result = try zoo.run("check", "faint", "--gradients")
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    func gradient(_ parameter: String) -> String { lines.first { $0.first == parameter }?.dropFirst(4).joined(separator: " ") ?? "" }
    #expect(gradient("big.weight") == "ok")
    for parameter in ["first.weight", "first.bias", "scaled.weight"] {
      #expect(gradient(parameter) == (flags.isEmpty ? "ok by layers" : "too small to tell"), "\(parameter)")
    }
    #expect(result.output.contains("layer 'scaled' (breaks.affine): by x") == !flags.isEmpty)
    #expect(result.status == (flags.isEmpty ? 0 : 1))
  }

  @Test func whatHasNoGradientIsExplained() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("index", #"{"zoo": 1, "inputs": {"x": {"shape": [4]}}, "graph": [{"layer": "core.argmax", "name": "y"}]}"#)
    let result = try zoo.run("check", "index", "--gradients")
    #expect(result.status == 1)
    #expect(result.output == "")
    #expect(
      result.errors == "zoo: 'y' does not depend on any parameter that matches '*'\n  help: 'zoo info' of the model lists every parameter\n"
    )
  }

  @Test func aNumberThatIsNotFiniteIsExplained() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "infinite",
      #"{"zoo": 1, "inputs": {"x": {"shape": [4]}}, "graph": [{"layer": "core.scale", "factor": 1e38}, {"layer": "core.scale", "name": "y", "factor": 1e38}]}"#
    )
    let result = try zoo.run("check", "infinite", "--gradients")
    #expect(result.status == 1)
    #expect(
      result.errors == """
        zoo: 'outputs' is not finite for random inputs, so it has no gradient there
          help: try another --seed, or --axis with other lengths

        """)
  }
}
