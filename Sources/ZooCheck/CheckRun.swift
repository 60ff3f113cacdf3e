import ZooFormats
package import ZooRuntime
import ZooTypes

/// How one check of one kind, or of the family, ended.
package struct CheckResult: Sendable {
  /// How it ended.
  package enum Outcome: String, Sendable {
    case passed, failed, skipped
  }

  package let check: Check
  /// nil: it was about the family.
  package let kind: String?
  package let outcome: Outcome
  /// Why it failed or was skipped.
  package let words: String
}

/// A family's checks, each in a process of its own.
package struct CheckRun {
  /// The program that runs one check, and its first arguments; the family's file, the check and the kind follow.
  package let command: [String]
  /// How long one check may take; waiting for a processor does not count.
  package var limit: Duration = .seconds(60)

  package init(command: [String]) { self.command = command }

  /// The checks to run, in the order of the kinds.
  package static func plan(_ family: Family, including patterns: [String]) -> [(check: Check, kind: String?)] {
    func isIncluded(_ check: Check, _ kind: String?) -> Bool {
      patterns.isEmpty || patterns.contains { $0 == check.id || $0 == kind }
    }
    var jobs: [(check: Check, kind: String?)] = []
    for check in Check.all where check.subject == .family && isIncluded(check, nil) { jobs.append((check, nil)) }
    for kind in family.kinds {
      for check in Check.all where check.subject == .kind && isIncluded(check, kind.name) { jobs.append((check, kind.name)) }
    }
    return jobs
  }

  /// Runs `jobs`, as many at once as there are processors, and calls `report` with each result in the order of the jobs.
  package func run(_ path: String, _ jobs: [(check: Check, kind: String?)], report: (CheckResult) -> Void) {
    var results: [CheckResult?] = jobs.map { _ in nil }
    var (next, reported): (Int, Int) = (0, 0)
    var running: [(index: Int, child: ChildProcess)] = []
    let width = max(2, Threads.count)
    while reported < jobs.count {
      while next < jobs.count, running.count < width {
        let (check, kind) = jobs[next]
        do throws(ChildProcess.NotStarted) {
          running.append((next, try ChildProcess(command + [path, check.id] + (kind.map { [$0] } ?? []), limit: limit)))
        } catch {
          results[next] = CheckResult(check: check, kind: kind, outcome: .failed, words: error.words)
        }
        next += 1
      }
      ChildProcess.wait(for: running.map(\.child))
      for (index, child) in running {
        if let ending = child.ending { results[index] = result(jobs[index], ending) }
      }
      running.removeAll { $0.child.ending != nil }
      while reported < jobs.count, let result = results[reported] {
        report(result)
        reported += 1
      }
    }
  }

  private func result(_ job: (check: Check, kind: String?), _ ending: ChildProcess.Ending) -> CheckResult {
    func make(_ outcome: CheckResult.Outcome, _ words: String) -> CheckResult {
      CheckResult(check: job.check, kind: job.kind, outcome: outcome, words: words)
    }
    var (phase, example, fault) = ("load", "", "")
    for line in ending.output.split(separator: UInt8(ascii: "\n")) {
      guard let json = try? JSONDocument(Array(line), file: "check").root else { continue }
      if let at = json["at"]?.string { phase = at }
      if let words = json["case"]?.string { example = words }
      if let name = json["fault"]?.string { fault = describe(json, name) }
      if let outcome = json["outcome"]?.string.flatMap({ CheckResult.Outcome(rawValue: $0) }) {
        // What comes after the answer, such as a crash as the process ends, still counts.
        if ending.status == 0 { return make(outcome, json["words"]?.string ?? "") }
        (phase, example) = ("exit", "")
      }
    }
    let place = "\(phase)\(fault)\(example.isEmpty ? "" : " (\(example))")"
    guard ending.status != nil else { return make(.failed, "it hangs in \(place): it is not done after \(Int(limit / .seconds(1))) s") }
    if let signal = ending.signal { return make(.failed, "it crashes with \(signal) in \(place)") }
    return make(.failed, "it ends the process in \(place)")
  }

  /// Where a fault was, if it was at memory of the check's.
  private func describe(_ json: JSON, _ name: String) -> String {
    guard !name.isEmpty, let offset = json["offset"]?.integer, let bytes = json["bytes"]?.integer else { return "" }
    let verb = json["writes"]?.boolean == true ? "writes" : "reads"
    if offset < 0 { return ": it \(verb) before the start of \(name)" }
    if offset >= bytes { return ": it \(verb) past the end of \(name)" }
    return ": it \(verb) into \(name)"
  }
}
