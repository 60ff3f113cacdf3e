import Testing
import ZooFormats
import ZooTestSupport
import ZooTypes

/// What `zoo run` reads, prints and writes.
@Suite struct RunTests {
  /// A softmax over three classes whose labels are fruit, and the logits as they come.
  private static let fruit = """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 3], "sample": "sample.csv"}},
     "graph": [{"layer": "core.scale", "name": "twice", "factor": 2}, {"layer": "core.softmax", "name": "likely"}],
     "outputs": {"fruit": {"from": "likely", "codec": {"kind": "labels", "top": 2, "names": "apple,pear,plum"}}, "twice": "twice"}}
    """

  private func zooWithFruit() throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest("fruit", Self.fruit)
    _ = try zoo.folder.file("zoo/manifests/sample.csv", "0,0.5,0\n")
    return zoo
  }

  // exp(2 * 0.5) / (exp(1) + 2) = 0.576117, 1 / (exp(1) + 2) = 0.211942
  @Test func outputsArePrintedByTheirCodecsUnderTheirNames() throws {
    let result = try zooWithFruit().run("run", "fruit")
    #expect(
      result.output == """
        fruit
        pear    57.61 %
        apple   21.19 %

        twice
        f32 [1, 3]
        [[0 1 0]]

        """)
    #expect(result.errors == "")
    #expect(result.status == 0)
  }

  @Test func oneOutputIsPrintedWithoutItsName() throws {
    let result = try zooWithFruit().run("run", "fruit", "--output", "twice")
    #expect(result.output == "f32 [1, 3]\n[[0 1 0]]\n")
    #expect(result.status == 0)
  }

  @Test func jsonIsOneDocumentWithEveryOutput() throws {
    let zoo = try zooWithFruit()
    let result = try zoo.run("run", "fruit", "--json")
    let json = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(json["outputs"]?["twice"] == [[0.0, 1.0, 0.0]])
    #expect(json["outputs"]?["fruit"]?.array?.first?["label"] == "pear")
    #expect(json["files"] == [:])
    #expect((json["seconds"]?.number ?? -1) >= 0)

    let one = try JSONDocument(Array(try zoo.run("run", "fruit", "--json", "--output", "twice=t.npy").output.utf8), file: "output").root
    #expect(one["outputs"] == [:])
    #expect(one["files"] == ["twice": "t.npy"])
  }

  // L = ((x1 + x2) x1)^2 at (2, 3): ((2 + 3) * 2)^2 = 100.
  @Test func filesGoInAndOutByTheirExtensions() throws {
    let zoo = try ZooFixture()
    try writeNPY(2, to: zoo.path + "/two.npy")
    try writeNPY(3, to: zoo.path + "/three.npy")
    let manifest = Repository.root + "/manifests/basics/chain-rule.json"
    let result = try zoo.run("run", manifest, "--input", "x1=two.npy", "--input", "x2=three.npy", "--output", "L=L.npy")
    #expect(result.output == "")
    #expect(result.errors == "")
    #expect(result.status == 0)
    var written: Float = 0
    try withUnsafeMutableBytes(of: &written) { into in
      try MappedFile(zoo.path + "/L.npy").withUnsafeBytes { try NumPy.decode($0, into: into) }
    }
    #expect(written == 100)

    let alone = try zoo.run("run", manifest, "--input", "x1=two.npy", "--input", "x2=three.npy", "--output", "L.npy")
    #expect(alone.status == 0)
  }

  private func writeNPY(_ value: Float, to path: String) throws {
    let bytes = try withUnsafeBytes(of: value) { try NumPy.encode(Spec([]), $0) }
    try AtomicFile.write(bytes, to: path)
  }

  @Test func anOutputThatCannotBeWrittenLeavesNothingBehind() throws {
    let zoo = try zooWithFruit()
    let result = try zoo.run("run", "fruit", "--output", "twice=nowhere/t.npy")
    #expect(
      result.errors == "zoo: cannot write 'nowhere/t.npy': No such file or directory\n  help: make the folder 'nowhere' first\n")
    #expect(result.status == 1)
  }

  @Test func aMissingFileIsAFailureWithTheNearestName() throws {
    let zoo = try zooWithFruit()
    _ = try zoo.folder.file("apples.csv", "1,2,3\n")
    let result = try zoo.run("run", "fruit", "--input", "x=appels.csv")
    #expect(result.errors == "zoo: there is no file 'appels.csv'\n  help: did you mean 'apples.csv'?\n")
    #expect(result.status == 1)
  }

  @Test func anInputOfTheWrongShapeNamesBoth() throws {
    let zoo = try zooWithFruit()
    _ = try zoo.folder.file("four.csv", "1,2,3,4\n")
    let result = try zoo.run("run", "fruit", "--input", "four.csv")
    #expect(result.errors == "zoo: input 'x' must be f32 [N, 3], but it is [1, 4]\n  help: 'zoo info' of the model shows what it takes\n")
    #expect(result.status == 1)
  }

  @Test func aBrokenImageIsExplainedInTheCodecsWords() throws {
    let zoo = try ZooFixture()
    let png = try MappedFile(Repository.root + "/zoo/data/samples/7.png").contents
    try AtomicFile.write(Array(png.prefix(60)), to: zoo.path + "/cut.png")
    _ = try zoo.folder.file("empty.png", "")
    try zoo.manifest(
      "picture", #"{"zoo": 1, "inputs": {"x": {"shape": ["N", 28, 28, 1], "codec": "image"}}, "graph": [{"layer": "core.relu"}]}"#)
    let cut = try zoo.run("run", "picture", "--input", "cut.png")
    #expect(cut.errors.hasPrefix("zoo: cut.png: "))
    #expect(cut.errors.hasSuffix("\n  help: the codec 'image' reads it; try to open the file with another program\n"))
    #expect(cut.status == 1)
    let empty = try zoo.run("run", "picture", "--input", "empty.png")
    #expect(empty.errors.hasPrefix("zoo: empty.png: "))
    #expect(empty.status == 1)
  }

  @Test func aSettingChangesTheModelAndItsNameMustBeKnown() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "scaled",
      """
      {"zoo": 1, "settings": {"factor": 2}, "inputs": {"x": {"shape": ["N", 1], "sample": "one.csv"}},
       "graph": [{"layer": "core.scale", "factor": "${factor}"}]}
      """)
    _ = try zoo.folder.file("zoo/manifests/one.csv", "1\n")
    #expect(try zoo.run("run", "scaled").output == "f32 [1, 1]\n[[2]]\n")
    #expect(try zoo.run("run", "scaled", "--set", "factor=-3").output == "f32 [1, 1]\n[[-3]]\n")
    let unknown = try zoo.run("run", "scaled", "--set", "fcator=3")
    #expect(
      unknown.errors == "zoo: zoo/manifests/scaled.json: the manifest has no setting 'fcator'\n  help: did you mean 'factor'?\n")
    #expect(unknown.status == 64)
    let wrong = try zoo.run("run", "scaled", "--set", "factor=big")
    #expect(
      wrong.errors.hasPrefix("zoo: zoo/manifests/scaled.json: setting 'factor' must be a whole number like its default 2, but it is "))
    #expect(wrong.status == 64)
  }

  @Test func aModelWithoutItsWeightsSaysHowToGetThem() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "untrained",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1], "sample": "one.csv"}}, "graph": [{"layer": "core.dense", "units": 1}],
       "weights": "zoo/weights/untrained.safetensors"}
      """)
    _ = try zoo.folder.file("zoo/manifests/one.csv", "1\n")
    let result = try zoo.run("run", "untrained")
    #expect(
      result.errors == """
        zoo: 'untrained' has no weights yet: there is no 'zoo/weights/untrained.safetensors'
          help: give them with --weights FILE, or run untrained ones with --seed 0

        """)
    #expect(result.status == 1)
    let first = try zoo.run("run", "untrained", "--seed", "1")
    #expect(first.status == 0)
    #expect(try zoo.run("run", "untrained", "--seed", "1").output == first.output)
    #expect(try zoo.run("run", "untrained", "--seed", "2").output != first.output)
  }

  @Test func aFamilyThatWouldNotLoadIsNamedWhereItIsMissed() throws {
    let zoo = try ZooFixture(families: false)
    _ = try zoo.folder.file("zoo/plugins/core.so", "broken")
    try zoo.manifest("model", #"{"zoo": 1, "inputs": {"x": {"shape": ["N"]}}, "graph": [{"layer": "core.relu"}]}"#)
    let result = try zoo.run("run", "model")
    #expect(
      result.errors == """
        zoo: zoo/plugins/core.so: is not a shared library
          help: only families belong in this folder: remove it, or link it with -shared
        zoo: zoo/manifests/model.json:1:67: at /graph/0/layer: node 'relu' wants layer 'core.relu', which no loaded family has
          help: 'zoo list kinds' shows them all

        """)
    #expect(result.status == 1)
  }
}
