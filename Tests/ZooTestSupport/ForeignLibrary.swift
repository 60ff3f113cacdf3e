import Glibc

/// The libraries in Tests/Fixtures/foreign, which know nothing of zoo.
package enum ForeignLibrary {
  /// The path of the one of functions, `libfunctions.so`, compiled once, beside the command.
  package static func functions() throws -> String { try compiled.get() }

  private static let compiled: Result<String, any Error> = Result {
    let folder = Repository.command + "-test-libraries"
    mkdir(folder, 0o700)
    let path = folder + "/libfunctions.so"
    let result = try Command.run([
      "cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-fPIC", "-shared", "\(Repository.fixtures)/foreign/functions.c", "-lm", "-o",
      "\(path).\(getpid())",
    ])
    guard result.status == 0 else { throw TestProblem(result.errors) }
    guard rename("\(path).\(getpid())", path) == 0 else { throw TestProblem("cannot write \(path)") }
    return path
  }
}
