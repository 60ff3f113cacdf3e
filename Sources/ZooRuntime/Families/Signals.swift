import Glibc

private let signals: [(number: Int32, name: String)] = [
  (SIGHUP, "SIGHUP"), (SIGINT, "SIGINT"), (SIGQUIT, "SIGQUIT"), (SIGILL, "SIGILL"), (SIGTRAP, "SIGTRAP"), (SIGABRT, "SIGABRT"),
  (SIGBUS, "SIGBUS"), (SIGFPE, "SIGFPE"), (SIGKILL, "SIGKILL"), (SIGUSR1, "SIGUSR1"), (SIGSEGV, "SIGSEGV"), (SIGUSR2, "SIGUSR2"),
  (SIGPIPE, "SIGPIPE"), (SIGALRM, "SIGALRM"), (SIGTERM, "SIGTERM"), (SIGXCPU, "SIGXCPU"), (SIGXFSZ, "SIGXFSZ"), (SIGSYS, "SIGSYS"),
]

/// The name that people know it by.
func name(ofSignal number: Int32) -> String { signals.first { $0.number == number }?.name ?? "signal \(number)" }

/// Whether it comes from the user or from a system that is short of memory rather than from what the process itself does.
func isFromOutside(_ signal: Int32) -> Bool { [SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM].contains(signal) }
