/// The libraries in Tests/Fixtures/foreign, which know nothing of zoo.
package enum ForeignLibrary {
  /// Compiles one of them into a file.
  package static func compile(_ source: String, to path: String) throws {
    let result = try Command.run([
      "cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-fPIC", "-shared", "\(Repository.fixtures)/foreign/\(source).c", "-lm", "-o",
      path,
    ])
    guard result.status == 0 else { throw TestProblem(result.errors) }
  }

  /// The one of functions, compiled once.
  package static let functions: Result<(path: String, folder: TemporaryFolder), any Error> = Result {
    let folder = try TemporaryFolder()
    let path = folder.path + "/libfunctions.so"
    try compile("functions", to: path)
    return (path, folder)
  }
}
