import Testing
import ZooFormats
import ZooRuntime

/// Other values in a manifest's `train`, and the manifest that has all choices in it.
struct ManifestChoicesTests {
  private static let text = """
    {"zoo": 1, "name": "m", "$schema": "../s.json", "settings": {"n": 3, "twice": "${2 * n}"},
     "variants": {"big": {"title": "Big", "settings": {"n": 9}}}, "inputs": {"x": {"shape": [1]}},
     "graph": [{"layer": "core.tanh"}], "outputs": {"y": "tanh"},
     "train": {"epochs": 4, "optimizer": {"layer": "core.sgd", "rate": 0.1}, "steps": [{"minimize": "a"}, {"minimize": "b"}]}}
    """

  private func manifest() throws -> Manifest { try Manifest(contentsOf: Array(Self.text.utf8), file: "m.json", folder: "/") }

  @Test func valuesAreReplacedAndAdded() throws {
    let changed = try manifest().changing([
      ("train.optimizer.rate", 0.5), ("train.steps.1.minimize", "c"), ("train.optimizer.clip.norm", 2), ("train.epochs", [1]),
    ])
    #expect(changed.value(at: "train.optimizer") == ["layer": "core.sgd", "rate": 0.5, "clip": ["norm": 2]])
    #expect(changed.value(at: "train.steps") == [["minimize": "a"], ["minimize": "c"]])
    #expect(changed.value(at: "train.epochs") == [1])
    #expect(changed.value(at: "train.steps.2") == nil)
    #expect(changed.value(at: "train.steps.1.minimize.x") == nil)
    #expect(try manifest().value(at: "train.optimizer.rate") == 0.1)
  }

  @Test func errorsAboutWhatIsInTheFileStillSayWhere() throws {
    func message(_ text: String) throws -> String? {
      let read = try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: "/")
      let changed = try read.changing([("train.about", "changed"), ("train.optimizer.rate", ["a"]), ("train.seed", 1)])
      let error = #expect(throws: ManifestError.self) { _ = try changed.expand(catalog: FakeCatalog()) }
      return error?.message
    }
    let wrong = Self.text.split(separator: "\"epochs\": 4,").joined(separator: "\"epochs\": 4, \"oops\": 1,")
    #expect(try message(wrong) == "m.json:4:25: at /train/oops: 'train' has no key 'oops'")
    let late = Self.text.split(separator: "{\"minimize\": \"b\"}").joined(separator: "{\"minimize\": \"y\", \"oops\": 1}")
    #expect(try message(late)?.hasPrefix("m.json:4:") ?? false)
  }

  @Test func theResolvedManifestHasAllChoices() throws {
    let big = try #require(try manifest().variant("big"))
    let settings = try big.expand(catalog: FakeCatalog(), includesTraining: false).settings
    let resolved = big.resolved(settings: settings)
    #expect(resolved["settings"] == ["n": 9, "twice": 18])
    #expect(resolved["name"] == "big")
    #expect(resolved["title"] == "Big")
    #expect(resolved["variants"] == nil)
    #expect(resolved["$schema"] == nil)
    let again = try Manifest(contentsOf: Array(resolved.text().utf8), file: "r.json", folder: "/")
    #expect(try again.expand(catalog: FakeCatalog(), includesTraining: false).settings == settings)
  }

  @Test func whatIsSearchedIsReadAsItStands() throws {
    func read(_ text: String) throws -> TuningSection? {
      let whole = #"{"zoo": 1, "inputs": {"x": {"shape": [1]}}, "graph": [], "tune": \#(text)}"#
      return try Manifest(contentsOf: Array(whole.utf8), file: "m.json", folder: "/").tuning()
    }
    #expect(try manifest().tuning() == nil)
    let tuning = try #require(
      try read(#"{"over": {"n": [1, 2], "train.batch": "1..4"}, "method": "grid", "trials": 3, "maximize": "y"}"#))
    #expect(tuning.over.map(\.name) == ["n", "train.batch"])
    let values: [JSON] = [[1, 2], "1..4"]
    #expect(tuning.over.map(\.values) == values)
    #expect(tuning.method == "grid" && tuning.trials == 3 && tuning.maximized == "y" && tuning.minimized == nil)
    func message(_ text: String) throws -> String? {
      let error = #expect(throws: ManifestError.self) { _ = try read(text) }
      return error?.message.split(separator: ": ").last.map(String.init)
    }
    #expect(try message(#"{"over": [1]}"#) == "'over' of 'tune' must be an object, but it is [1]")
    #expect(try message(#"{"over": {}, "methods": "grid"}"#) == "'tune' has no key 'methods'")
    #expect(try message(#"{"over": {}, "method": "luck"}"#) == "'method' of 'tune' cannot be 'luck'")
    #expect(try message(#"{"over": {}, "trials": 0}"#) == "'trials' of 'tune' must be from 1 to 2147483647, but it is 0")
  }
}
