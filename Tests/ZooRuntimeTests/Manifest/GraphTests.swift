import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// From a manifest's list to wired nodes.
struct ManifestGraphTests {
  @Test func eachNodeTakesThePreviousOne() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.dense", "name": "first", "units": 3}, {"layer": "core.tanh"}, {"layer": "core.dense", "units": 2},
        {"layer": "core.tanh"}, {"layer": "core.tanh", "name": "tanh_3"}, {"layer": "core.tanh"}
        """))
    // 'tanh_3' is given by hand, so the third without a name is 'tanh_4'.
    #expect(
      model.graph.listing == [
        "first: core.dense(x)", "tanh: core.tanh(first)", "dense: core.dense(tanh)", "tanh_2: core.tanh(dense)",
        "tanh_3: core.tanh(tanh_2)", "tanh_4: core.tanh(tanh_3)",
      ])
    #expect(model.graph.outputs.map(\.name) == ["output"])
    #expect(model.graph.outputs[0].source == .node(5, output: 0))
    #expect(model.graph.nodes[0].attributes == [.integer(3), .boolean(true)])
    #expect(model.graph.nodes[0].place == Place(file: "m.json", pointer: "/graph/0", line: 3, column: 1))
  }

  @Test func inputsAreNamedByPositionOrByPort() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.dense", "name": "a", "units": 3},
        {"layer": "core.dense", "name": "b", "units": 3, "in": "x"},
        {"layer": "core.add", "name": "sum", "in": ["a", "b"]},
        {"layer": "core.add", "name": "swapped", "in": {"b": "a", "a": "b"}},
        {"layer": "core.attention", "name": "plain", "in": ["a", "b"]},
        {"layer": "core.attention", "name": "masked", "in": {"key": "b", "query": "a", "mask": "x"}},
        {"layer": "core.attention", "name": "unmasked", "in": ["a", "b", null]},
        {"layer": "core.concat", "name": "all", "in": ["a", "b", "x"]},
        {"layer": "core.concat", "name": "same", "in": {"parts": ["a", "b"]}},
        {"layer": "core.concat", "name": "one", "in": {"parts": "a"}},
        {"layer": "core.concat", "name": "previous"},
        {"layer": "core.mix", "name": "mix", "in": {"x": "x", "others": ["a", "b"]}},
        {"layer": "core.mix", "name": "alone"}
        """))
    #expect(
      model.graph.listing == [
        "a: core.dense(x)", "b: core.dense(x)", "sum: core.add(a, b)", "swapped: core.add(b, a)", "plain: core.attention(a, b, -)",
        "masked: core.attention(a, b, x)", "unmasked: core.attention(a, b, -)", "all: core.concat(a, b, x)", "same: core.concat(a, b)",
        "one: core.concat(a)", "previous: core.concat(one)", "mix: core.mix(x, a, b)", "alone: core.mix(mix)",
      ])
  }

  @Test func outputsAreNamedByPortOrByNumber() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.split", "name": "split"},
        {"layer": "core.tanh", "in": "split.2"},
        {"layer": "core.attention", "name": "look", "in": ["split.0", "split.parts"]},
        {"layer": "core.tanh", "in": "look.weights"},
        {"layer": "core.tanh", "in": "look.1"}
        """, #""outputs": {"y": "look.y", "w": {"from": "look.weights", "about": "where it looks"}, "again": "x"},"#))
    #expect(
      model.graph.listing == [
        "split: core.split(x)", "tanh: core.tanh(split#2)", "look: core.attention(split, split, -)", "tanh_2: core.tanh(look#1)",
        "tanh_3: core.tanh(look#1)",
      ])
    #expect(model.graph.outputs.map(\.source) == [.node(2, output: 0), .node(2, output: 1), .input(0)])
    #expect(model.graph.outputs.map(\.about) == ["", "where it looks", ""])
  }

  @Test func layersWithoutInputsOrOutputsFitIn() throws {
    let model = try expand(
      manifest(#"{"layer": "core.noise"}, {"layer": "core.watch"}, {"layer": "core.tanh"}, {"layer": "core.add", "in": ["tanh", "x"]}"#))
    #expect(model.graph.listing == ["noise: core.noise()", "watch: core.watch(noise)", "tanh: core.tanh(noise)", "add: core.add(tanh, x)"])
  }

  @Test func forwardReferencesAreSortedAndTheRestStaysInPlace() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.tanh", "name": "a"}, {"layer": "core.add", "name": "late", "in": ["c", "a"]}, {"layer": "core.tanh", "name": "b", "in": "x"},
        {"layer": "core.tanh", "name": "c", "in": "d"}, {"layer": "core.tanh", "name": "d", "in": "a"}, {"layer": "core.tanh", "in": "late"}
        """, #""outputs": {"y": "late"},"#))
    #expect(
      model.graph.listing == [
        "a: core.tanh(x)", "d: core.tanh(a)", "c: core.tanh(d)", "late: core.add(c, a)", "b: core.tanh(x)", "tanh: core.tanh(late)",
      ])
    #expect(model.graph.outputs[0].source == .node(3, output: 0))
  }

  @Test func repeatStacksABlock() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.dense", "name": "first", "units": 4},
        {"repeat": 3, "name": "blocks", "graph": [
          {"layer": "core.dense", "name": "fc", "units": "${2 ** index}"},
          {"layer": "core.tanh"},
          {"layer": "core.add", "name": "sum", "in": ["tanh", "first"]}]},
        {"layer": "core.tanh", "name": "last"},
        {"layer": "core.add", "name": "taps", "in": ["blocks.0", "blocks.1.fc"]},
        {"layer": "core.tanh", "name": "whole", "in": "blocks"}
        """))
    #expect(
      model.graph.listing == [
        "first: core.dense(x)",
        "blocks.0.fc: core.dense(first)", "blocks.0.tanh: core.tanh(blocks.0.fc)", "blocks.0.sum: core.add(blocks.0.tanh, first)",
        "blocks.1.fc: core.dense(blocks.0.sum)", "blocks.1.tanh: core.tanh(blocks.1.fc)", "blocks.1.sum: core.add(blocks.1.tanh, first)",
        "blocks.2.fc: core.dense(blocks.1.sum)", "blocks.2.tanh: core.tanh(blocks.2.fc)", "blocks.2.sum: core.add(blocks.2.tanh, first)",
        "last: core.tanh(blocks.2.sum)", "taps: core.add(blocks.0.sum, blocks.1.fc)", "whole: core.tanh(blocks.2.sum)",
      ])
    #expect([1, 4, 7].map { model.graph.nodes[$0].attributes[0] } == [.integer(1), .integer(2), .integer(4)])
  }

  @Test func repeatCarriesNamedInputsAndKeepsTheOthers() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.tanh", "name": "state"}, {"layer": "core.tanh", "name": "mask", "in": "x"},
        {"repeat": 2, "name": "r", "in": ["state", "x", "mask"], "inputs": ["h", "c", "m"], "outputs": ["up", "side"], "graph": [
          {"layer": "core.add", "name": "up", "in": ["h", "m"]},
          {"layer": "core.add", "name": "side", "in": ["c", "h"]}]},
        {"layer": "core.add", "name": "end", "in": ["r.up", "r.side"]}
        """))
    #expect(
      model.graph.listing == [
        "state: core.tanh(x)", "mask: core.tanh(x)", "r.0.up: core.add(state, mask)", "r.0.side: core.add(x, state)",
        "r.1.up: core.add(r.0.up, mask)", "r.1.side: core.add(r.0.side, r.0.up)", "end: core.add(r.1.up, r.1.side)",
      ])
  }

  @Test func repeatedNoTimesABlockIsItsInput() throws {
    let model = try expand(
      manifest(
        #"{"layer": "core.tanh"}, {"repeat": "${n}", "name": "none", "graph": [{"layer": "core.flatten"}]}, {"layer": "core.dense", "units": 1}"#,
        #""settings": {"n": 0},"#))
    #expect(model.graph.listing == ["tanh: core.tanh(x)", "dense: core.dense(tanh)"])
  }

  @Test func repeatsNestWithSettingsOfTheirOwn() throws {
    let model = try expand(
      manifest(
        """
        {"repeat": "${len(widths)}", "name": "s", "settings": {"stage": "${index}", "width": "${widths[index]}"}, "graph": [
          {"repeat": 2, "name": "l", "graph": [{"layer": "core.dense", "name": "fc", "units": "${width * 10 + index + stage}"}]}]}
        """, #""settings": {"widths": [1, 2]},"#))
    #expect(model.graph.nodes.map(\.path) == ["s.0.l.0.fc", "s.0.l.1.fc", "s.1.l.0.fc", "s.1.l.1.fc"])
    #expect(model.graph.nodes.map(\.attributes[0]) == [.integer(10), .integer(11), .integer(21), .integer(22)])
  }

  @Test func groupsOnlyAddToThePath() throws {
    let model = try expand(
      manifest(
        """
        {"name": "features", "graph": [{"layer": "core.dense", "name": "0", "units": 2}, {"layer": "core.tanh", "name": "1"}]},
        {"name": "head", "graph": [{"layer": "core.add", "in": ["features.0", "x"]}]}
        """))
    #expect(
      model.graph.listing == [
        "features.0: core.dense(x)", "features.1: core.tanh(features.0)", "head.add: core.add(features.0, x)",
      ])
  }

  @Test func definesAreFilledInWithTheirSettings() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.tanh", "name": "start"},
        {"use": "residual", "name": "r1", "in": ["start", "x"], "with": {"units": "${base * 2}"}},
        {"use": "residual", "in": {"skip": "start", "x": "r1"}},
        {"use": "plain"},
        {"layer": "core.add", "name": "end", "in": ["r1.out", "r1.fc"]}
        """,
        """
        "settings": {"base": 8},
        "define": {
          "residual": {"settings": {"units": 5, "half": "${units // 2}"}, "inputs": ["x", "skip"], "outputs": ["out", "fc"], "graph": [
            {"layer": "core.dense", "name": "fc", "units": "${half + base}"},
            {"layer": "core.add", "name": "out", "in": ["fc", "skip"]}]},
          "plain": {"graph": [{"layer": "core.tanh"}, {"use": "inner"}]},
          "inner": {"graph": [{"layer": "core.flatten"}]}},
        """.replacing("\n", with: " ")))
    #expect(
      model.graph.listing == [
        "start: core.tanh(x)", "r1.fc: core.dense(start)", "r1.out: core.add(r1.fc, x)", "residual.fc: core.dense(r1.out)",
        "residual.out: core.add(residual.fc, start)", "plain.tanh: core.tanh(residual.out)",
        "plain.inner.flatten: core.flatten(plain.tanh)",
        "end: core.add(r1.out, r1.fc)",
      ])
    #expect(model.graph.nodes[1].attributes[0] == .integer(16))
    #expect(model.graph.nodes[3].attributes[0] == .integer(10))
  }

  @Test func whatComesOutOfABlockMayHaveOtherNamesThanInside() throws {
    let model = try expand(
      manifest(
        """
        {"use": "look"},
        {"layer": "core.tanh"},
        {"layer": "core.add", "name": "both", "in": ["look.y", "look.where"]},
        {"name": "g", "outputs": {"w": "a.1"}, "graph": [{"layer": "core.attention", "name": "a", "in": ["x", "x"]}]},
        {"repeat": 2, "name": "r", "in": ["x", "g.w"], "inputs": ["h", "c"], "outputs": {"h": "up", "c": "h"}, "graph": [
          {"layer": "core.add", "name": "up", "in": ["h", "c"]}]},
        {"layer": "core.add", "name": "end", "in": ["r.h", "r.c"]}
        """,
        """
        "define": {"look": {"inputs": ["q"], "outputs": {"where": "attention.weights", "y": "attention.y"}, \
        "graph": [{"layer": "core.attention", "in": ["q", "q"]}]}},
        """))
    #expect(
      model.graph.listing == [
        "look.attention: core.attention(x, x, -)", "tanh: core.tanh(look.attention#1)",
        "both: core.add(look.attention, look.attention#1)", "g.a: core.attention(x, x, -)", "r.0.up: core.add(x, g.a#1)",
        "r.1.up: core.add(r.0.up, x)", "end: core.add(r.1.up, r.0.up)",
      ])
  }

  @Test func sharedParametersKeepOnePath() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.dense", "name": "a", "units": 4, "share": "b"},
        {"layer": "core.dense", "name": "b", "units": 4, "share": "body.0.fc"},
        {"repeat": 2, "name": "body", "graph": [{"layer": "core.dense", "name": "fc", "units": 4, "share": "body.0.fc"}]},
        {"use": "block", "name": "one"},
        {"use": "block", "name": "two", "share": "one"},
        {"repeat": 2, "name": "three", "graph": [{"use": "block", "name": "in", "share": "one"}]},
        {"repeat": 2, "name": "twin", "share": "three", "graph": [{"use": "block", "name": "in"}]}
        """,
        #""define": {"block": {"graph": [{"layer": "core.dense", "name": "p", "units": 4}, {"layer": "core.dense", "name": "q", "units": 4, "share": "p"}]}},"#
      ))
    #expect(
      model.graph.nodes.map { "\($0.path) @ \($0.parameterPath)" } == [
        "a @ body.0.fc", "b @ body.0.fc", "body.0.fc @ body.0.fc", "body.1.fc @ body.0.fc", "one.p @ one.p", "one.q @ one.p",
        "two.p @ one.p", "two.q @ one.p", "three.0.in.p @ one.p", "three.0.in.q @ one.p", "three.1.in.p @ one.p", "three.1.in.q @ one.p",
        "twin.0.in.p @ one.p", "twin.0.in.q @ one.p", "twin.1.in.p @ one.p", "twin.1.in.q @ one.p",
      ])
  }

  @Test func innerNamesHideOuterOnesAndDefinesSeeNothingOutside() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.tanh", "name": "t"},
        {"name": "g", "graph": [{"layer": "core.flatten", "name": "t"}, {"layer": "core.tanh", "name": "u", "in": "t"}]},
        {"layer": "core.tanh", "name": "v", "in": "t"}
        """))
    #expect(model.graph.listing == ["t: core.tanh(x)", "g.t: core.flatten(t)", "g.u: core.tanh(g.t)", "v: core.tanh(t)"])
    let error = #expect(throws: ManifestError.self) {
      try expand(
        manifest(
          #"{"layer": "core.tanh", "name": "t"}, {"use": "d"}"#, #""define": {"d": {"graph": [{"layer": "core.tanh", "in": "t"}]}},"#))
    }
    #expect(error?.problem == .unknownReference("t", of: .node(path: "d.tanh", kind: "core.tanh"), known: ["tanh"]))
  }

  @Test func initialisersAndFrozenPartsAreNoted() throws {
    let model = try expand(
      manifest(
        """
        {"layer": "core.dense", "units": 2, "frozen": true, "initialize": {
          "weight": {"values": [[1, 2.5], [3, 4], [5, 6]]}, "bias": {"constant": 3}, "n": {"normal": [0, 0.02]}, "u": {"uniform": [-1, 1]},
          "z": "zeros", "o": "orthogonal", "h": {"he_normal": 1.5}, "x": {"xavier_uniform": [2]}, "s": {"values": 7}}},
        {"name": "g", "frozen": true, "graph": [{"layer": "core.tanh"}, {"repeat": 1, "graph": [{"layer": "core.tanh"}]}]},
        {"layer": "core.tanh", "frozen": "${1 > 2}"}
        """))
    #expect(
      model.graph.nodes[0].initializers == [
        "weight": .values([1, 2.5, 3, 4, 5, 6], shape: [3, 2]), "bias": .method("constant", 3, 0), "n": .method("normal", 0, 0.02),
        "u": .method("uniform", -1, 1), "z": .method("zeros", 0, 0), "o": .method("orthogonal", 1, 0), "h": .method("he_normal", 1.5, 0),
        "x": .method("xavier_uniform", 2, 0), "s": .values([7], shape: []),
      ])
    #expect(model.graph.nodes.map(\.isFrozen) == [true, true, true, false])
  }

  @Test func theFirstLinesAndThePortsAreRead() throws {
    let model = try expand(
      """
      {"zoo": 1, "$schema": "s", "name": "m-1", "title": "M ${x}", "about": "A", "reference": "R", "licence": "CC0", "tags": ["a", "b"],
       "settings": {"classes": 10, "side": 28}, "weights": "zoo/weights/${'m'}.safetensors",
       "inputs": {
         "image": {"shape": ["N", "${side}", "${side}", 1], "codec": {"kind": "image", "channels": 1}, "sample": "a.png", "about": "I"},
         "ids": {"shape": ["N", "T"], "dtype": "i64", "codec": "edges"}, "scalar": {"shape": []}},
       "graph": [{"layer": "core.dense", "units": "${classes}"}],
       "outputs": {"digit": {"from": "dense", "codec": {"kind": "labels", "top": 3, "names": ["zero", "one"]}}}}
      """, settings: ["classes": "5"])
    #expect(model.name == "m-1" && model.title == "M ${x}" && model.about == "A" && model.reference == "R")
    #expect(model.licence == "CC0" && model.tags == ["a", "b"])
    #expect(model.settings.names == ["classes", "side"] && model.settings["classes"] == 5)
    #expect(model.weights?.text == "zoo/weights/m.safetensors")
    #expect(model.weights?.place == Place(file: "m.json", pointer: "/weights", line: 2, column: 54))
    let image = model.graph.inputs[0]
    #expect(image.shape == [.named("N"), .fixed(28), .fixed(28), .fixed(1)] && image.dtype == .f32)
    #expect(image.codec?.codec.name == "image" && image.codec?.attributes == [.integer(1)] && image.sample == "a.png" && image.about == "I")
    #expect(model.graph.inputs[1].dtype == .i64 && model.graph.inputs[1].codec?.codec.name == "edges")
    #expect(model.graph.inputs[2].shape.isEmpty)
    #expect(model.graph.outputs[0].codec?.attributes == [.integer(3), .boolean(false), .text("zero\none")])
    #expect(model.graph.names["dense"] == .node(0, output: 0) && model.graph.names["ids"] == .input(1))
  }

  @Test func blocksSettingsAndSharesWorkTogether() throws {
    let text = try Repository.text("Tests/Fixtures/manifests/blocks.json")
    let model = try expand(text)
    #expect(
      model.graph.listing == [
        "embed: core.dense(x)", "blocks.0.mlp.up: core.dense(embed)", "blocks.0.mlp.tanh: core.tanh(blocks.0.mlp.up)",
        "blocks.0.mlp.down: core.dense(blocks.0.mlp.tanh)", "blocks.0.mlp.sum: core.add(embed, blocks.0.mlp.down)",
        "blocks.1.mlp.up: core.dense(blocks.0.mlp.sum)", "blocks.1.mlp.tanh: core.tanh(blocks.1.mlp.up)",
        "blocks.1.mlp.down: core.dense(blocks.1.mlp.tanh)", "blocks.1.mlp.sum: core.add(blocks.0.mlp.sum, blocks.1.mlp.down)",
        "output: core.dense(blocks.1.mlp.sum) @ embed",
      ])
    #expect(model.graph.nodes.map(\.attributes.first) == [8, 32, nil, 8, nil, 16, nil, 8, nil, 8].map { $0.map(AttributeLiteral.integer) })
    #expect(model.graph.outputs.map(\.source) == [.node(9, output: 0), .node(4, output: 0)])
    // With settings of a command line: as deep as that says.
    #expect(try expand(text, settings: ["depth": "12", "width": "3"]).graph.nodes.count == 50)
  }

  @Test func theFileNamesAModelThatDoesNotNameItself() throws {
    let text = manifest(#"{"layer": "core.tanh"}"#)
    let read = try Manifest(contentsOf: Array(text.utf8), file: "manifests/cnn/my-model.json", folder: "manifests/cnn")
    #expect(read.name == "my-model" && read.title == "my-model")
  }
}
