import Glibc

/// The small families in Tests/Fixtures/families.
package enum FixtureFamily {
  /// Compiles one of them into a file, which it replaces as a whole.
  package static func compile(_ source: String, to path: String, _ flags: [String] = ["-shared"]) throws {
    let result = try Command.run(
      ["cc", "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fPIC"] + flags + [
        "-I", Repository.root + "/Sources/CZoo/include", "\(Repository.fixtures)/families/\(source).c", "-o", path + ".new",
      ])
    guard result.status == 0 else { throw TestProblem(result.errors) }
    guard rename(path + ".new", path) == 0 else { throw TestProblem("cannot write \(path)") }
  }
}
