import Testing
import ZooCommand
import ZooTestSupport

/// What `zoo draw` makes of repeats, loops, conditions and names, in manifests made for it.
@Suite struct DrawFormTests {
  private func draw(_ json: String, _ arguments: String...) throws -> DrawnSVG {
    let zoo = try ZooFixture()
    try zoo.manifest("it", json)
    let result = try zoo.run(["draw", "it"] + arguments)
    #expect(result.errors == "")
    #expect(result.status == 0)
    let drawn = try DrawnSVG(result.output)
    #expect(drawn.faults == [])
    return drawn
  }

  // 100 * (8 * 8 + 8) = 7,200
  @Test func aHundredLayersAreDrawnOnce() throws {
    let drawn = try draw(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 8]}},
       "graph": [{"repeat": 100, "name": "blocks", "graph": [
                   {"layer": "core.dense", "name": "dense", "units": 8}, {"layer": "core.tanh", "name": "bend"}]},
                 {"layer": "core.softmax", "name": "last"}],
       "outputs": {"y": "last"}}
      """)
    #expect(drawn.boxes.map(\.texts[0].words).sorted() == ["bend", "dense", "last", "x", "y"])
    #expect(drawn.frames.map(\.words) == [["blocks", "× 100", "7,200 parameters"]])
    #expect(try drawn.taken(by: drawn.box("blocks.0.dense")) == ["x"])
    #expect(try drawn.taken(by: drawn.box("last")) == ["blocks.0.bend"])
    #expect(drawn.height < 600)
  }

  @Test func copiesOfOneLayerAreDrawnOnce() throws {
    let drawn = try draw(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 8]}},
       "graph": [{"repeat": 100, "name": "deep", "graph": [{"layer": "core.dense", "name": "dense", "units": 8}]}]}
      """)
    #expect(drawn.frames.map(\.words) == [["deep", "× 100", "7,200 parameters"]])
    #expect(drawn.boxes.map(\.texts[0].words) == ["x", "dense", "output"])
  }

  // Stages of 4 blocks each, 3 times: (3 * 4) * (8 * 8 + 8) = 864, a stage has 288.
  @Test func repeatsInRepeatsAreFoldedTwice() throws {
    let drawn = try draw(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 8]}},
       "graph": [{"repeat": 3, "name": "stages", "graph": [
                   {"repeat": 4, "name": "blocks", "graph": [
                     {"layer": "core.dense", "name": "dense", "units": 8}, {"layer": "core.relu", "name": "bend"}]},
                   {"layer": "core.layer_norm", "name": "norm"}]}]}
      """)
    // A norm has 2 * 8 more, and there are three.
    #expect(drawn.frames.map(\.words) == [["stages", "× 3", "912 parameters"], ["blocks", "× 4", "288 parameters"]])
    #expect(drawn.boxes.map(\.texts[0].words).sorted() == ["bend", "dense", "norm", "output", "x"])
  }

  @Test func whatIsTakenFromTheMiddleOfARepeatIsNotFoldedAway() throws {
    let drawn = try draw(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 8]}},
       "graph": [{"layer": "core.tanh", "name": "a"}, {"layer": "core.tanh", "name": "b"}, {"layer": "core.tanh", "name": "c"},
                 {"layer": "core.tanh", "name": "d"}, {"layer": "core.tanh", "name": "e"},
                 {"layer": "core.add", "name": "sum", "in": ["e", "b"]}]}
      """)
    #expect(drawn.frames.isEmpty)
    #expect(drawn.boxes.count == 8)
    #expect(try drawn.taken(by: drawn.box("sum")) == ["b", "e"])
  }

  // The sum takes four of five alike, so that no one of them can stand for all.
  @Test func whatIsTakenOfAllButTheLastIsNotFoldedAway() throws {
    let drawn = try draw(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 8]}},
       "graph": [{"layer": "core.tanh", "name": "a"}, {"layer": "core.tanh", "name": "b"}, {"layer": "core.tanh", "name": "c"},
                 {"layer": "core.tanh", "name": "d"}, {"layer": "core.tanh", "name": "e"},
                 {"layer": "core.concat", "name": "all", "in": ["a", "b", "c", "d"], "axis": 1}],
       "outputs": {"y": "e", "z": "all"}}
      """)
    #expect(drawn.frames.isEmpty)
    #expect(try drawn.taken(by: drawn.box("all")) == ["a", "b", "c", "d"])
  }

  // 24 blocks of growing width: none is like another.
  @Test func aDeepResidualNetworkStaysNarrow() throws {
    let drawn = try draw(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 8]}},
       "graph": [{"repeat": 24, "name": "blocks", "inputs": ["x"], "graph": [
                   {"layer": "core.dense", "name": "first", "in": "x", "units": "${9 + index}"}, {"layer": "core.relu", "name": "bend"},
                   {"layer": "core.dense", "name": "second", "units": "${9 + index}"},
                   {"layer": "core.dense", "name": "around", "in": "x", "units": "${9 + index}"},
                   {"layer": "core.add", "name": "sum", "in": ["second", "around"]}]}]}
      """)
    #expect(drawn.frames.count == 24)
    #expect(drawn.boxes.count == 24 * 5 + 2)
    #expect(drawn.width < 700)
    #expect(try drawn.taken(by: drawn.box("blocks.7.sum")) == ["blocks.7.around", "blocks.7.second"])
  }

  @Test func loopsAndConditionsAreFramesAroundTheirBodies() throws {
    let drawn = try draw(
      """
      {"zoo": 1, "inputs": {"x": {"shape": [1, 2]}, "flag": {"shape": []}},
       "graph": [
         {"loop": [{"layer": "core.dense", "name": "step", "units": 2}, {"layer": "core.tanh", "name": "bend"}], "name": "walk",
          "carry": {"h": "x"}, "times": 3},
         {"cond": "flag", "name": "choice", "then": [{"layer": "core.relu", "name": "cut"}], "else": [{"layer": "core.tanh", "name": "bend"}]}],
       "outputs": {"y": "choice"}}
      """)
    #expect(
      drawn.frames.map(\.words) == [["walk", "loop × 3", "6 parameters", "h", "h"], ["choice", "cond", "condition"], ["then"], ["else"]])
    #expect(try drawn.taken(by: drawn.box("walk.step")) == ["h"])
    #expect(try drawn.taken(by: drawn.box("choice.then.cut")) == ["walk.h"])
    #expect(try drawn.taken(by: drawn.box("choice.else.bend")) == ["walk.h"])
    let areas = drawn.frames.suffix(2).map(\.area)
    #expect(areas.first?.y == areas.last?.y)
  }

  @Test func wordsAreEscapedAndWhatXMLCannotSayIsReplaced() throws {
    let drawn = try draw(
      """
      {"zoo": 1, "title": "A < B & \\"C\\"\\u0001 ]]>", "about": "<script>alert(1)</script>", "inputs": {"x": {"shape": ["N"]}},
       "graph": [{"layer": "core.tanh", "name": "t"}]}
      """)
    #expect(drawn.title == "A < B & \"C\"\u{FFFD} ]]>")
    #expect(drawn.description.hasPrefix("<script>alert(1)</script> 1 layer from x to output, "))
  }

  @Test func longNamesAreShortenedInTheBoxOnly() throws {
    let (outer, inner) = (String(repeating: "o", count: 31), String(repeating: "i", count: 31))
    let drawn = try draw(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N"]}},
       "graph": [{"graph": [{"layer": "core.tanh", "name": "\(inner)"}], "name": "\(outer)"}]}
      """)
    let name = String(repeating: "o", count: 24) + "…" + String(repeating: "i", count: 23)
    #expect(try drawn.box("\(outer).\(inner)").texts[0].words == name)
    #expect(drawn.width < 700)
  }

  @Test func aGraphWithoutLayersIsDrawn() throws {
    let drawn = try draw(#"{"zoo": 1, "inputs": {"x": {"shape": ["N"]}}, "graph": [], "outputs": {"y": "x"}}"#)
    #expect(drawn.boxes.map(\.path) == ["x", "y"])
    #expect(try drawn.taken(by: drawn.box("y")) == ["x"])
  }
}

/// The method that finds layers and places, against trying everything.
@Suite struct NetworkSimplexTests {
  @Test func itFindsTheLeastCost() {
    var random = SystemRandom(state: 7)
    for _ in 0..<300 {
      let count = 2 + random.below(4)
      var edges: [(tail: Int, head: Int, length: Int, weight: Int)] = []
      // A chain keeps it connected.
      for head in 1..<count { edges.append((random.below(head), head, random.below(3), random.below(4))) }
      for _ in 0..<random.below(5) {
        let head = 1 + random.below(count - 1)
        edges.append((random.below(head), head, random.below(3), random.below(4)))
      }
      func cost(_ x: [Int]) -> Int? {
        var sum = 0
        for edge in edges {
          guard x[edge.head] - x[edge.tail] >= edge.length else { return nil }
          sum += edge.weight * (x[edge.head] - x[edge.tail])
        }
        return sum
      }
      let found = NetworkSimplex.solve(count, edges.map { .init($0.tail, $0.head, length: $0.length, weight: $0.weight) })
      // No least solution is wider than all lengths together; each is at most 2.
      let limit = 2 * count
      var best = Int.max
      var x = Array(repeating: 0, count: count)
      search: while true {
        if let cost = cost(x) { best = min(best, cost) }
        var i = 0
        while x[i] == limit {
          x[i] = 0
          i += 1
          if i == count { break search }
        }
        x[i] += 1
      }
      #expect(cost(found) == best, "\(edges)")
    }
  }
}

/// Numbers that are the same in every run.
private struct SystemRandom {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }
}
