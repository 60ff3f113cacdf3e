import Testing
import ZooFormats
import ZooRuntime

extension Graph {
  /// Its listing, and with two spaces in front, those of the graphs inside: what they take, and what they put out.
  var nested: [String] {
    zip(nodes, listing).flatMap { node, line -> [String] in
      func inner(_ name: String, _ graph: Graph) -> [String] {
        let outputs = graph.outputs.map { "\($0.name): \(graph.name(of: $0.source))" }
        let head = "\(name)(\(graph.inputs.map(\.name).joined(separator: ", "))) -> \(outputs.joined(separator: ", "))"
        return [head] + graph.nested.map { "  " + $0 }
      }
      switch node.control {
      case nil: return [line]
      case .loop(let loop): return [line] + inner("loop", loop.body).map { "  " + $0 }
      case .conditional(let conditional):
        return [line] + (inner("then", conditional.then) + inner("else", conditional.otherwise)).map { "  " + $0 }
      }
    }
  }

  private func name(of source: Source) -> String {
    switch source {
    case .input(let index): inputs[index].name
    case .node(let index, let output): nodes[index].path + (output == 0 ? "" : "#\(output)")
    }
  }
}

/// Loops and conditions: graphs inside a graph, and what they take from around them.
struct ManifestControlTests {
  @Test func aLoopCarriesConsumesCapturesAndStacks() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.dense", "name": "start", "units": 4}, {"layer": "core.dense", "name": "scale", "units": 4},
        {"loop": [{"layer": "core.add", "name": "sum", "in": ["h", "x_t"]}, {"layer": "core.add", "name": "scaled", "in": ["sum", "scale"]},
                  {"layer": "core.add", "name": "late", "in": ["scaled", "t"]}, {"layer": "core.tanh", "name": "done", "in": "x"}],
         "name": "steps", "carry": {"h": "start", "c": "x"}, "each": {"x_t": "x", "b": {"from": "scale", "axis": 0}}, "index": "t",
         "next": {"c": "scaled", "h": "late"}, "stack": {"ys": "late", "zs": {"from": "scaled", "axis": 2}}, "until": "done",
         "times": 7, "count": "down", "cut": 3},
        {"layer": "core.tanh"}, {"layer": "core.add", "in": ["steps.h", "steps.count"]}, {"layer": "core.tanh", "in": "steps.2"}
        """, #""outputs": {"y": "steps.zs", "all": "steps"},"#))
    #expect(
      model.graph.nested == [
        "start: core.dense(x)", "scale: core.dense(start)", "steps: loop(start, x, x, scale, scale, x)",
        "  loop(h, c, x_t, b, scale, x, t) -> h: steps.late, c: steps.scaled, ys: steps.late, zs: steps.scaled, until: steps.done",
        "    steps.sum: core.add(h, x_t)", "    steps.scaled: core.add(steps.sum, scale)", "    steps.late: core.add(steps.scaled, t)",
        "    steps.done: core.tanh(x)", "tanh: core.tanh(steps#2)", "add: core.add(steps, steps#4)", "tanh_2: core.tanh(steps#2)",
      ])
    #expect(model.graph.outputs.map(\.source) == [.node(2, output: 3), .node(2, output: 2)])
    guard case .loop(let loop)? = model.graph.nodes[2].control else { throw Missing() }
    #expect(loop.carried == 2 && loop.sequences == [nil, 0] && loop.stacked == [nil, 2])
    #expect(loop.hasIndex && loop.stops && loop.times == 7 && loop.isReversed && loop.cut == 3)
    #expect(model.graph.nodes[2].kind.outputs.map(\.name) == ["h", "c", "ys", "zs", "count"])
  }

  @Test func littleNeedsToBeSaidOfALoop() throws {
    let model = try expand(
      manifest(#"{"loop": [{"layer": "core.tanh"}], "times": "${2 + 3}", "carry": {"h": "x"}}, {"layer": "core.tanh"}"#))
    #expect(
      model.graph.nested == [
        "loop: loop(x)", "  loop(h) -> h: loop.tanh", "    loop.tanh: core.tanh(h)", "tanh: core.tanh(loop)",
      ])
    guard case .loop(let loop)? = model.graph.nodes[0].control else { throw Missing() }
    #expect(loop.times == 5 && !loop.isReversed && loop.cut == nil && !loop.hasIndex && !loop.stops)
  }

  @Test func theLengthOfALoopMayBeThatOfASequence() throws {
    let model = try expand(manifest(#"{"loop": [{"layer": "core.tanh"}], "each": {"x_t": "x"}, "stack": {"y": "tanh"}}"#))
    #expect(model.graph.nested == ["loop: loop(x)", "  loop(x_t) -> y: loop.tanh", "    loop.tanh: core.tanh(x_t)"])
  }

  @Test func loopsInLoopsPassOnWhatTheInnerOneTakes() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.dense", "name": "w", "units": 4},
        {"loop": [{"layer": "core.tanh", "name": "mid"},
                  {"loop": [{"layer": "core.add", "name": "a", "in": ["g", "w"]}, {"layer": "core.add", "name": "b", "in": ["a", "mid"]},
                            {"layer": "core.add", "name": "c", "in": ["b", "t"]}, {"layer": "core.add", "name": "d", "in": ["c", "x"]}],
                   "name": "inner", "carry": {"g": "h"}, "times": 2}],
         "name": "outer", "carry": {"h": "x"}, "index": "t", "times": 3}
        """))
    #expect(
      model.graph.nested == [
        "w: core.dense(x)", "outer: loop(x, w, x)", "  loop(h, w, x, t) -> h: outer.inner", "    outer.mid: core.tanh(h)",
        "    outer.inner: loop(h, w, outer.mid, t, x)", "      loop(g, w, outer.mid, t, x) -> g: outer.inner.d",
        "        outer.inner.a: core.add(g, w)", "        outer.inner.b: core.add(outer.inner.a, outer.mid)",
        "        outer.inner.c: core.add(outer.inner.b, t)", "        outer.inner.d: core.add(outer.inner.c, x)",
      ])
  }

  @Test func blocksInsideALoopAndLoopsInsideBlocks() throws {
    let model = try expand(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 4]}},
       "define": {"cell": {"inputs": ["x", "h"], "graph": [{"layer": "core.add", "name": "s", "in": ["x", "h"]}, {"layer": "core.dense", "name": "fc", "units": 4}]},
                  "net": {"inputs": ["seq"], "graph": [{"loop": [{"use": "cell", "in": ["e", "h"]}], "name": "run", "carry": {"h": "seq"}, "each": {"e": "seq"}}]}},
       "graph": [{"repeat": 2, "name": "r", "graph": [{"use": "net", "name": "n"}]}, {"call": "side", "in": "x"}],
       "graphs": {"side": {"inputs": {"z": {"shape": ["N", 4]}}, "graph": [{"loop": [{"call": "one"}], "name": "l", "carry": {"h": "z"}, "times": 2}]},
                  "one": {"inputs": {"z": {"shape": ["N", 4]}}, "graph": [{"layer": "core.dense", "name": "d", "units": 4}]}}}
      """)
    #expect(
      model.graph.nested == [
        "r.0.n.run: loop(x, x)", "  loop(h, e) -> h: r.0.n.run.cell.fc", "    r.0.n.run.cell.s: core.add(e, h)",
        "    r.0.n.run.cell.fc: core.dense(r.0.n.run.cell.s)", "r.1.n.run: loop(r.0.n.run, r.0.n.run)",
        "  loop(h, e) -> h: r.1.n.run.cell.fc", "    r.1.n.run.cell.s: core.add(e, h)",
        "    r.1.n.run.cell.fc: core.dense(r.1.n.run.cell.s)", "side.l: loop(x) @ l", "  loop(h) -> h: side.l.one.d",
        "    side.l.one.d: core.dense(h) @ d",
      ])
    #expect(model.graphs[1].graph.nested == ["l: loop(z)", "  loop(h) -> h: l.one.d", "    l.one.d: core.dense(h) @ d"])
  }

  @Test func parametersAreSharedAcrossTheBorder() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.dense", "name": "a", "units": 4},
        {"loop": [{"layer": "core.dense", "name": "b", "units": 4, "share": "a"}, {"layer": "core.dense", "name": "c", "units": 4}],
         "name": "l", "carry": {"h": "a"}, "times": 2},
        {"layer": "core.dense", "name": "d", "units": 4, "share": "l.c"},
        {"graph": [{"layer": "core.dense", "name": "b", "units": 4}, {"layer": "core.dense", "name": "c", "units": 4}], "name": "g", "share": "l"},
        {"loop": [{"layer": "core.dense", "name": "b", "units": 4}], "name": "m", "carry": {"h": "g"}, "times": 2, "share": "g", "frozen": true}
        """))
    #expect(
      model.graph.nested == [
        "a: core.dense(x)", "l: loop(a)", "  loop(h) -> h: l.c", "    l.b: core.dense(h) @ a", "    l.c: core.dense(l.b)",
        "d: core.dense(l) @ l.c", "g.b: core.dense(d) @ a", "g.c: core.dense(g.b) @ l.c", "m: loop(g.c)", "  loop(h) -> h: m.b",
        "    m.b: core.dense(h) @ a",
      ])
    guard case .loop(let loop)? = model.graph.nodes[5].control else { throw Missing() }
    #expect(loop.body.nodes[0].isFrozen)
  }

  @Test func aConditionHasTwoGraphsThatTakeTheSame() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.dense", "name": "p", "units": 1}, {"layer": "core.tanh", "name": "q", "in": "x"},
        {"cond": "p", "name": "c", "then": [{"layer": "core.dense", "name": "d", "units": 4}, {"layer": "core.add", "in": ["d", "x"]}],
         "else": [{"layer": "core.tanh"}]},
        {"cond": "q", "then": [{"layer": "core.tanh", "name": "a"}, {"layer": "core.tanh", "name": "b", "in": "p"}],
         "else": [{"layer": "core.tanh", "name": "b", "in": "x"}, {"layer": "core.tanh", "name": "a"}], "outputs": ["b", "a"]},
        {"layer": "core.add", "in": ["c.output", "cond.a"]}, {"layer": "core.dense", "units": 4, "name": "e", "share": "c.then.d"}
        """))
    #expect(
      model.graph.nested == [
        "p: core.dense(x)", "q: core.tanh(x)", "c: cond(p, q, x)", "  then(q, x) -> output: c.then.add",
        "    c.then.d: core.dense(q)", "    c.then.add: core.add(c.then.d, x)", "  else(q, x) -> output: c.else.tanh",
        "    c.else.tanh: core.tanh(q)", "cond: cond(q, x, c, p)", "  then(x, c, p) -> b: cond.then.b, a: cond.then.a",
        "    cond.then.a: core.tanh(c)", "    cond.then.b: core.tanh(p)", "  else(x, c, p) -> b: cond.else.b, a: cond.else.a",
        "    cond.else.b: core.tanh(x)", "    cond.else.a: core.tanh(cond.else.b)", "add: core.add(c, cond#1)",
        "e: core.dense(add) @ c.then.d",
      ])
  }

  @Test func aBranchMayPassOnWhatIsAroundIt() throws {
    let model = try expand(
      manifest(#"{"layer": "core.tanh", "name": "p"}, {"cond": "p", "then": [], "else": [{"layer": "core.tanh", "name": "t", "in": "x"}]}"#)
    )
    #expect(
      model.graph.nested == [
        "p: core.tanh(x)", "cond: cond(p, x, p)", "  then(x, p) -> output: p", "  else(x, p) -> output: cond.else.t",
        "    cond.else.t: core.tanh(x)",
      ])
  }

  @Test func trainingReachesWhatALoopPutsOut() throws {
    let model = try expand(
      manifest(
        #"{"loop": [{"layer": "core.dense", "name": "d", "units": 4}], "name": "l", "carry": {"h": "x"}, "times": 2, "stack": {"all": "d"}}"#,
        """
        "train": {"data": {"inputs": {"x": {"values": [[1, 2, 3, 4]]}}}, "graph": [{"layer": "core.add", "name": "loss", "in": ["l.h", "l.all"]},
          {"loop": [{"layer": "core.add", "in": ["g", "l.h"]}], "name": "m", "carry": {"g": "loss"}, "times": 2}],
          "steps": [{"minimize": "loss"}], "metrics": {"h": "l.h"}, "optimizer": {"layer": "core.adam", "rate": 1}},
        """))
    #expect(
      model.training?.graphs[0].graph.nested == [
        "l: loop(x)", "  loop(h) -> h: l.d, all: l.d", "    l.d: core.dense(h)", "loss: core.add(l, l#1)", "m: loop(loss, l)",
        "  loop(g, l) -> g: m.add", "    m.add: core.add(g, l)",
      ])
    #expect(model.training?.metrics[0].source == .node(0, output: 0))
    #expect(model.graph.names["l"] == .node(0, output: 1))
  }

  struct Missing: Error {}
}
