import Glibc
import ZooRuntime

/// A `zoo train` that runs beside this process, with its words in a file.
final class TrialProcess {
  private let process: pid_t
  private let start = monotonicSeconds()
  /// How it ended, as `waitpid` has it; nil: it still runs.
  private(set) var status: Int32?
  /// How long it has run.
  private(set) var seconds = 0.0

  /// Starts this program with other arguments; nil: the system refuses.
  init?(_ arguments: [String], log: String) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)

    // A group of its own: what is typed at the terminal reaches this process alone, which passes it on.
    var attributes = ownGroupAttributes()
    defer { posix_spawnattr_destroy(&attributes) }

    var argv = (["zoo"] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in argv { free(pointer) } }
    var child = pid_t()
    guard posix_spawn(&child, "/proc/self/exe", &actions, &attributes, &argv, environ) == 0 else { return nil }
    process = child
  }

  deinit {
    guard status == nil else { return }
    kill(-process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
  }

  /// Whether it has ended.
  func hasEnded() -> Bool {
    if status != nil { return true }
    var ending: Int32 = 0
    guard waitpid(process, &ending, WNOHANG) == process else { return false }
    status = ending
    seconds = monotonicSeconds() - start
    return true
  }

  /// Asks it to stop after its current step.
  func interrupt() { if status == nil { kill(process, SIGINT) } }
}
