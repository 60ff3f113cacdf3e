import Testing
import ZooFormats
import ZooRuntime

/// What is said about loops and conditions that cannot be.
struct ManifestControlErrorTests {
  static let tanh = #"{"layer": "core.tanh", "name": "t"}"#
  static let two = #""carry": {"h": "x", "c": "x"}, "times": 2"#
  static let name = "names are unique within their block: choose another"

  @Test(arguments: [
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"h": "x"}}"#,
      ":3:1: at /graph/0: block 'loop' needs 'times': how many iterations there are at most", "add \"times\" to block 'loop'"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"h": "x"}, "times": 0}"#,
      ":3:79: at /graph/0/times: 'times' of block 'loop' must be from 1 to 2147483648, but it is 0",
      "choose a number that is from 1 to 2147483648"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "cary": {"h": "x"}}"#, ":3:49: at /graph/0/cary: 'loop' has no key 'cary'", "did you mean 'carry'?"),
    ManifestCase(
      graph: #"{"loop": 3, "times": 1}"#, ":3:10: at /graph/0/loop: 'loop' of block 'loop' must be a list, but it is 3",
      "write a list in brackets: [...]"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"h": "xx"}, "times": 1}"#,
      ":3:64: at /graph/0/carry/h: 'h' of 'carry' of block 'loop' takes 'xx', but nothing there has that name", "did you mean 'x'?"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"h": 1}, "times": 1}"#,
      ":3:64: at /graph/0/carry/h: 'h' of 'carry' of block 'loop' must be text, but it is 1", "write text in double quotes"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], \#(two)}"#, ":3:1: at /graph/0: 'next' of block 'loop' needs 'h': what it becomes",
      "add \"h\" to 'next' of block 'loop'"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], \#(two), "next": {"h": "t", "cc": "t"}}"#,
      ":3:111: at /graph/0/next/cc: 'next' of block 'loop' has no key 'cc'", "did you mean 'c'?"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], \#(two), "next": {"h": "t", "c": "u"}}"#,
      ":3:116: at /graph/0/next/c: 'c' of 'next' of block 'loop' takes 'u', but nothing there has that name", "here are c, h, t, loop, x"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"h": "x"}, "each": {"h": "x"}}"#,
      ":3:78: at /graph/0/each: the name 'h' is taken by an input", name),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"h": "x"}, "index": "h", "times": 1}"#,
      ":3:79: at /graph/0/index: the name 'h' is taken by an input", name),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "index": "a.b", "times": 1}"#,
      ":3:58: at /graph/0/index: 'a.b' cannot be a name in 'index' of block 'loop'",
      "names have letters, digits, '_' and '-', at most 100, and no dots"),
    ManifestCase(
      graph: #"{"loop": [{"layer": "core.tanh", "name": "h"}], "carry": {"h": "x"}, "times": 1}"#,
      ":3:42: at /graph/0/loop/0/name: the name 'h' is taken by an input", name),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"h": "x"}, "stack": {"h": "t"}, "times": 1}"#,
      ":3:79: at /graph/0/stack: block 'loop' has two outputs called 'h'",
      "a loop puts out its carried values, what it stacks, and its 'count' of iterations: choose another name"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"count": "x"}, "times": 1}"#,
      ":3:58: at /graph/0/carry: block 'loop' has two outputs called 'count'",
      "a loop puts out its carried values, what it stacks, and its 'count' of iterations: choose another name"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "each": {"x_t": {"axis": 1}}}"#,
      ":3:65: at /graph/0/each/x_t: 'x_t' of 'each' of block 'loop' needs 'from': the value",
      "add \"from\" to 'x_t' of 'each' of block 'loop'"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "each": {"x_t": {"from": "x", "axis": 8}}}"#,
      ":3:87: at /graph/0/each/x_t/axis: 'axis' of 'x_t' of 'each' of block 'loop' must be from 0 to 7, but it is 8",
      "choose a number that is from 0 to 7"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "each": {"x_t": 3}}"#,
      ":3:65: at /graph/0/each/x_t: 'x_t' of 'each' of block 'loop' must be text or an object, but it is 3",
      "write a name in double quotes, or an object in braces"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"h": "x"}, "times": 1, "count": "left"}"#,
      ":3:91: at /graph/0/count: 'count' of block 'loop' cannot be 'left'", "it can be up, down"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "carry": {"h": "x"}, "times": 1, "cut": 0}"#,
      ":3:89: at /graph/0/cut: 'cut' of block 'loop' must be from 1 to 2147483648, but it is 0",
      "choose a number that is from 1 to 2147483648"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "times": 2}"#,
      ":3:11: at /graph/0/loop/0: node 'loop.t' (core.tanh) takes the previous node's output, but there is nothing before it",
      "name what it takes with \"in\", or give the graph an input"),
    ManifestCase(
      graph: #"{"loop": [{"layer": "core.add", "in": ["h", "l"]}], "name": "l", "carry": {"h": "x"}, "times": 2}"#,
      ":3:1: at /graph/0: nodes take from one another: l -> l", "break the circle: one of them must take something else"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "name": "l", "carry": {"h": "x"}, "times": 2}, {"layer": "core.tanh", "in": "l.t"}"#,
      ":3:125: at /graph/1/in: 'l' has no 't'", "it has h, count"),
    ManifestCase(
      graph: #"{"loop": [\#(tanh)], "name": "l", "carry": {"h": "x"}, "times": 2}, {"layer": "core.tanh", "share": "l"}"#,
      ":3:128: at /graph/1/share: node 'tanh' (core.tanh) shares the parameters of 'l', which has no node like it",
      ManifestGraphErrorTests.blockOrNode),

    // Conditions.
    ManifestCase(
      graph: #"{"cond": "x", "then": [\#(tanh)]}"#, ":3:1: at /graph/0: block 'cond' needs 'else': the nodes, in a list",
      "add \"else\" to block 'cond'"),
    ManifestCase(
      graph: #"{"cond": "y", "then": [\#(tanh)], "else": []}"#,
      ":3:10: at /graph/0/cond: 'cond' of block 'cond' takes 'y', but nothing there has that name", "here are cond, x"),
    ManifestCase(
      graph: #"{"cond": 1, "then": [\#(tanh)], "else": []}"#, ":3:10: at /graph/0/cond: 'cond' of block 'cond' must be text, but it is 1",
      "write text in double quotes"),
    ManifestCase(
      graph: #"{"cond": "x", "then": [\#(tanh)], "else": [], "outputs": ["t"]}"#,
      ":3:85: at /graph/0/outputs: 'outputs' of block 'cond' takes 't', but nothing there has that name", "here are cond, x"),
    ManifestCase(
      graph: #"{"cond": "x", "then": [\#(tanh)], "else": [], "outputs": ["a.b"]}"#,
      ":3:85: at /graph/0/outputs: 'a.b' cannot be a name in 'outputs' of block 'cond'",
      "names have letters, digits, '_' and '-', at most 100, and no dots"),
    ManifestCase(
      graph: #"{"cond": "x", "then": [\#(tanh)], "else": [], "in": "x"}"#, ":3:74: at /graph/0/in: 'cond' has no key 'in'",
      "'cond' has cond, then, else, name, outputs, share, frozen, about"),
  ])
  func errorsSayWhereAndWhat(_ it: ManifestCase) {
    let error = #expect(throws: ManifestError.self) { try expand(it.manifest) }
    #expect(error?.message == it.message)
    #expect(error?.help == it.help)
  }

  @Test func loopsCannotBeNestedWithoutBound() throws {
    var nodes = Self.tanh
    for _ in 0..<90 { nodes = #"{"loop": [\#(nodes)], "name": "l", "carry": {"h": "x"}, "times": 2}"# }
    let error = try #require(throws: ManifestError.self) { _ = try expand(manifest(nodes)) }
    #expect(error.problem == .tooLarge(.depth(limit: 64)))
  }

  @Test func loopsCannotCaptureWithoutBound() throws {
    // 60 loops inside one another, and 30,000 values that the innermost takes from around them all.
    let splits = (0..<30).map { #"{"layer": "core.split", "name": "v\#($0)", "in": "x"}"# }
    var nodes = (0..<30).map { i in
      #"{"layer": "core.concat", "in": [\#((0..<1_000).map { "\"v\(i).\($0)\"" }.joined(separator: ", "))]}"#
    }.joined(separator: ", ")
    for _ in 0..<60 { nodes = #"{"loop": [\#(nodes)], "name": "l", "carry": {"h": "x"}, "times": 2}"# }
    let error = try #require(throws: ManifestError.self) { _ = try expand(manifest((splits + [nodes]).joined(separator: ", "))) }
    #expect(error.problem == .tooLarge(.values(limit: 10_000_000)))
  }

  @Test func manyIterationsCostNothing() throws {
    let model = try expand(manifest(#"{"loop": [\#(Self.tanh)], "carry": {"h": "x"}, "times": 2147483648}"#))
    guard case .loop(let loop)? = model.graph.nodes[0].control else { throw ManifestControlTests.Missing() }
    #expect(loop.times == 1 << 31 && loop.body.nodes.count == 1)
  }
}
