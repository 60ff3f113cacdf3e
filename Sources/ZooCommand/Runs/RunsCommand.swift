import ArgumentParser
import Glibc
import ZooFormats
import ZooTraining
import ZooTypes

/// `zoo runs`: what was trained, and how runs differ.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List what was trained, or compare runs.", usage: "zoo runs [<run> ...] [<options>]",
    discussion: """
      Numbers are those of held-out examples where there are any, and of the training examples otherwise. The list leaves out columns \
      that the terminal is too narrow for: first the steps, then when runs started, then their models; --json has them all.

      Examples:
        zoo runs
        zoo runs --sort accuracy
        zoo runs lenet5 lenet5-2
      """)

  @Argument(help: "Runs to compare: names, or paths of their folders. Without them, all are listed.")
  var runs: [String] = []

  @Option(name: .customLong("in"), help: ArgumentHelp("The folder that the runs are in. Without it: runs.", valueName: "folder"))
  var parent = "runs"

  @Option(help: ArgumentHelp("List the runs with the best value of this number first.", valueName: "number"))
  var sort: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    var found = try runs.isEmpty ? RunSummary.all(in: parent) : runs.map(summary)
    if found.isEmpty { throw RunsError.none(folder: parent) }
    if let sort {
      let known = found.flatMap(\.numbers).map(\.name)
      guard known.contains(sort) else { throw RunsError.unknownNumber(sort, known: Set(known).sorted()) }
      found = found.enumerated().sorted { a, b in
        let (first, second) = (a.element.number(sort)?.best ?? .nan, b.element.number(sort)?.best ?? .nan)
        let record = found[0].record
        if record.isBetter(first, than: second, in: sort) { return true }
        return record.isBetter(second, than: first, in: sort) ? false : a.offset < b.offset
      }.map(\.element)
    }
    if json {
      printResult(JSON.object([("runs", .array(found.map(\.json)))]).text(.pretty))
    } else if runs.count > 1 {
      printResult(RunComparison(found).text(for: .output))
    } else {
      printResult(table(found).text(for: .output))
      for run in found {
        if let problem = run.problem { printDiagnostic(explanation(DamagedRun(name: run.name, problem: problem), terminal: .diagnostics)) }
      }
    }
  }

  private func summary(_ name: String) throws(RunsError) -> RunSummary {
    for path in ["\(parent)/\(name)", name] where RunFolder(path).isTaken { return RunSummary(RunFolder(path)) }
    throw .unknownRun(name, known: RunSummary.all(in: parent).map(\.name))
  }

  private func table(_ runs: [RunSummary]) -> Table {
    var table = Table([
      .words("NAME"), .words("MODEL", spare: 1), .numbers("EPOCHS"), .numbers("STEPS", spare: 3), .words("NUMBER"), .numbers("LAST"),
      .numbers("BEST"), .numbers("TIME"), .words("STARTED", spare: 2), .words("STATE"),
    ])
    for run in runs {
      table.add([
        run.name, run.record?.model ?? "?", Quantity.count(run.epochs), Quantity.count(run.steps),
        run.shown.map(\.name).joined(separator: "\n"), run.shown.map { shortNumber($0.last) }.joined(separator: "\n"),
        run.shown.map { shortNumber($0.best) }.joined(separator: "\n"), Quantity.duration(run.seconds),
        String(run.record?.started.prefix(16).map { $0 == "T" ? " " : $0 } ?? []), run.state?.rawValue ?? "damaged",
      ])
    }
    return table
  }
}

/// A number of a run, as tables show it.
func shortNumber(_ value: Double) -> String {
  value.magnitude < 1000 && (value == 0 || value.magnitude >= 1e-3) ? formatted("%.4f", value) : formatted("%.3e", value)
}

extension RunSummary {
  /// The run as JSON.
  var json: JSON {
    .object([
      ("name", .text(name)), ("folder", .text(folder.path)), ("model", record.map { .text($0.model) } ?? nil),
      ("state", .text(state?.rawValue ?? "damaged")), ("started", record.map { .text($0.started) } ?? nil),
      ("epochs", .integer(epochs)), ("steps", .integer(steps)), ("seconds", .number(seconds)),
      ("settings", record.map { JSON(.object($0.settings)) } ?? nil),
      (
        "numbers",
        .array(
          numbers.map { number in
            .object([
              ("name", .text(number.name)), ("held_out", .boolean(number.isHeldOut)), ("last", .number(number.last)),
              ("best", .number(number.best)), ("best_epoch", .integer(number.bestEpoch)),
            ])
          })
      ), ("problem", problem.map { .text($0) } ?? nil),
    ])
  }
}

/// Runs that are asked for and are not there.
enum RunsError: ExplainedError, Hashable {
  /// There are none at all.
  case none(folder: String)
  /// There is none of that name.
  case unknownRun(String, known: [String])
  /// No run reports a number of that name.
  case unknownNumber(String, known: [String])

  var message: String {
    switch self {
    case .none(let folder): "there are no runs in '\(folder)'"
    case .unknownRun(let name, _): "there is no run '\(name)'"
    case .unknownNumber(let name, _): "no run reports '\(name)'"
    }
  }

  var help: String {
    switch self {
    case .none: "'zoo train MODEL' makes one; --in FOLDER looks elsewhere"
    case .unknownRun(let name, let known), .unknownNumber(let name, let known):
      known.nearest(to: name).map { "did you mean '\($0)'?" }
        ?? (known.isEmpty ? "there are none" : "there are \(known.joined(separator: ", "))")
    }
  }
}

/// A folder of a run that cannot be read as a whole.
struct DamagedRun: ExplainedError, Hashable {
  let name: String
  let problem: String

  var message: String { "run '\(name)' is damaged: \(problem)" }
  var help: String { "its other files may still be good; 'zoo train --overwrite' makes it anew" }
}
