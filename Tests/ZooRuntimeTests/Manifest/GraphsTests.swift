import Testing
import ZooFormats
import ZooRuntime

/// Several graphs over the same parameters, calls between them, and what is carried from run to run.
struct ManifestGraphsTests {
  /// An autoencoder: the whole of it, and its two halves by themselves.
  static let autoencoder = """
    { "zoo": 1, "settings": {"steps": 4}, "define": {"decoder": {"graph": [{"layer": "core.dense", "name": "fc", "units": 4}, {"layer": "core.tanh"}]}},
      "inputs": {"x": {"shape": ["N", 4]}},
      "graph": [{"layer": "core.dense", "name": "code", "units": 2}, {"use": "decoder", "name": "decode"}],
      "outputs": {"y": "decode", "code": "code"},
      "graphs": {
        "decode": {"about": "Draws.", "inputs": {"z": {"shape": ["N", 2]}}, "graph": [{"use": "decoder", "name": "decode"}]},
        "both": {"inputs": {"a": {"shape": ["N", 4]}, "z": {"shape": ["N", 2]}},
          "graph": [{"call": "main", "in": "a"}, {"call": "decode", "name": "again", "in": "z", "frozen": true},
                    {"layer": "core.add", "name": "sum", "in": ["main", "again"]}, {"layer": "core.tanh", "in": "main.code"}],
          "outputs": {"sum": "sum", "inner": "again.decode.fc"}},
        "walk": {"inputs": {"x": {"shape": [1, 4]}, "s": {"shape": [1, 4]}},
          "graph": [{"layer": "core.add", "name": "next", "in": ["x", "s"]}], "outputs": {"next": "next", "same": "x"},
          "carry": {"s": "next", "x": "same"}, "runs": "${steps}"}
      } }
    """

  @Test func everyGraphHasItsOwnInputsAndOutputs() throws {
    let model = try expand(Self.autoencoder)
    #expect(model.graphs.map(\.name) == ["main", "decode", "both", "walk"])
    #expect(model.graphs.map(\.about) == ["", "Draws.", "", ""])
    #expect(model.graph.listing == ["code: core.dense(x)", "decode.fc: core.dense(code)", "decode.tanh: core.tanh(decode.fc)"])
    #expect(model.graphs[1].graph.listing == ["decode.fc: core.dense(z)", "decode.tanh: core.tanh(decode.fc)"])
    #expect(model.graphs[1].graph.outputs.map(\.name) == ["output"])
    #expect(model.graphs[1].carried.isEmpty && model.graphs[1].runs == 1)
  }

  @Test func aCallHasThePathsOfItsOwnAndTheParametersOfTheGraph() throws {
    let graph = try expand(Self.autoencoder).graphs[2].graph
    #expect(
      graph.listing == [
        "main.code: core.dense(a) @ code", "main.decode.fc: core.dense(main.code) @ decode.fc",
        "main.decode.tanh: core.tanh(main.decode.fc) @ decode.tanh", "again.decode.fc: core.dense(z) @ decode.fc",
        "again.decode.tanh: core.tanh(again.decode.fc) @ decode.tanh", "sum: core.add(main.decode.tanh, again.decode.tanh)",
        "tanh: core.tanh(main.code)",
      ])
    #expect(graph.nodes.map(\.isFrozen) == [false, false, false, true, true, false, false])
    #expect(graph.outputs.map(\.source) == [.node(5, output: 0), .node(3, output: 0)])
  }

  @Test func valuesAreCarriedFromOutputsToInputs() throws {
    let walk = try expand(Self.autoencoder, settings: ["steps": "7"]).graphs[3]
    #expect(walk.carried == [CarriedValue(input: 1, output: 0), CarriedValue(input: 0, output: 1)])
    #expect(walk.runs == 7)
  }

  @Test func theDefaultGraphCarriesToo() throws {
    let model = try expand(
      #"{"zoo": 1, "inputs": {"h": {"shape": [1, 2]}}, "graph": [{"layer": "core.tanh"}], "carry": {"h": "output"}, "runs": 3}"#)
    #expect(model.graphs[0].carried == [CarriedValue(input: 0, output: 0)] && model.graphs[0].runs == 3)
  }

  @Test func withoutAGraphOfItsOwnTheFirstOfTheGraphsIsTheDefault() throws {
    let model = try expand(
      """
      {"zoo": 1, "graphs": {"b": {"graph": [{"layer": "core.noise"}]}, "a": {"graph": [{"call": "b"}, {"layer": "core.tanh"}]}}}
      """)
    #expect(model.graphs.map(\.name) == ["b", "a"])
    #expect(model.graph.listing == ["noise: core.noise()"])
    #expect(model.graphs[1].graph.listing == ["b.noise: core.noise() @ noise", "tanh: core.tanh(b.noise)"])
  }

  @Test func sharesLeadWithinTheGraphThatIsCalled() throws {
    let model = try expand(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 4]}}, "define": {"tied": {"graph": [{"layer": "core.dense", "name": "d", "units": 4, "share": "a"}]}},
       "graph": [{"layer": "core.dense", "name": "a", "units": 2}, {"call": "pair", "name": "p"}, {"layer": "core.dense", "name": "c", "units": 4, "share": "p.a"}],
       "graphs": {"pair": {"inputs": {"x": {"shape": ["N", 4]}}, "graph": [{"layer": "core.dense", "name": "a", "units": 4}, {"use": "tied", "name": "t"},
         {"name": "r", "share": "t", "graph": [{"layer": "core.dense", "name": "d", "units": 4}]}]}}}
      """)
    #expect(
      model.graph.listing == [
        "a: core.dense(x)", "p.a: core.dense(a) @ a", "p.t.d: core.dense(p.a) @ a", "p.r.d: core.dense(p.t.d) @ a",
        "c: core.dense(p.r.d) @ a",
      ])
  }

  @Test func trainingCallsGraphs() throws {
    let model = try expand(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 4]}}, "graph": [{"layer": "core.dense", "name": "fc", "units": 4}],
       "graphs": {"twice": {"inputs": {"x": {"shape": ["N", 4]}}, "graph": [{"call": "main", "name": "one"}, {"call": "main", "name": "two"}]}},
       "train": {"data": {"inputs": {"x": {"values": [[1, 2, 3, 4]]}}}, "graph": [{"call": "main", "name": "m"}, {"call": "twice"}],
         "steps": [{"minimize": "twice"}], "optimizer": {"layer": "core.adam", "rate": 1}}}
      """)
    #expect(
      model.training?.graphs[0].graph.listing == [
        "fc: core.dense(x)", "m.fc: core.dense(fc) @ fc", "twice.one.fc: core.dense(m.fc) @ fc",
        "twice.two.fc: core.dense(twice.one.fc) @ fc",
      ])
    #expect(model.training?.steps[0].minimized == .node(3, output: 0))
  }
}

/// What is said about graphs that do not fit together.
struct ManifestGraphsErrorTests {
  /// A manifest whose `graphs` begin on line 2, beside a default graph with a node `fc`.
  static func graphs(_ graphs: String, main: String = #"{"layer": "core.dense", "name": "fc", "units": 4}"#) -> String {
    """
    { "zoo": 1, "inputs": { "x": { "shape": ["N", 4] } }, "graph": [\(main)], "graphs": {
    \(graphs)
    } }
    """
  }

  static let h = #""inputs": {"h": {"shape": [1, 4]}, "n": {"shape": [1], "dtype": "i64"}}"#
  static let tanh = #""graph": [{"layer": "core.tanh", "name": "t", "in": "h"}], "outputs": {"next": "t", "count": "n", "same": "h"}"#

  @Test(arguments: [
    ManifestCase(
      graphs(#""decode": {"graph": [{"layer": "core.noise"}]}"#, main: #"{"call": "decoed"}"#),
      ":1:74: at /graph/0/call: block 'decoed' wants graph 'decoed', which the manifest does not have", "did you mean 'decode'?"),
    ManifestCase(
      graphs(#""a": {"graph": [{"call": "wholly"}]}"#),
      ":2:26: at /graphs/a/graph/0/call: block 'wholly' wants graph 'wholly', which the manifest does not have", "the graphs are main, a"),
    ManifestCase(
      graphs(#""a": {"graph": [{"call": "b"}]}, "b": {"graph": [{"call": "c"}]}, "c": {"graph": [{"call": "a"}]}"#),
      ":2:92: at /graphs/c/graph/0/call: graphs call one another: a -> b -> c -> a", "a graph cannot contain itself"),
    ManifestCase(
      graphs("", main: #"{"call": "main", "in": "x"}"#), ":1:74: at /graph/0/call: graphs call one another: main -> main",
      "a graph cannot contain itself"),
    ManifestCase(
      graphs(#""a": {"inputs": {"z": {"shape": [1]}}, "graph": [{"layer": "core.tanh"}]}"#, main: #"{"call": "a", "in": {"y": "x"}}"#),
      ":1:86: at /graph/0/in/y: block 'a' has no input 'y'", "it takes z"),
    ManifestCase(
      graphs(#""main": {"graph": [{"layer": "core.noise"}]}"#), ":2:1: at /graphs/main: the name 'main' is taken, at 1:64",
      "names are unique within their block: choose another"),
    ManifestCase(
      graphs(#""a": {"grahp": []}"#), ":2:7: at /graphs/a/grahp: graph 'a' has no key 'grahp'", "did you mean 'graph'?"),
    ManifestCase(
      graphs(#""a": {"about": "Nothing."}"#), ":2:6: at /graphs/a: graph 'a' needs 'graph': the nodes, in a list",
      "add \"graph\" to graph 'a'"),
    ManifestCase(
      #"{"zoo": 1, "inputs": {}, "graphs": {"a": {"graph": [{"layer": "core.noise"}]}}}"#,
      ":1:1: the manifest needs 'graph': the nodes, in a list", "add \"graph\" to the manifest"),
    ManifestCase(#"{"zoo": 1, "graphs": {}}"#, ":1:1: the manifest needs 'graph': the nodes, in a list", "add \"graph\" to the manifest"),

    // Carried values.
    ManifestCase(
      graphs(#""a": {\#(h), \#(tanh), "carry": {"hh": "next"}}"#),
      ":2:202: at /graphs/a/carry/hh: 'carry' of graph 'a' names input 'hh', which is not there", "did you mean 'h'?"),
    ManifestCase(
      graphs(#""a": {\#(h), \#(tanh), "carry": {"h": "last"}}"#),
      ":2:207: at /graphs/a/carry/h: 'carry' of graph 'a' names output 'last', which is not there", "the outputs are next, count, same"),
    ManifestCase(
      graphs(#""a": {\#(h), \#(tanh), "carry": {"h": "count"}}"#),
      ":2:207: at /graphs/a/carry/h: output 'count', which is i64 [1], is carried to input 'h', which is f32 [1, 4]",
      "what is carried keeps its type and shape"),
    ManifestCase(
      graphs(#""a": {\#(h), \#(tanh), "carry": {"h": 1}}"#),
      ":2:207: at /graphs/a/carry/h: 'h' of 'carry' of graph 'a' must be text, but it is 1", "write text in double quotes"),
    ManifestCase(
      graphs(#""a": {\#(h), \#(tanh), "runs": 2}"#),
      ":2:200: at /graphs/a/runs: graph 'a' has several 'runs', but carries nothing from one to the next",
      "say what, as in \"carry\": {\"input\": \"output\"}"),
    ManifestCase(
      graphs(#""a": {\#(h), \#(tanh), "carry": {"h": "next"}, "runs": 0}"#),
      ":2:224: at /graphs/a/runs: 'runs' of graph 'a' must be from 1 to 2147483647, but it is 0",
      "choose a number that is from 1 to 2147483647"),
    ManifestCase(
      graphs(#""a": {\#(h), \#(tanh), "carry": ["h"]}"#),
      ":2:201: at /graphs/a/carry: 'carry' of graph 'a' must be an object, but it is [\"h\"]",
      "write an object in braces: {...}"),
  ])
  func errorsSayWhereAndWhat(_ it: ManifestCase) {
    let error = #expect(throws: ManifestError.self) { try expand(it.manifest) }
    #expect(error?.message == it.message)
    #expect(error?.help == it.help)
  }

  /// Graphs that each call the one before twice: 2^n nodes.
  @Test func callsCannotGrowWithoutBound() throws {
    var graphs = [#""g0": {"graph": [{"layer": "core.noise"}]}"#]
    for i in 1..<40 {
      let call = "{\"call\": \"g\(i - 1)\"}"
      graphs.append("\"g\(i)\": {\"graph\": [\(call), \(call)]}")
    }
    let error = try #require(throws: ManifestError.self) { _ = try expand("{\"zoo\": 1, \"graphs\": {\(graphs.joined(separator: ", "))}}") }
    #expect(error.problem == .tooLarge(.nodes(limit: 100_000)))
  }

  @Test func callsCannotBeNestedWithoutBound() throws {
    var graphs = [#""g0": {"graph": [{"layer": "core.noise"}]}"#]
    for i in 1..<200 { graphs.append("\"g\(i)\": {\"graph\": [{\"call\": \"g\(i - 1)\"}]}") }
    let error = try #require(throws: ManifestError.self) { _ = try expand("{\"zoo\": 1, \"graphs\": {\(graphs.joined(separator: ", "))}}") }
    #expect(error.problem == .tooLarge(.depth(limit: 64)))
  }
}
