import Glibc

/// A child process, run to its end.
package enum Command {
  /// What it did.
  package struct Result {
    /// Its exit status; 128 and more: the signal that ended it.
    package let status: Int32
    package let output: String
    package let errors: String
    /// The time that processors spent on it, in seconds; unlike the time that went by, other processes do not lengthen it.
    package let processorSeconds: Double
  }

  /// Runs a program that is looked for in PATH.
  ///
  /// `environment` is added to this process's.
  package static func run(_ arguments: [String], environment: [String: String] = [:], folder: String? = nil) throws -> Result {
    let temporary = try TemporaryFolder()
    let (outPath, errPath) = (temporary.path + "/out", temporary.path + "/err")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outPath, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errPath, O_WRONLY | O_CREAT, 0o600)
    // Threads of the test runner block signals, which children would inherit.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let arguments = folder.map { ["sh", "-c", "cd \"$0\" && exec \"$@\"", $0] + arguments } ?? arguments

    var variables = environment
    var entry = environ
    while let pointer = entry.pointee {
      let text = String(cString: pointer)
      if let equals = text.firstIndex(of: "="), variables[String(text[..<equals])] == nil {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      entry += 1
    }
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var child = pid_t()
    let code = posix_spawnp(&child, arguments[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw TestProblem("\(arguments[0]): \(String(cString: strerror(code)))") }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0 && errno == EINTR {}
    let exit = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    let seconds = [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }.reduce(0, +)
    return Result(status: exit, output: try contents(outPath), errors: try contents(errPath), processorSeconds: seconds)
  }

  private static func contents(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw TestProblem("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A folder that is removed with this object.
package final class TemporaryFolder {
  /// Where it is.
  package let path: String

  package init() throws {
    var template = Array("/tmp/zoo-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestProblem("no temporary folder: \(String(cString: strerror(errno)))") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    guard let directory = opendir(path) else {
      unlink(path)
      return
    }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      if entry.pointee.d_type == UInt8(DT_DIR) { remove(path + "/" + name) } else { unlink(path + "/" + name) }
    }
    closedir(directory)
    rmdir(path)
  }

  /// Writes a file into it and returns its path.
  package func file(_ name: String, _ text: String) throws -> String {
    guard let file = fopen(path + "/" + name, "w") else { throw TestProblem("cannot write \(path)/\(name)") }
    fputs(text, file)
    fclose(file)
    return path + "/" + name
  }
}
