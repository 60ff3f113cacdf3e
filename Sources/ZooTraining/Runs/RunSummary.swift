import Glibc
package import ZooFormats
import ZooTypes

/// What is known about a run from its folder, whatever state that is in.
package struct RunSummary: Sendable {
  /// A number that a run reports.
  package struct Number: Hashable, Sendable {
    /// Its name.
    package var name: String
    /// Whether it is about held-out examples.
    package var isHeldOut: Bool
    /// After the last epoch.
    package var last: Double
    /// The best of all epochs.
    package var best: Double
    /// The epoch of that.
    package var bestEpoch: Int
  }

  /// Where it is.
  package let folder: RunFolder
  /// What was asked for; nil: the folder does not say.
  package let record: RunRecord?
  /// The manifest with everything that was chosen; nil: it cannot be read.
  package let manifest: JSON?
  /// What is wrong with the folder; nil: nothing.
  package private(set) var problem: String?
  /// How far it has come.
  package let state: RunRecord.State?
  /// How many epochs were completed.
  package private(set) var epochs = 0
  /// How many steps were done.
  package private(set) var steps = 0
  /// How long that took.
  package private(set) var seconds = 0.0
  /// The numbers of its epochs; before the first one is over, those of its steps.
  package private(set) var numbers: [Number] = []

  /// Its name: that of its folder.
  package var name: String { folder.path.split(separator: "/").last.map(String.init) ?? folder.path }

  /// What the folder says.
  package init(_ folder: RunFolder) {
    self.folder = folder
    var problem: String?
    func read(_ path: String) -> JSON? {
      do { return try JSONDocument(try MappedFile(path).contents, file: path).root } catch {
        problem = problem ?? (error as? any ExplainedError)?.message ?? "\(error)"
        return nil
      }
    }
    let json = read(folder.record)
    record = json.flatMap(RunRecord.init)
    if json != nil, record == nil { problem = "\(folder.record): it does not say what was run" }
    manifest = read(folder.manifest)
    var state = record?.state
    // A process that ended without a word has let go of the file.
    if state == .running, !AppendedFile.isLocked(folder.metrics) { state = .crashed }
    self.state = state

    do {
      let file = try MappedFile(folder.metrics)
      var lines = MetricsLines(file.contents)
      while let line = lines.next() { add(line) }
      let bytes = file.withUnsafeBytes(\.count)
      if lines.length < bytes, state != .running {
        problem = problem ?? "\(folder.metrics): what comes after \(lines.length) of its \(bytes) bytes cannot be read"
      }
    } catch { problem = problem ?? error.message }
    self.problem = problem
    if let record, record.seconds > 0 { seconds = record.seconds }
  }

  private mutating func add(_ line: MetricsRecord) {
    steps = max(steps, line.step)
    seconds = line.seconds
    guard line.kind == .epoch || epochs == 0 else { return }
    if line.kind == .epoch {
      if epochs == 0 { numbers = [] }
      epochs = max(epochs, line.epoch)
    }
    for (name, value) in line.training { add(name, false, value, line.epoch) }
    for (name, value) in line.validation { add(name, true, value, line.epoch) }
  }

  private mutating func add(_ name: String, _ isHeldOut: Bool, _ value: Double, _ epoch: Int) {
    guard let i = numbers.firstIndex(where: { $0.name == name && $0.isHeldOut == isHeldOut }) else {
      numbers.append(Number(name: name, isHeldOut: isHeldOut, last: value, best: value, bestEpoch: epoch))
      return
    }
    numbers[i].last = value
    if record.isBetter(value, than: numbers[i].best, in: name) { (numbers[i].best, numbers[i].bestEpoch) = (value, epoch) }
  }

  /// The number of that name, on held-out examples if there are any; nil: the run has none.
  package func number(_ name: String) -> Number? {
    let named = numbers.filter { $0.name == name }
    return named.first(where: \.isHeldOut) ?? named.first
  }

  /// One number of each name: on held-out examples if there are any.
  package var shown: [Number] { numbers.filter { number in number.isHeldOut || self.number(number.name) == number } }

  /// The runs in a folder of runs, oldest first.
  package static func all(in folder: String) -> [RunSummary] {
    let folders = filesIn(folder).map { RunFolder("\(folder)/\($0)") }.filter(\.isTaken)
    // Names count up, and 10 comes after 9.
    return folders.map(RunSummary.init).sorted { a, b in
      let (first, second) = (a.record?.started ?? "", b.record?.started ?? "")
      return first == second ? isBefore(a.name, b.name) : first < second
    }
  }

  private static func isBefore(_ a: String, _ b: String) -> Bool { a.count == b.count ? a < b : a.count < b.count }
}

extension RunRecord? {
  /// Whether a number of that name is the better the higher it is: as the run's steps say, else by its name.
  package func isBetterHigher(_ name: String) -> Bool {
    let plain = name.hasPrefix(averagePrefix) ? String(name.dropFirst(averagePrefix.count)) : name
    if self?.minimized.contains(plain) ?? false { return false }
    if self?.maximized.contains(plain) ?? false { return true }
    let words = ["loss", "error", "perplexity", "divergence", "entropy", "distance", "mse", "mae"]
    return !words.contains { plain.lowercased().contains($0) }
  }

  /// Whether a value is better than another of a number of that name; nothing is worse than NaN.
  package func isBetter(_ value: Double, than other: Double, in name: String) -> Bool {
    if value.isNaN || other.isNaN { return !value.isNaN }
    return isBetterHigher(name) ? value > other : value < other
  }
}

// What numbers of averaged parameters begin with.
private let averagePrefix = "average."
