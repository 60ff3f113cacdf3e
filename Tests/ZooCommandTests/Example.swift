import Glibc
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What is neutral for programs that build: SwiftPM finds what it got before where it always is.
let building = neutral.filter { $0.key != "XDG_CACHE_HOME" }

/// A family of the folder Examples, built by its own Makefile; the tests that use it share one build.
final class Example: Sendable {
  static let languages = ["c", "rust", "swift"]
  /// Those that can be built here.
  static let buildable = languages.filter { $0 != "rust" || hasCargo }
  static let hasCargo = (try? Command.run(["cargo", "--version"]).status) == 0

  private static let c = Result { try Example("c", "curves") }
  private static let rust = Result { try Example("rust", "gates") }
  private static let swift = Result { try Example("swift", "angles") }

  /// The example in that language, built.
  static func built(_ language: String) throws -> Example {
    switch language {
    case "c": try c.get()
    case "rust": try rust.get()
    default: try swift.get()
    }
  }

  /// The kind of that name, of a family that is built for it.
  static func kind(_ name: String) throws -> KindInfo {
    let language = name.hasPrefix("curves.") ? "c" : name.hasPrefix("gates.") ? "rust" : "swift"
    let catalog = try built(language).catalog
    guard let kind = catalog.kind(name) else { throw TestProblem("there is no \(name): \(catalog.problems)") }
    return kind
  }

  let language: String
  /// The family's name, and the shared library that it was built into.
  let family: String
  let file: String
  let catalog: Catalog

  private init(_ language: String, _ family: String) throws {
    self.language = language
    self.family = family
    let build = Self.buildFolder(language)
    file = "\(build)/\(family).so"
    // Whatever is there already may be of other sources.
    let result = try Self.make(language, "--always-make")
    let words = result.output + result.errors
    guard result.status == 0, !words.contains("warning:") else { throw TestProblem(words) }
    catalog = Catalog(folder: build)
  }

  private static func buildFolder(_ language: String) -> String { Repository.command + "-test-examples/" + language }

  /// Runs `make` in the example's folder, with another folder for what it makes.
  static func make(_ language: String, _ arguments: String..., zoo: String = "/nowhere") throws -> Command.Result {
    try Command.run(
      ["make", "-C", "\(Repository.root)/Examples/\(language)", "BUILD=\(buildFolder(language))", "ZOO=\(Repository.command)"]
        + ["ZOO_FOLDER=\(zoo)"] + arguments, environment: building)
  }

  /// The symbols that a shared library exports.
  static func exports(of file: String) throws -> [String] {
    let result = try Command.run(["nm", "-D", "--defined-only", "--extern-only", "--format=posix", file])
    guard result.status == 0 else { throw TestProblem(result.errors) }
    return result.output.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
  }
}

extension ZooFixture {
  /// Puts the repository's digits into the zoo, as files of its own: a manifest may not read what a link leads to elsewhere.
  func addDigits() throws {
    let result = try Command.run(["cp", "-r", Repository.root + "/zoo/data", path + "/zoo/data"])
    guard result.status == 0 else { throw TestProblem(result.errors) }
  }

  /// Runs `zoo` with arguments from a list.
  func run(all arguments: [String]) throws -> Command.Result { try zoo(arguments, folder: path) }

  /// Links a family into the zoo.
  func add(_ file: String, as family: String) throws {
    guard symlink(file, "\(path)/zoo/plugins/\(family).so") == 0 else { throw TestProblem("cannot link \(file)") }
  }
}
