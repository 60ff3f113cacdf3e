import ZooFormats
import ZooRuntime
import ZooTypes

/// What a search says about itself while it runs, and at its end.
struct TuningReport {
  private let search: Search
  private let number: String
  private let count: Int
  private let json: Bool
  private let start = monotonicSeconds()
  private var progress = ProgressLine()
  private var done = 0

  /// A report of a search for values of `number`.
  init(search: Search, number: String, count: Int, json: Bool) {
    (self.search, self.number, self.count, self.json) = (search, number, count, json)
  }

  /// Shows how far it has come.
  mutating func show(_ trials: [Trial], running: Int) {
    let report = self
    progress.show(report.line(trials, running))
  }

  private func line(_ trials: [Trial], _ running: Int) -> String {
    let best = best(trials).map { ["best \(number) \(shortNumber($0.value ?? .nan)) in trial \($0.number)"] } ?? []
    let left = (monotonicSeconds() - start) / Double(max(done, 1)) * Double(count - trials.count)
    return ProgressBar.line(
      "trial \(trials.count)/\(count)", share: Double(trials.count) / Double(count), details: ["\(running) running"] + best,
      needed: done > 0 ? ["\(Quantity.wait(left)) left"] : [], width: Terminal.diagnostics.width - 1)
  }

  /// Tells of a trial that is over.
  mutating func add(_ trial: Trial) {
    done += 1
    guard !json else { return }
    progress.clear()
    let settings = zip(search.axes, trial.values).map { "\($0.name)=\($1.argument)" }.joined(separator: " ")
    let result = trial.value.map { "\(number) \(shortNumber($0))" } ?? trial.state.rawValue
    printResult("trial \(trial.number)/\(count)  \(result)  \(settings)")
    if trial.state == .failed { printDiagnostic("  \(trial.problem)") }
  }

  /// The best trial; of equals the first.
  private func best(_ trials: [Trial]) -> Trial? { ranked(trials).first }

  private func ranked(_ trials: [Trial]) -> [Trial] {
    trials.filter { $0.value != nil }.sorted { a, b in
      let (first, second) = (a.value ?? 0, b.value ?? 0)
      return first == second ? a.number < b.number : search.maximizes ? first > second : first < second
    }
  }

  /// Tells what was found.
  mutating func finish(_ trials: [Trial], folder: String, model: String, common: [String], isWhole: Bool) throws {
    progress.clear()
    let ranked = ranked(trials)
    guard let best = ranked.first else {
      if let problem = trials.first?.problem { throw TuneError.nothingWorked(folder: folder, problem: problem) }
      if !json { printResult("Stopped before any trial was over.") }
      return
    }
    let settings = zip(search.axes, best.values).flatMap { ["--set", "\($0.name)=\($1.argument)"] }
    let command = (["zoo", "train", model] + common + settings).map(quoted).joined(separator: " ")
    if json {
      printResult(
        JSON.object([
          ("number", .text(number)), ("best", best.json), ("command", .text(command)), ("interrupted", .boolean(!isWhole)),
          ("axes", .array(search.axes.map(\.json))), ("trials", .array(trials.map(\.json))), ("folder", .text(folder)),
        ]).text(.pretty))
      return
    }
    var table = Table([.numbers("TRIAL"), .numbers(number.uppercased())] + search.axes.map { .words($0.name) } + [.numbers("TIME")])
    for trial in ranked.prefix(10) {
      table.add(
        ["\(trial.number)", shortNumber(trial.value ?? .nan)] + trial.values.map(\.argument) + [Quantity.duration(trial.seconds)])
    }
    var lines = ["", table.text(for: .output), ""]
    let failed = trials.count - ranked.count
    let failures = failed > 0 ? ", of which \(failed) could not be trained" : ""
    lines.append("\(isWhole ? "Tried" : "Stopped after") \(plural(trials.count, "combination"))\(failures). Each is a run in \(folder).")
    lines.append("Best: \(command)")
    printResult(lines.joined(separator: "\n"))
  }
}

/// An argument as a shell takes it.
private func quoted(_ argument: String) -> String {
  let isPlain =
    !argument.isEmpty
    && argument.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x40...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "_-+=.,/:%".utf8.contains(byte)
    }
  return isPlain ? argument : "'" + argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
