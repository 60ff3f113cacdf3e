import Glibc
import Testing
import ZooFormats
import ZooRuntime

/// Where the paths of a manifest may lead.
final class ManifestPathTests {
  /// A folder with `menagerie` (a zoo, under a name of its own), `models` (with a manifest), and `secret` outside of both.
  let root: String
  var zoo: String { root + "/menagerie" }
  var models: String { root + "/models" }

  init() throws {
    var template = Array("/tmp/zoo-paths-XXXXXX".utf8CString)
    // The real path, because the answers are real paths.
    guard mkdtemp(&template) != nil, let real = realpath(template, nil) else { throw PathProblem() }
    defer { free(real) }
    root = String(cString: real)
    for folder in ["menagerie", "menagerie/weights", "models", "models/data", "secret"] { mkdir("\(root)/\(folder)", 0o755) }
    for file in ["menagerie/weights/a.st", "models/data/b.npz", "models/m.json", "secret/key", "beside"] {
      guard let stream = fopen("\(root)/\(file)", "w") else { throw PathProblem() }
      fclose(stream)
    }
    symlink("\(root)/secret", "\(models)/out")
    symlink("../secret/key", "\(models)/key")
    symlink("../menagerie/weights/a.st", "\(models)/in.st")
    symlink("models", "\(root)/alias")
  }

  deinit {
    for link in ["models/out", "models/key", "models/in.st", "alias"] { unlink("\(root)/\(link)") }
    for file in ["menagerie/weights/a.st", "models/data/b.npz", "models/m.json", "secret/key", "beside"] { unlink("\(root)/\(file)") }
    for folder in ["menagerie/weights", "menagerie", "models/data", "models", "secret", ""] { rmdir("\(root)/\(folder)") }
  }

  func resolve(_ path: String, models: String? = nil) throws(ManifestError) -> String {
    try ManifestPath(path, place: Place(file: "m.json", pointer: "/weights", line: 4, column: 2))
      .resolve(manifestFolder: models ?? self.models, zooRoot: zoo)
  }

  struct PathProblem: Error {}

  @Test(arguments: [
    ("zoo/weights/a.st", "menagerie/weights/a.st"), ("menagerie/weights/a.st", "menagerie/weights/a.st"),
    ("data/b.npz", "models/data/b.npz"),
    ("./data/../data//b.npz", "models/data/b.npz"), ("../models/data/b.npz", "models/data/b.npz"),
    ("models/data/b.npz", "models/data/b.npz"),
    ("../menagerie/weights/a.st", "menagerie/weights/a.st"), ("in.st", "menagerie/weights/a.st"),
  ])
  func pathsLeadIntoTheZooAndTheManifestsFolder(_ path: String, _ expected: String) throws {
    #expect(try resolve(path) == "\(root)/\(expected)")
    #expect(try resolve(path, models: "\(root)/alias") == "\(root)/\(expected)")
  }

  @Test(arguments: [
    "../secret/key", "../../etc/passwd", "../../../../../../etc/passwd", "zoo/../secret/key", "..", "data/../..", "out/key", "key",
    "../beside",
    "beside", "secret/key", "../nothing/here", "zoo/../../x", ".", "zoo/.",
  ])
  func pathsThatLeaveAreErrors(_ path: String) {
    let error = #expect(throws: ManifestError.self) { try resolve(path) }
    if let inside = ["beside": "beside", "secret/key": "secret/key", "zoo/../secret/key": "secret/key", "zoo/.": "zoo"][path] {
      // Beside the zoo's folder is outside; beside the manifest there is no such file.
      #expect(error?.problem == .missingFile(path, tried: ["\(models)/\(inside)"]))
    } else {
      #expect(error?.message == "m.json:4:2: at /weights: '\(path)' is a path that leaves the folder")
      #expect(error?.help == "paths lead into the zoo or the manifest's own folder; move the file there")
    }
  }

  @Test func otherPathsAreErrors() {
    func check(_ path: String, _ message: String, _ help: String) {
      let error = #expect(throws: ManifestError.self) { try resolve(path) }
      #expect(error?.message == "m.json:4:2: at /weights: " + message)
      #expect(error?.help == help)
    }
    check(
      "/etc/passwd", "'/etc/passwd' is an absolute path", "write it relative to the folder that the zoo is in, or to the manifest")
    for path in ["", "a\0b", "a\nb", String(repeating: "x", count: 5000)] {
      check(
        path, "'\(path.prefix(40))' cannot be a path", "a path is text without control characters, such as \"zoo/data/digits.npz\"")
    }
    check(
      "zoo/weights/c.st", "there is no file 'zoo/weights/c.st'",
      "looked for \(zoo)/weights/c.st and \(models)/zoo/weights/c.st")
  }

  @Test func weightsMayBeMissing() throws {
    let path = ManifestPath("zoo/weights/c.st", place: Place(file: "m.json"))
    #expect(try path.find(manifestFolder: models, zooRoot: zoo) == nil)
    #expect(throws: ManifestError.self) {
      try ManifestPath("../x", place: Place(file: "m.json")).find(manifestFolder: self.models, zooRoot: self.zoo)
    }
  }
}
