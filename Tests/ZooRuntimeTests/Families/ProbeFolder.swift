import Glibc
import ZooFormats
import ZooRuntime
import ZooTestSupport

/// A folder of families, a memory of its own, and a note of every file that a process has looked at.
final class ProbeFolder {
  let folder: TemporaryFolder
  var path: String { folder.path }
  var plugins: String { path + "/plugins" }
  var memory: String { path + "/cache/zoo" }
  /// The memory's file.
  var remembered: String { memory + "/families.json" }

  private var log: String { path + "/log" }
  private let script: String

  init() throws {
    folder = try TemporaryFolder()
    mkdir(folder.path + "/plugins", 0o700)
    script = try folder.file(
      "look.sh",
      """
      echo "${1##*/}" >> '\(folder.path)/log'
      exec '\(Repository.command)' probe -- "$1"
      """)
  }

  /// Compiles a family of Tests/Fixtures/families.
  func compile(_ source: String, as name: String? = nil, _ flags: String...) throws {
    try FixtureFamily.compile(source, to: file(name ?? source), ["-shared"] + flags)
  }

  /// The path of a family.
  func file(_ name: String) -> String { "\(plugins)/\(name).so" }

  /// Its bytes.
  func bytes(_ name: String) throws -> [UInt8] { Array(try MappedFile(file(name)).contents) }

  /// Replaces it by bytes.
  func write(_ bytes: some Sequence<UInt8>, to name: String) throws { try AtomicFile.write(Array(bytes), to: file(name)) }

  /// What looks at its families; `arguments` make another one of it.
  func probe(limit: Duration = .seconds(5), retries: Bool = false, arguments: [String] = []) -> FamilyProbe {
    FamilyProbe(command: ["/bin/sh"] + arguments + [script], limit: limit, memory: memory, retries: retries)
  }

  /// The catalogue as a command would see it.
  func scan(limit: Duration = .seconds(5), retries: Bool = false, arguments: [String] = []) -> Catalog {
    Catalog(folder: plugins, probe: probe(limit: limit, retries: retries, arguments: arguments))
  }

  /// The files that processes have looked at since the last time, sorted.
  func lookedAt() throws -> [String] {
    guard access(log, F_OK) == 0 else { return [] }
    let text = String(decoding: try MappedFile(log).contents, as: UTF8.self)
    unlink(log)
    return text.split(separator: "\n").map(String.init).sorted()
  }

  /// What is wrong in the catalogue, without the folder.
  func problems(_ catalog: Catalog) -> [String] {
    catalog.problems.map { String($0.message.replacing(plugins + "/", with: "")) }
  }
}
