import CHost
package import Glibc
import ZooFormats

/// A process that may crash or hang on somebody's behalf: started, listened to, and ended when it takes too long.
package final class ChildProcess {
  /// It could not be started.
  package struct NotStarted: Error {
    package let words: String
  }

  /// What became of it.
  package struct Ending {
    /// As `waitpid` has it; nil: its time was up.
    package let status: Int32?
    package let output: [UInt8]
    package let errors: [UInt8]
    /// The signal that ended it, by name; nil: none did.
    package var signal: String? { status.flatMap { $0 & 0x7F == 0 ? nil : name(ofSignal: $0 & 0x7F) } }
  }

  /// nil: it still runs.
  package private(set) var ending: Ending?

  private let process: pid_t
  private let limit: Int
  private let start = monotonic()
  private var output: Stream
  private var errors: Stream

  /// The reading end of a pipe, and what has come out of it.
  private struct Stream {
    var descriptor: Int32
    var bytes: [UInt8] = []

    static let capacity = 1 << 20

    /// Takes what is there; what exceeds the capacity is dropped.
    mutating func drain() {
      guard descriptor >= 0 else { return }
      var buffer = [UInt8](repeating: 0, count: 1 << 14)
      while true {
        let count = buffer.withUnsafeMutableBytes { memory in
          let count = read(descriptor, memory.baseAddress, memory.count)
          if count > 0, bytes.count < Self.capacity { bytes.append(contentsOf: memory.prefix(count)) }
          return count
        }
        if count > 0 || count < 0 && errno == EINTR { continue }
        if count == 0 || errno != EAGAIN { end() }
        return
      }
    }

    mutating func end() {
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }

  /// Starts `command` in a process group of its own, with nothing to read and both outputs captured.
  package init(_ command: [String], limit: Duration) throws(NotStarted) {
    self.limit = max(1, Int(limit / .nanoseconds(1)))
    var (outputEnds, errorEnds): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
    let piped = zoo_child_pipe(&outputEnds) == 0 && zoo_child_pipe(&errorEnds) == 0
    let pipeError = errno
    defer { for end in [outputEnds[1], errorEnds[1]] where end >= 0 { close(end) } }
    output = Stream(descriptor: outputEnds[0])
    errors = Stream(descriptor: errorEnds[0])
    var (child, code) = (pid_t(), pipeError)
    if piped { code = Self.spawn(command, output: outputEnds[1], errors: errorEnds[1], &child) }
    process = child
    guard piped, code == 0 else {
      output.end()
      errors.end()
      throw NotStarted(words: "'\(command[0])' cannot be started: \(String(cString: strerror(code)))")
    }
    for end in [outputEnds[0], errorEnds[0]] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
  }

  private static func spawn(_ command: [String], output: Int32, errors: Int32, _ child: inout pid_t) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)

    var attributes = ownGroupAttributes()
    defer { posix_spawnattr_destroy(&attributes) }

    // Swift would spend seconds on the traces of a crash.
    var variables = ["SWIFT_BACKTRACE=enable=no"]
    var entry = environ
    while let variable = entry.pointee {
      let text = String(cString: variable)
      if !text.hasPrefix("SWIFT_BACKTRACE=") { variables.append(text) }
      entry += 1
    }
    var arguments = command.map { strdup($0) } + [nil]
    var environment = variables.map { strdup($0) } + [nil]
    defer { for pointer in arguments + environment { free(pointer) } }
    return posix_spawn(&child, command[0], &actions, &attributes, &arguments, &environment)
  }

  /// Returns when one of them is done at least.
  package static func wait(for children: [ChildProcess]) {
    while !children.isEmpty, children.allSatisfy({ $0.ending == nil }) {
      var ends: [pollfd] = []
      for child in children {
        for descriptor in [child.output.descriptor, child.errors.descriptor] where descriptor >= 0 {
          ends.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
      }
      // Most ends show as the end of a pipe; one whose own children hold the pipes open only shows when asked for.
      poll(&ends, nfds_t(ends.count), 5)
      for child in children { child.advance() }
    }
  }

  private func advance() {
    output.drain()
    errors.drain()
    var information = siginfo_t()
    let answer = waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
    if answer == 0, information.si_signo == SIGCHLD {
      finish(killed: false)
    } else if answer != 0, errno == ECHILD {
      // The host has its children's ends thrown away: what it said is all that there is to know.
      end(0)
    } else if elapsed >= limit {
      finish(killed: true)
    }
  }

  /// How long it has run; waiting for a processor does not count, up to a few limits.
  private var elapsed: Int {
    let total = monotonic() - start
    guard total >= limit, total < 5 * limit else { return total }
    return total - waited(process)
  }

  private func finish(killed: Bool) {
    // What it may have started itself ends with it. Before it is reaped: until then the group's number is nobody else's.
    kill(-process, SIGKILL)
    kill(process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    output.drain()
    errors.drain()
    end(killed ? nil : status)
  }

  private func end(_ status: Int32?) {
    output.end()
    errors.end()
    ending = Ending(status: status, output: output.bytes, errors: errors.bytes)
  }
}

/// Nanoseconds of a clock that nobody sets.
private func monotonic() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// How long a process has been ready to run without a processor, in nanoseconds; 0 where the system does not say.
private func waited(_ process: pid_t) -> Int {
  guard let file = fopen("/proc/\(process)/schedstat", "re") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 128)
  guard fgets(&line, 128, file) != nil else { return 0 }
  let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let numbers = text.split(separator: " ")
  return numbers.count > 1 ? Int(numbers[1]) ?? 0 : 0
}

/// How children are started: in a process group of their own, with signals as at the start of a program; the caller destroys it.
package func ownGroupAttributes() -> posix_spawnattr_t {
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  var (none, all) = (sigset_t(), sigset_t())
  sigemptyset(&none)
  sigfillset(&all)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setsigdefault(&attributes, &all)
  posix_spawnattr_setpgroup(&attributes, 0)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  return attributes
}
