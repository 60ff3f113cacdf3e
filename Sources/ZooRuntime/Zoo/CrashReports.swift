import CHost
import CZoo
import Glibc

/// Whose fault a crash is.
public enum CrashReports {
  /// From now on, a crash in a family writes two last lines to standard error: which layer or codec, doing what, of which file; and
  /// what to do next.
  ///
  /// That goes for SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT and SIGTRAP on every thread that works for a layer, and for stacks that
  /// overflow. What would have happened without it happens afterwards: handlers that were there before are called, and by default the
  /// process ends by that signal, with a core where cores are wanted. The lines begin with `label` and `help`.
  ///
  /// Signal handlers are the whole process's, so this is for the program to call, never done by itself.
  public static func begin(label: String = "zoo:", help: String = "help:") { _ = zoo_crashes_attribute(label, help) }
}

/// A context of `run`, to be ended by `free`.
func makeContext(_ run: Run?, file: String, kind: String, layer: String) -> UnsafeMutablePointer<zoo_context> {
  guard let context = zoo_context_make(run?.raw, file, kind, layer) else { fatalError("out of memory") }
  return context
}

/// Notes whose fault a crash in `body` would be, and in which phase (`ZOO_IN_...`).
@inline(__always)
func attributed<Result>(to context: UnsafePointer<zoo_context>, _ phase: Int, _ body: () -> Result) -> Result {
  let before = zoo_enter(context, Int32(phase))
  defer { zoo_leave(before) }
  return body()
}
