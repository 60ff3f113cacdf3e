import CHost

/// Ctrl-C and polite requests to end (SIGINT, SIGTERM) while something long runs.
public enum Interrupts {
  /// Runs `body`; the first signal cancels `run`, the second ends the process.
  public static func cancelling<Result, Failure: Error>(_ run: Run, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    zoo_interrupts_cancel(run.raw)
    defer { zoo_interrupts_cancel(nil) }
    return try withExtendedLifetime(run) { () throws(Failure) in try body() }
  }
}
