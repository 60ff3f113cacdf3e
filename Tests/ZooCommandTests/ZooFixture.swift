import Glibc
import ZooTestSupport

/// A zoo of a test's own: a folder with `zoo/plugins` and `zoo/manifests`, in which the command runs as a child process.
final class ZooFixture {
  /// The folder that `zoo` is in, and that commands run in.
  let folder: TemporaryFolder
  var path: String { folder.path }

  /// A zoo with the families as built; without them, an empty one.
  init(families: Bool = true) throws {
    folder = try TemporaryFolder()
    for name in ["/zoo", "/zoo/plugins", "/zoo/manifests"] { mkdir(folder.path + name, 0o700) }
    guard families else { return }
    for name in Repository.files(in: Repository.plugins) where name.hasSuffix(".so") {
      symlink(Repository.plugins + "/" + name, "\(folder.path)/zoo/plugins/\(name)")
    }
  }

  /// Writes a manifest.
  func manifest(_ name: String, _ json: String) throws { _ = try folder.file("zoo/manifests/\(name).json", json) }

  /// Compiles a family of Tests/Fixtures/families into the zoo.
  func compile(_ source: String, as name: String? = nil, _ flags: [String] = ["-shared"]) throws {
    try FixtureFamily.compile(source, to: "\(path)/zoo/plugins/\(name ?? source).so", flags)
  }

  /// Runs `zoo` in this folder; this process's own ZOO_PATH and colours are out of its way.
  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Command.Result {
    try run(arguments, environment: environment)
  }

  /// The same with a list.
  func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Command.Result {
    try zoo(arguments, folder: path, environment: environment)
  }

  /// The same with arguments that are in a list.
  func run(_ command: String, arguments: [String]) throws -> Command.Result { try zoo([command] + arguments, folder: path) }

  /// The same on a terminal, with words between spaces: `output` is what the terminal receives.
  func terminal(_ line: String, environment: [String: String] = [:]) throws -> Command.Result {
    try Command.run(
      ["script", "-qec", "\(Repository.command) \(line)", "/dev/null"], environment: neutral.merging(environment) { $1 }, folder: path)
  }
}

/// Runs the command as built.
func zoo(_ arguments: [String], folder: String, environment: [String: String] = [:]) throws -> Command.Result {
  try Command.run([Repository.command] + arguments, environment: neutral.merging(environment) { $1 }, folder: folder)
}

/// What the person who runs the tests may have set otherwise, and what the command remembers between runs.
let neutral = [
  "ZOO_PATH": "", "NO_COLOR": "", "COLUMNS": "80", "TERM": "xterm", "XDG_CACHE_HOME": Repository.command + "-test-cache",
  "XDG_CONFIG_HOME": Repository.command + "-test-config",
]

/// The same with words between spaces, in the repository.
func zoo(_ line: String, environment: [String: String] = [:]) throws -> Command.Result {
  try zoo(line.split(separator: " ").map(String.init), folder: Repository.root, environment: environment)
}
