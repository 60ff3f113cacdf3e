import ZooCheck
import ZooFormats
import ZooRuntime

/// What the checks of a family have found.
struct CheckReport {
  private let family: Family
  private var results: [CheckResult] = []

  init(family: Family) { self.family = family }

  mutating func add(_ result: CheckResult) { results.append(result) }

  var count: Int { results.count }
  var failed: Int { count(.failed) }
  private func count(_ outcome: CheckResult.Outcome) -> Int { results.count { $0.outcome == outcome } }

  private var tally: String { "\(count(.passed)) passed, \(count(.skipped)) skipped, \(failed) failed" }

  /// A line for each kind, what failed under it, and the tally.
  func text(for terminal: Terminal) -> String {
    var lines = [terminal.styled("\(family.name) \(family.version)", .bold) + "  \(family.path)"]
    for name in [nil] + family.kinds.map({ Optional($0.name) }) {
      let own = results.filter { $0.kind == name }
      if own.isEmpty { continue }
      let failures = own.filter { $0.outcome == .failed }
      let mark = failures.isEmpty ? "ok" : terminal.styled("FAILED", .failure)
      lines.append("  \(name ?? "the library")  \(own.count { $0.outcome == .passed }) of \(own.count { $0.outcome != .skipped })  \(mark)")
      for failure in failures {
        lines.append("    \(terminal.styled(failure.check.id, .bold)): \(failure.check.words)")
        lines.append("      \(failure.words)")
      }
    }
    return (lines + [tally]).joined(separator: "\n")
  }

  var json: JSON {
    let checks = results.map(describe)
    return .object([
      ("family", .text(family.name)), ("version", .text(family.version)), ("path", .text(family.path)),
      ("checks", .array(checks)), ("passed", .integer(count(.passed))), ("skipped", .integer(count(.skipped))),
      ("failed", .integer(failed)),
    ])
  }

  private func describe(_ result: CheckResult) -> JSON {
    let kind = result.kind.map { JSON.text($0) } ?? JSON(.null)
    return .object([
      ("id", .text(result.check.id)), ("kind", kind), ("outcome", .text(result.outcome.rawValue)), ("words", .text(result.words)),
    ])
  }
}
