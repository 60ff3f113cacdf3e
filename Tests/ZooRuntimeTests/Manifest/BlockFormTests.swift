import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport

/// Items that are left out, and blocks whose nodes are named by numbers.
struct ManifestBlockFormTests {
  @Test func whatIsLeftOutIsWhatItWouldTake() throws {
    let blocks = """
      {"layer": "core.tanh", "name": "a", "if": "${deep}"}, {"layer": "core.dense", "name": "b", "units": 2},
      {"use": "way", "name": "way", "if": "${deep}", "in": "x"},
      {"graph": [{"layer": "core.tanh"}], "name": "g", "if": "${deep}"},
      {"layer": "core.add", "name": "sum", "in": ["b", "way"]}, {"layer": "core.add", "name": "end", "in": ["g", "a"]}
      """
    func listing(_ deep: Bool) throws -> [String] {
      try expand(
        manifest(blocks, #""settings": {"deep": true}, "define": {"way": {"graph": [{"layer": "core.flatten"}]}},"#),
        settings: ["deep": JSON(.boolean(deep))]
      ).graph.listing
    }
    #expect(
      try listing(true) == [
        "a: core.tanh(x)", "b: core.dense(a)", "way.flatten: core.flatten(x)", "g.tanh: core.tanh(way.flatten)",
        "sum: core.add(b, way.flatten)", "end: core.add(g.tanh, a)",
      ])
    #expect(try listing(false) == ["b: core.dense(x)", "sum: core.add(b, x)", "end: core.add(x, x)"])
  }

  @Test func nothingElseOfWhatIsLeftOutIsLookedAt() throws {
    let model = try expand(
      manifest(#"{"layer": "no.such", "if": false, "in": ["x", "x"], "units": "${nothing}"}, {"layer": "core.tanh"}"#))
    #expect(model.graph.listing == ["tanh: core.tanh(x)"])
  }

  @Test func inANumberedBlockWhatHasNoNameHasANumber() throws {
    let model = try expand(
      manifest(
        """
        {"numbered": true, "name": "f", "graph": [
          {"layer": "core.dense", "units": 1}, {"layer": "core.tanh", "if": false}, {"layer": "core.tanh"},
          {"use": "pair"}, {"layer": "core.dense", "name": "head", "units": 2}, {"use": "pair", "name": "5"},
          {"graph": [{"layer": "core.tanh"}]}, {"layer": "core.tanh"}, {"layer": "core.add", "in": ["0", "5"]}]},
        {"layer": "core.add", "name": "sum", "in": ["f.1", "f.2.0"]}
        """,
        #""define": {"pair": {"numbered": true, "graph": [{"layer": "core.dense", "units": 3}, {"layer": "core.tanh"}]}},"#))
    #expect(
      model.graph.listing == [
        "f.0: core.dense(x)", "f.1: core.tanh(f.0)", "f.2.0: core.dense(f.1)", "f.2.1: core.tanh(f.2.0)", "f.head: core.dense(f.2.1)",
        "f.5.0: core.dense(f.head)", "f.5.1: core.tanh(f.5.0)", "f.3.tanh: core.tanh(f.5.1)", "f.4: core.tanh(f.3.tanh)",
        "f.6: core.add(f.0, f.5.1)", "sum: core.add(f.1, f.2.0)",
      ])
  }

  @Test func repeatsWithoutANameCountOnInANumberedBlock() throws {
    let model = try expand(
      manifest(
        """
        {"numbered": true, "name": "features", "graph": [
          {"repeat": "${len(depths)}", "settings": {"stage": "${index}"}, "graph": [
            {"repeat": "${depths[stage]}", "graph": [{"layer": "core.dense", "units": "${10 * stage + index + 1}"}, {"layer": "core.tanh"}]},
            {"layer": "core.flatten"}]},
          {"repeat": 1, "name": "named", "graph": [{"layer": "core.tanh"}]}]}
        """, #""settings": {"depths": [1, 0, 2]},"#))
    #expect(
      model.graph.listing == [
        "features.0: core.dense(x)", "features.1: core.tanh(features.0)", "features.2: core.flatten(features.1)",
        "features.3: core.flatten(features.2)", "features.4: core.dense(features.3)", "features.5: core.tanh(features.4)",
        "features.6: core.dense(features.5)", "features.7: core.tanh(features.6)", "features.8: core.flatten(features.7)",
        "features.named.0.tanh: core.tanh(features.8)",
      ])
    #expect([0, 4, 6].map { model.graph.nodes[$0].attributes[0] } == [.integer(1), .integer(21), .integer(22)])
  }

  @Test func theInputsOfSuchARepeatAreItsOwn() throws {
    let model = try expand(
      manifest(
        """
        {"numbered": true, "name": "f", "graph": [
          {"layer": "core.tanh", "name": "h"}, {"layer": "core.flatten"},
          {"repeat": 2, "inputs": "h", "graph": [{"layer": "core.flatten"}, {"layer": "core.add", "in": ["h", "1"]}]}]}
        """))
    #expect(
      model.graph.listing == [
        "f.h: core.tanh(x)", "f.0: core.flatten(f.h)", "f.1: core.flatten(f.0)", "f.2: core.add(f.0, f.1)", "f.3: core.flatten(f.2)",
        "f.4: core.add(f.2, f.1)",
      ])
  }

  @Test func numberedBlocksShareByNumber() throws {
    let two = #"[{"repeat": 2, "graph": [{"layer": "core.dense", "units": 4}]}]"#
    let model = try expand(
      manifest(#"{"numbered": true, "name": "a", "graph": \#(two)}, {"numbered": true, "name": "b", "share": "a", "graph": \#(two)}"#))
    #expect(model.graph.listing.suffix(2) == ["b.0: core.dense(a.1) @ a.0", "b.1: core.dense(b.0) @ a.1"])
  }

  @Test(arguments: [
    ManifestCase(
      graph: #"{"numbered": true, "graph": [{"repeat": 2, "graph": [{"layer": "core.tanh", "name": "t"}]}]}"#,
      ":3:85: at /graph/0/graph/0/graph/0/name: the name 't' is taken, at 3:54", "names are unique within their block: choose another"),
    ManifestCase(
      graph: #"{"layer": "core.tanh", "if": 1}"#,
      ":3:30: at /graph/0/if: 'if' of an item of the graph must be true or false, but it is 1", "write true or false, without quotes"),
  ])
  func errors(_ it: ManifestCase) {
    let error = #expect(throws: ManifestError.self) { try expand(it.manifest) }
    #expect(error?.message == it.message)
    #expect(error?.help == it.help)
  }
}

/// Further names for a manifest.
struct ManifestVariantTests {
  private static let text = """
    {"zoo": 1, "name": "net", "title": "Net", "about": "It is.", "settings": {"depth": 2, "width": 3, "ratio": 0.5, "twice": "${depth * 2}"},
     "variants": {"net5": {"title": "Net 5", "settings": {"depth": 5, "ratio": 1}}, "wide": {"settings": {"width": "${depth * 10}"}}},
     "inputs": {"x": {"shape": ["N", 4]}}, "graph": [{"layer": "core.tanh"}]}
    """

  private func manifest(_ text: String = text) throws -> Manifest {
    try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: ".")
  }

  private func settings(_ variant: String, _ overrides: [String: JSON] = [:]) throws -> JSON {
    let model = try #require(manifest().variant(variant)).expand(settings: overrides, catalog: FakeCatalog())
    #expect(model.name == variant)
    return JSON(.object(model.settings))
  }

  @Test func aVariantHasItsOwnNameAndDefaults() throws {
    #expect(try manifest().variantNames == ["net5", "wide"])
    #expect(try manifest().variant("net") == nil)
    let net5 = try #require(try manifest().variant("net5"))
    #expect([net5.name, net5.title, net5.about] == ["net5", "Net 5", "It is."])
    #expect(try manifest().variant("wide")?.title == "wide")
    #expect(try settings("net5") == ["depth": 5, "width": 3, "ratio": 1, "twice": 10])
    #expect(try settings("wide") == ["depth": 2, "width": 20, "ratio": 0.5, "twice": 4])
    #expect(try JSON(.object(manifest().expand(catalog: FakeCatalog()).settings)) == ["depth": 2, "width": 3, "ratio": 0.5, "twice": 4])
  }

  @Test func aVariantGivesWhatHasNoDefault() throws {
    let text = #"""
      {"zoo": 1, "settings": {"depth": 3, "width": null}, "variants": {"v": {"settings": {"width": "${depth * 2}"}}},
       "graph": [{"layer": "core.noise"}]}
      """#
    let model = try #require(try manifest(text).variant("v")).expand(settings: ["depth": "5"], catalog: FakeCatalog())
    #expect(JSON(.object(model.settings)) == ["depth": 5, "width": 10])
    #expect(throws: ManifestError.self) { try manifest(text).expand(catalog: FakeCatalog()) }
  }

  @Test func whatIsGivenComesBeforeTheVariant() throws {
    #expect(try settings("net5", ["depth": "7"]) == ["depth": 7, "width": 3, "ratio": 1, "twice": 14])
    #expect(try settings("wide", ["depth": "7"]) == ["depth": 7, "width": 70, "ratio": 0.5, "twice": 14])
  }

  @Test func whatAVariantCannotGiveIsAnError() throws {
    func words(_ variant: String) throws -> String? {
      let text = #"{"zoo": 1, "settings": {"depth": 2}, "variants": {"v": \#(variant)}, "graph": [{"layer": "core.noise"}]}"#
      do {
        _ = try manifest(text).variant("v")?.expand(catalog: FakeCatalog())
        return nil
      } catch let error as ManifestError {
        return error.message
      }
    }
    #expect(try words(#"{"settings": {"deep": 2}}"#) == "m.json:1:70: at /variants/v/settings/deep: the manifest has no setting 'deep'")
    #expect(
      try words(#"{"settings": {"depth": "two"}}"#)
        == #"m.json:1:79: at /variants/v/settings/depth: setting 'depth' must be a whole number like its default 2, but it is "two""#)
    #expect(
      try words(#"{"settings": 3}"#) == "m.json:1:69: at /variants/v/settings: 'settings' of variant 'v' must be an object, but it is 3")
    #expect(try words(#"{"depth": 3}"#) == "m.json:1:57: at /variants/v/depth: variant 'v' has no key 'depth'")
  }
}

/// Attributes of codecs whose text is in a file.
struct ManifestFileTests {
  private func model(_ names: String, in folder: TemporaryFolder) throws -> Model {
    let text = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 4]}}, "graph": [{"layer": "core.tanh"}],
       "outputs": {"y": {"from": "tanh", "codec": {"kind": "labels", "top": 2, "names": \(names)}}}}
      """
    var model = try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: folder.path).expand(catalog: FakeCatalog())
    try model.readFiles(manifestFolder: folder.path, zooRoot: folder.path)
    return model
  }

  @Test func theTextOfAFileStandsForIt() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("names.txt", "ant\nbee\n")
    let codec = try #require(try model(#"{"file": "names.txt"}"#, in: folder).graph.outputs[0].codec)
    #expect(codec.attributes == [.integer(2), .boolean(false), .text("ant\nbee\n")])
    #expect(codec.files.isEmpty)
  }

  @Test(arguments: [
    (#"{"file": "nothing.txt"}"#, "there is no file 'nothing.txt'"),
    (#"{"file": "../names.txt"}"#, "'../names.txt' is a path that leaves the folder"),
    (#"{"file": 3}"#, "'file' of attribute 'names' of codec 'labels' of output 'y' must be text, but it is 3"),
    (#"{"path": "names.txt"}"#, "attribute 'names' of codec 'labels' of output 'y' has no key 'path'"),
    ("{}", "attribute 'names' of codec 'labels' of output 'y' needs 'file': the file whose text it is"),
  ])
  func whatIsNoFileIsAnError(_ names: String, _ words: String) throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: ManifestError.self) { _ = try model(names, in: folder) }
    #expect(error?.message.hasSuffix(words) ?? false, "\(error?.message ?? "")")
  }
}
