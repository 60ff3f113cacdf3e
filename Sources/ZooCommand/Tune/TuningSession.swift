import Glibc
import ZooFormats
import ZooRuntime
import ZooTraining

/// Trials of a search, several at a time, each a process of its own.
struct TuningSession {
  /// What is searched.
  let search: Search
  /// The number that decides.
  let number: String
  /// How many trials there are to be.
  let count: Int
  /// Where they go.
  let folder: String
  /// How many run at once.
  let jobs: Int
  /// The arguments of a trial: of the axes, their values, its folder and its threads.
  let arguments: ([SearchAxis], [JSON], String, Int) -> [String]

  /// Runs what is not in the journal yet; false: it was interrupted.
  ///
  /// Trials begin in rounds, and each round depends on all before it: so a search is the same whenever it is interrupted, and however long its trials
  /// take.
  func run(_ journal: inout TrialJournal, _ report: inout TuningReport) throws -> Bool {
    let interruption = Run()
    return try Interrupts.cancelling(interruption) {
      while journal.trials.count < count {
        // An interrupted round goes on with the proposals that it had: those after the rounds before it.
        let first = journal.trials.count / jobs * jobs
        let proposals = search.proposals(
          from: first + 1, count: min(jobs, count - first), after: Array(journal.trials.prefix(first)))
        let left = proposals.dropFirst(journal.trials.count - first)
        if left.isEmpty { break }
        guard try run(Array(left), from: journal.trials.count + 1, interruption, &journal, &report) else { return false }
      }
      return true
    }
  }

  private func run(
    _ proposals: [[JSON]], from first: Int, _ interruption: Run, _ journal: inout TrialJournal, _ report: inout TuningReport
  ) throws -> Bool {
    let threads = max(1, Threads.count / max(jobs, 1))
    var processes: [TrialProcess?] = []
    for (i, values) in proposals.enumerated() {
      let name = folder + "/" + Self.name(first + i)
      processes.append(TrialProcess(arguments(search.axes, values, name, threads), log: name + ".log"))
    }
    var next = 0
    var wasInterrupted = false
    while next < processes.count {
      if interruption.isCancelled, !wasInterrupted {
        wasInterrupted = true
        for process in processes { process?.interrupt() }
      }
      let running = processes.filter { $0?.hasEnded() == false }.count
      report.show(journal.trials, running: running)
      // They are noted in their order, so that a journal is always a beginning of the search.
      guard processes[next]?.hasEnded() ?? true else {
        usleep(5_000)
        continue
      }
      if let trial = trial(first + next, proposals[next], processes[next]) {
        try journal.add(trial)
        report.add(trial)
      } else {
        for process in processes { process?.interrupt() }
        while processes.contains(where: { $0?.hasEnded() == false }) { usleep(5_000) }
        return false
      }
      next += 1
    }
    return !interruption.isCancelled
  }

  /// What came of a trial; nil: it was stopped.
  private func trial(_ index: Int, _ values: [JSON], _ process: TrialProcess?) -> Trial? {
    let path = folder + "/" + Self.name(index)
    let summary = RunSummary(RunFolder(path))
    var trial = Trial(number: index, values: values, state: .failed, value: nil, seconds: process?.seconds ?? 0, problem: "")
    guard let process else {
      trial.problem = "no process could be started"
      return trial
    }
    switch summary.state {
    case .finished where process.status == 0:
      if let value = summary.number(number)?.last, value.isFinite {
        (trial.state, trial.value) = (.finished, value)
      } else if let known = summary.number(number) {
        (trial.state, trial.problem) = (.diverged, "'\(number)' is \(known.last)")
      } else {
        trial.problem = "it reports no '\(number)', but \(Set(summary.numbers.map(\.name)).sorted().joined(separator: ", "))"
      }
    case .stopped: return nil
    case .diverged: (trial.state, trial.problem) = (.diverged, summary.record?.problem ?? "")
    case .failed: trial.problem = summary.record?.problem ?? ""
    default: trial.problem = Self.firstWords(of: path + ".log") ?? Self.ending(process.status ?? 0)
    }
    return trial
  }

  private static func name(_ index: Int) -> String {
    let digits = String(index)
    return "trial-" + String(repeating: "0", count: max(3 - digits.count, 0)) + digits
  }

  /// The first line of an error in a log.
  private static func firstWords(of log: String) -> String? {
    guard let file = try? MappedFile(log) else { return nil }
    let lines = String(decoding: file.contents.prefix(1 << 16), as: UTF8.self).split(separator: "\n")
    return lines.first { $0.hasPrefix("zoo: ") }.map { String($0.dropFirst(5)) }
  }

  private static func ending(_ status: Int32) -> String {
    status & 0x7F == 0 ? "it ended with status \(status >> 8 & 0xFF)" : "signal \(status & 0x7F) ended it"
  }
}
