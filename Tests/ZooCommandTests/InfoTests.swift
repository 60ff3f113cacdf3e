import Testing
import ZooFormats
import ZooTestSupport

/// What `zoo info` shows of kinds, codecs and models.
@Suite struct InfoTests {
  @Test func aKindShowsItsFormulaAttributesAndPorts() throws {
    let zoo = try ZooFixture(families: false)
    try zoo.compile("good")
    let result = try zoo.run("info", "good.scale")
    #expect(
      result.output == """
        good.scale
        Multiplies by a number.

            y = factor * x

        ATTRIBUTE  TYPE    DEFAULT  WHAT
        factor     number  2        What x is multiplied by (-8 to 8).

        INPUT  SHAPE  WHAT
        x      [...]  Any tensor.

        OUTPUT  SHAPE  WHAT
        y       [...]

        It has no backward: nothing before it can be trained through it.

        """)
    #expect(result.status == 0)
    let json = try JSONDocument(Array(try zoo.run("info", "good.scale", "--json").output.utf8), file: "output").root
    #expect(json["type"] == "kind")
    #expect(
      json["attributes"] == [
        [
          "name": "factor", "type": "number", "default": 2, "required": false, "choices": [], "minimum": -8, "maximum": 8,
          "about": "What x is multiplied by.",
        ]
      ])
  }

  @Test func aCodecShowsItsFilesAndAttributes() throws {
    let result = try zoo("info image")
    #expect(result.output.hasPrefix("image (a codec that reads and writes .png .jpg .jpeg)\n"))
    #expect(result.output.contains("\nresize        text     stretch "))
    #expect(result.status == 0)
  }

  // hidden: 3 * 2 + 3 = 9 numbers, logit: 3 + 1 = 4.
  @Test func aModelShowsItsLayersTotalsAndTraining() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "small",
      """
      {"zoo": 1, "title": "A small one", "about": "Says nothing.", "reference": "Nobody 2000", "settings": {"width": 3},
       "inputs": {"x": {"shape": ["N", 2], "about": "Two numbers."}},
       "graph": [{"layer": "core.dense", "name": "hidden", "units": "${width}"}, {"layer": "core.relu", "name": "bend"},
                 {"layer": "core.dense", "name": "logit", "units": 1}],
       "outputs": {"y": {"from": "logit", "about": "One number."}}}
      """)
    let result = try zoo.run("info", "small")
    #expect(result.errors == "")
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.prefix(9).joined(separator: "\n") == """
        A small one (small)
        Says nothing.
        Nobody 2000
        zoo/manifests/small.json

        LAYER   KIND        OUTPUT  PARAMETERS
        hidden  core.dense  [N, 3]           9
        bend    core.relu   [N, 3]
        logit   core.dense  [N, 1]           4
        """)
    #expect(result.output.contains("\n13 parameters, 52 bytes of weights. A run with N = 1 takes "))
    #expect(
      result.output.hasSuffix(
        """

        INPUT  TYPE  SHAPE   CODEC  WHAT
        x      f32   [N, 2]         Two numbers.

        OUTPUT  TYPE  SHAPE   CODEC  WHAT
        y       f32   [N, 1]         One number.

        SETTING  VALUE
        width    3

        """))
    let text = try zoo.run("info", "small", "--json", "--set", "width=5", "--batch", "7").output
    let wide = try JSONDocument(Array(text.utf8), file: "output").root
    #expect(wide["axes"] == ["N": 7])
    #expect(wide["settings"] == ["width": 5])
    #expect(wide["layers"]?.array?.first?["outputs"] == [["dtype": "f32", "shape": [7, 5]]])
    #expect(wide["totals"]?["parameters"] == 21)
    #expect(wide["training"] == nil || wide["training"]?.isNull == true)
  }

  // step: 2 * 2 + 2 = 6 numbers, last: 2 + 1 = 3.
  private func zooWithALoop() throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "walk",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}},
       "graph": [
         {"loop": [{"layer": "core.dense", "name": "step", "units": 2}, {"layer": "core.tanh", "name": "bend"}], "name": "walk",
          "carry": {"h": "x"}, "times": 3},
         {"layer": "core.dense", "name": "last", "units": 1}],
       "outputs": {"y": "last"},
       "graphs": {
         "once": {"about": "One bend.", "inputs": {"h": {"shape": ["N", 2]}}, "graph": [{"layer": "core.tanh", "name": "bend"}]}}}
      """)
    return zoo
  }

  @Test func theLayersInsideALoopStandUnderIt() throws {
    let zoo = try zooWithALoop()
    let result = try zoo.run("info", "walk")
    #expect(result.errors == "")
    #expect(
      result.output.contains(
        """

        LAYER   KIND        OUTPUT          PARAMETERS
        walk    loop        [N, 2], i64 []
          step  core.dense  [N, 2]                   6
          bend  core.tanh   [N, 2]
        last    core.dense  [N, 1]                   3

        9 parameters, 36 bytes of weights.
        """))
    let json = try JSONDocument(Array(try zoo.run("info", "walk", "--json").output.utf8), file: "output").root
    let layers = try #require(json["layers"]?.array)
    #expect(layers.compactMap { $0["path"]?.string } == ["walk", "last"])
    #expect(layers.first?["parameters"] == 6)
    let inside = try #require(layers.first?["layers"]?.array)
    #expect(inside.compactMap { $0["path"]?.string } == ["walk.step", "walk.bend"])
    #expect(inside.compactMap { $0["parameters"]?.integer } == [6, 0])
    #expect(inside.compactMap { $0["shared"]?.boolean } == [false, false])
    #expect(layers.last?.object?.names.contains("layers") == false)
  }

  @Test func everyGraphCanBeShownAndTheOthersAreListed() throws {
    let zoo = try zooWithALoop()
    let first = try zoo.run("info", "walk").output
    #expect(first.contains("\n\nOTHER GRAPH  TAKES  GIVES   WHAT\nonce         h      output  One bend.\n"))
    #expect(!first.contains("Graph '"))
    let once = try zoo.run("info", "walk", "--graph", "once")
    #expect(once.errors == "")
    #expect(once.output.contains("\nGraph 'once': One bend.\n\nLAYER  KIND       OUTPUT  PARAMETERS\nbend   core.tanh  [N, 2]\n\n"))
    #expect(once.output.contains("\n\nOTHER GRAPH  TAKES  GIVES  WHAT\nmain         x      y\n"))
    let text = try zoo.run("info", "walk", "--graph", "once", "--batch", "5", "--json").output
    let json = try JSONDocument(Array(text.utf8), file: "output").root
    #expect(json["graph"] == "once")
    #expect(
      json["graphs"] == [
        ["name": "main", "about": "", "inputs": ["x"], "outputs": ["y"]],
        ["name": "once", "about": "One bend.", "inputs": ["h"], "outputs": ["output"]],
      ])
    #expect(json["outputs"]?.array?.first?["shape"] == [5, 2])
  }

  @Test func trainingIsToldInASentence() throws {
    let result = try zoo("info two-three-one")
    #expect(result.output.contains("Training: 10 epochs in batches of 4; minimizes 'loss' by core.sgd at 0.1."))
    #expect(result.status == 0)
  }

  // hidden: 3 numbers from 2; logit: 1 from 3. Each has 64 bytes of the arena, and both are in use while logit is computed.
  private func zooWithASmallOne() throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "small",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}},
       "graph": [{"layer": "core.dense", "name": "hidden", "units": 3}, {"layer": "core.relu", "name": "bend"},
                 {"layer": "core.dense", "name": "logit", "units": 1}],
       "outputs": {"y": "logit"}}
      """)
    return zoo
  }

  @Test func theProgramShowsEveryCallAndWhereItsValuesLie() throws {
    let zoo = try zooWithASmallOne()
    let result = try zoo.run("info", "small", "--program")
    #expect(result.errors == "")
    #expect(
      result.output.hasPrefix(
        """
        small, N = 1: 2 calls

        #  CALL        TENSORS        AT      SIZE
        0  hidden      in  x: [1, 2]
           core.dense  out [1, 3]      0  12 bytes
           + bend
           12 FLOP
        1  logit       in  0: [1, 3]
           core.dense  out [1, 1]     64   4 bytes
           6 FLOP

        The arena takes 128 bytes, the most that is in use at once. Packed weights take
        """))
    let words = result.output.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(words.hasSuffix(" A run computes 18 FLOP, reads 52 bytes of weights and writes 16 bytes of activations."))
    #expect(result.status == 0)
  }

  @Test func theProgramWithoutFoldingShowsWhatLiesInPlace() throws {
    let zoo = try zooWithASmallOne()
    let result = try zoo.run("info", "small", "--program", "--no-fuse", "--batch", "40")
    #expect(
      result.output.hasPrefix(
        """
        small, N = 40: 3 calls, none folded into another

        #  CALL        TENSORS               AT       SIZE
        0  hidden      in  x: [40, 2]
           core.dense  out [40, 3]            0  480 bytes
           480 FLOP
        1  bend        in  0: [40, 3]
           core.relu   out over 0: [40, 3]    0  480 bytes
           120 FLOP
        2  logit       in  1: [40, 3]
           core.dense  out [40, 1]          512  160 bytes
           240 FLOP

        The arena takes 704 bytes, the most that is in use at once. Packed weights take
        """))
    let info = try zoo.run("info", "small", "--batch", "40").output.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(info.contains(" A run with N = 40 takes 840 FLOP and 704 bytes of activations at its peak, and "))
  }

  @Test func scriptsReadTheProgramAsJSON() throws {
    let zoo = try zooWithASmallOne()
    func json(_ arguments: String...) throws -> JSON {
      let result = try zoo.run("info", arguments: arguments + ["--json"])
      #expect(result.errors == "")
      return try JSONDocument(Array(result.output.utf8), file: "output").root
    }
    let program = try json("small", "--program", "--batch", "40", "--no-fuse")
    #expect(program["type"] == "program")
    #expect(program["fused"] == false)
    #expect(program["axes"] == ["N": 40])
    #expect(program["outputs"] == [["name": "y", "from": "logit"]])
    let bend = try #require(program["calls"]?.array?[1])
    #expect(
      bend["outputs"] == [["name": "bend", "dtype": "f32", "shape": [40, 3], "offset": 0, "bytes": 480, "replaces": "hidden"]])
    #expect(bend["inputs"] == [["name": "hidden", "dtype": "f32", "shape": [40, 3], "offset": 0, "bytes": 480]])
    #expect(program["totals"]?["arena_bytes"] == 704)
    #expect(program["totals"]?["peak_bytes"] == 704)
    #expect(program["totals"]?["weight_bytes_read"] == 52)
    let fused = try json("small", "--program")
    #expect(fused["calls"]?.array?.first?["fused"] == ["bend"])
    let model = try json("small", "--batch", "40")
    #expect(model["totals"]?["activation_bytes"] == 704)
    #expect(model["totals"]?["packed_bytes"] == fused["totals"]?["packed_bytes"])
  }

  @Test func everyModelsProgramFitsEightyColumns() throws {
    for model in ModelTests.models {
      let result = try zoo("info \(model) --program")
      #expect(result.status == 0)
      for line in result.output.split(separator: "\n") { #expect(line.count <= 80, "\(model): \(line)") }
    }
  }
}
