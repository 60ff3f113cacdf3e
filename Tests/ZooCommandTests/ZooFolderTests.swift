import Glibc
import Testing
import ZooRuntime
import ZooTestSupport

/// Where a zoo is looked for.
@Suite struct ZooFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Makes a zoo at that path in the folder, and returns its path.
  private func makeZoo(_ path: String) -> String {
    var made = folder.path
    for part in (path + "/plugins").split(separator: "/") {
      made += "/" + part
      mkdir(made, 0o700)
    }
    return folder.path + "/" + path
  }

  private func makeFolder(_ path: String) -> String {
    mkdir(folder.path + "/" + path, 0o700)
    return folder.path + "/" + path
  }

  @Test func theOptionComesFirstThenTheVariableThenTheWorkingFolder() throws {
    let (named, variable, here) = (makeZoo("a"), makeZoo("b"), makeZoo("c/zoo"))
    var surroundings = ZooFolder.Surroundings(zooPath: variable, home: nil, workingFolder: folder.path + "/c")
    #expect(try ZooFolder.find(option: named, in: surroundings).path == named)
    #expect(try ZooFolder.find(option: named + "/", in: surroundings).path == named)
    #expect(try ZooFolder.find(option: nil, in: surroundings).path == variable)
    surroundings.zooPath = nil
    #expect(try ZooFolder.find(option: nil, in: surroundings).path == "zoo")
    #expect(here.hasSuffix("/c/zoo"))
  }

  @Test func theParentsOfTheWorkingFolderAreLookedAtFromTheNearest() throws {
    let (far, near) = (makeZoo("zoo"), makeZoo("a/zoo"))
    _ = makeFolder("a/b")
    _ = makeFolder("a/b/zoo")  // without plugins it is none
    #expect(try ZooFolder.find(option: nil, in: .init(workingFolder: folder.path + "/a/b")).path == near)
    #expect(try ZooFolder.find(option: nil, in: .init(workingFolder: folder.path + "/other")).path == far)
  }

  @Test func thenWhatLiesBesideTheProgramThenTheHome() throws {
    let (beside, installed, home) = (makeZoo("program"), makeZoo("prefix/share/zoo"), makeZoo("home/.local/share/zoo"))
    let (working, nobody) = (makeFolder("empty"), makeFolder("nobody"))
    func find(_ program: String) throws -> String {
      try ZooFolder.find(option: nil, in: .init(home: folder.path + "/home", workingFolder: working, programFolder: program)).path
    }
    #expect(try find(beside) == beside)
    #expect(try find(folder.path + "/prefix/bin") == installed)
    #expect(try find(nobody) == home)
  }

  @Test func noZooListsEveryPlaceThatWasLookedAt() throws {
    let surroundings = ZooFolder.Surroundings(home: "/no/home", workingFolder: "/no/where", programFolder: "/no/bin")
    let tried = ["/no/where/zoo", "/no/zoo", "/zoo", "/no/bin", "/no/share/zoo", "/no/home/.local/share/zoo", "/usr/local/share/zoo"]
    #expect(throws: ZooError.noZoo(tried: tried)) { try ZooFolder.find(option: nil, in: surroundings) }
    #expect(
      ZooError.noZoo(tried: ["/a", "/b"]).description
        == """
        there is no zoo; none of these is a folder with families in 'plugins':
            /a
            /b
          help: name one with --zoo FOLDER or ZOO_PATH
        """)
  }

  @Test func manifestsAreInTheZooOrBesideIt() throws {
    let zoo = ZooFolder(path: makeZoo("zoo"))
    #expect(zoo.manifests == folder.path + "/manifests")
    let inside = makeFolder("zoo/manifests")
    #expect(zoo.manifests == inside)
    #expect(ZooFolder(path: "zoo").manifests == "manifests")
  }

  @Test func modelsAreFoundByFileByNameAndByPath() throws {
    let zoo = try ZooFixture(families: false)
    mkdir(zoo.path + "/zoo/manifests/family", 0o700)
    try zoo.manifest("family/file", #"{"zoo": 1, "name": "named", "graph": []}"#)
    try zoo.manifest("manifest.schema", "{}")
    let found = Zoo(ZooFolder(path: zoo.path + "/zoo"))
    let path = zoo.path + "/zoo/manifests/family/file.json"
    #expect(try found.model("file").path == path)
    #expect(try found.model("named").path == path)
    #expect(try found.model(path).name == "named")
    #expect(found.models().models.map(\.name) == ["named"])
    #expect(found.models().problems.isEmpty)
  }
}
