package import ZooFormats
import ZooRuntime
package import ZooTypes

/// Watches a training and writes what it sees into the run's folder.
///
/// Each record is with the system as soon as it is made, so that a process that is killed leaves files that can be read. A file that cannot be
/// written does not stop the training: its first error is kept.
package final class RunRecorder {
  /// The folder.
  package let folder: RunFolder
  /// Why something could not be written; nil: all was.
  package private(set) var failure: (any ExplainedError)?

  private var record: RunRecord
  private let metrics: AppendedFile
  private var events: EventFile?
  private let manifest: JSON
  private let resumes: Bool
  private var every: Int?
  private let epochs: Int
  private var curves = Curves()
  private let start = monotonicSeconds()
  private var secondsBefore = 0.0  // of what it goes on with
  private var lastDrawn = monotonicSeconds()
  // What the running means of the epoch were when the last record was made.
  private var last = Seen()
  private var stepsPerEpoch = 0
  private var step = 0  // of all epochs

  private var measures: [UpdateMeasure] = []
  // The last that were measured since the last record.
  private var norms: [Double?] = []

  /// What the last update was like.
  private var others: TrainingEvent.Numbers {
    var others: TrainingEvent.Numbers = []
    for (measure, norm) in zip(measures, norms) {
      func name(_ text: String) -> String { measures.count > 1 ? "\(text).\(measure.name)" : text }
      others.append((name("rate"), measure.rate))
      if let norm { others.append((name("gradient_norm"), norm)) }
      if let scale = measure.lossScale { others.append((name("loss_scale"), scale)) }
      if measure.skipped > 0 { others.append((name("skipped"), Double(measure.skipped))) }
    }
    return others
  }

  private struct Seen {
    var epoch = 0
    var step = 0
    var numbers: TrainingEvent.Numbers = []
  }

  // Enough for curves, and little to write beside any training.
  private static let recordCount = 1000.0

  // Drawing takes longer than writing a line.
  private static let drawingInterval = 5.0

  /// A recorder into `folder`, which is made if it is not there.
  ///
  /// - Parameters:
  ///   - folder: where it writes.
  ///   - record: what is known about the run.
  ///   - manifest: the manifest with everything that was chosen.
  ///   - epochs: how many there will be.
  ///   - every: how many steps a record is about; nil: so many that there are about a thousand.
  ///   - resumes: whether it goes on with what is in the folder.
  package init(
    _ folder: RunFolder, _ record: RunRecord, manifest: JSON, epochs: Int, every: Int? = nil, resumes: Bool = false
  ) throws {
    self.folder = folder
    var record = record
    if resumes, let json = try? JSONDocument(try MappedFile(folder.record).contents, file: folder.record).root {
      record.started = RunRecord(json)?.started ?? record.started
    }
    self.record = record
    self.epochs = epochs
    self.every = every
    self.manifest = manifest
    self.resumes = resumes
    try makeFolder(folder.path)
    let lock = try AppendedFile(folder.metrics)
    guard lock.lock() else { throw RunError.inUse(folder: folder.path) }
    metrics = lock
    folder.clearUnfinished()
    if !resumes {
      try folder.clear(except: folder.metrics)
      attempt { try begin(after: 0) }
    }
    attempt {
      try AtomicFile.write(Array((manifest.text(.pretty) + "\n").utf8), to: folder.manifest)
      try writeRecord()
    }
  }

  /// Begins to write after so many steps; what is later in the files goes.
  private func begin(after steps: Int) throws {
    let lines = MetricsLines(try MappedFile(folder.metrics).contents)
    try metrics.shorten(to: steps > 0 ? lines.length(through: steps) : 0)
    if steps > 0 { for line in lines where line.step <= steps { replay(line) } }
    let events = try EventFile(in: folder.path, through: steps)
    if steps == 0 { try events.text("manifest", "```json\n\(manifest.text(.pretty))\n```") }
    self.events = events
  }

  // MARK: Watching

  /// Takes in what a trainer tells.
  package func follow(_ event: TrainingEvent) {
    if case .resumed(_, _, _, let iterations) = event { return attempt { try begin(after: iterations) } }
    if events == nil { attempt { try begin(after: 0) } }
    switch event {
    case .updated(_, let steps): note(steps)
    case .step(let epoch, let step, let steps, let numbers, let rate, _):
      stepsPerEpoch = steps
      // The epoch's own record follows its last step.
      guard step % interval(steps) == 0, step < steps else { return }
      let seen = last.epoch == epoch ? last : Seen(epoch: epoch)
      add(
        MetricsRecord(
          kind: .step, epoch: epoch, step: (epoch - 1) * steps + step,
          training: Self.means(numbers, step, since: seen.numbers, seen.step), others: others, samplesPerSecond: rate,
          seconds: seconds))
      last = Seen(epoch: epoch, step: step, numbers: numbers)
    case .epoch(let epoch, _, let training, let validation, let rate, _, let waited):
      add(
        MetricsRecord(
          kind: .epoch, epoch: epoch, step: epoch * stepsPerEpoch, training: training, validation: validation, others: others,
          samplesPerSecond: rate, seconds: seconds, secondsWaited: waited))
    case .resumed, .saved, .checkpointed, .best, .stoppedEarly: break
    }
  }

  /// Adds pictures that the model has made.
  package func image(_ name: String, png: [UInt8], epoch: Int) {
    attempt {
      try makeFolder(folder.samples)
      try AtomicFile.write(png, to: "\(folder.samples)/\(name)-\(padded(epoch)).png")
      try events?.image("samples/\(name)", png: png, step: step)
    }
  }

  /// Ends the run.
  package func finish(_ state: RunRecord.State, problem: String = "") {
    record.state = state
    record.ended = RunRecord.timestamp()
    record.seconds = seconds
    record.problem = problem
    // Whatever else could not be written: how it ended is worth another try.
    do { try writeRecord() } catch { note(error) }
    draw()
  }

  /// Since training began, without the time between its processes.
  private var seconds: Double { secondsBefore + monotonicSeconds() - start }

  private func note(_ steps: [UpdateMeasure]) {
    if norms.count != steps.count { norms = steps.map { _ in nil } }
    for i in steps.indices { norms[i] = steps[i].gradientNorm ?? norms[i] }
    measures = steps
  }

  private func add(_ record: MetricsRecord) {
    for i in norms.indices { norms[i] = nil }
    step = record.step
    curves.add(record)
    attempt {
      try metrics.append(Array((record.json.text() + "\n").utf8))
      try events?.scalars(record.tagged, step: record.step)
    }
    let now = monotonicSeconds()
    if record.kind == .epoch, now - lastDrawn >= Self.drawingInterval {
      draw()
      lastDrawn = now
    }
  }

  private func interval(_ stepsPerEpoch: Int) -> Int {
    if let every { return every }
    let interval = max(1, Int(min(Double(epochs) * Double(stepsPerEpoch) / Self.recordCount, 1e15)))
    every = interval
    return interval
  }

  /// Takes in a record of before.
  private func replay(_ record: MetricsRecord) {
    curves.add(record)
    step = record.step
    secondsBefore = record.seconds
    guard record.kind == .step else {
      stepsPerEpoch = record.step / max(record.epoch, 1)
      return
    }
    let before = last.epoch == record.epoch ? last : Seen(epoch: record.epoch)
    let inEpoch = record.step - (record.epoch - 1) * stepsPerEpoch
    guard inEpoch > before.step else { return }
    let numbers = record.training.enumerated().map { i, number in
      let sum = i < before.numbers.count ? before.numbers[i].value * Double(before.step) : 0
      return (number.name, (sum + number.value * Double(inEpoch - before.step)) / Double(inEpoch))
    }
    last = Seen(epoch: record.epoch, step: inEpoch, numbers: numbers)
  }

  private func draw() {
    attempt { try AtomicFile.write(Array(curves.chart(title: record.model).svg.utf8), to: folder.curves) }
  }

  private func writeRecord() throws(FileError) { try AtomicFile.write(Array((record.json.text(.pretty) + "\n").utf8), to: folder.record) }

  /// Keeps an error, if it is the first.
  package func note(_ error: any Error) { failure = failure ?? error as? any ExplainedError }

  private func attempt(_ body: () throws -> Void) {
    guard failure == nil else { return }
    do { try body() } catch { note(error) }
  }

  /// The means over the steps from `from` to `to`, of those over all steps up to there.
  private static func means(
    _ numbers: TrainingEvent.Numbers, _ to: Int, since earlier: TrainingEvent.Numbers, _ from: Int
  ) -> TrainingEvent.Numbers {
    guard from > 0, from < to else { return numbers }
    return numbers.enumerated().map { i, number in
      guard i < earlier.count, earlier[i].name == number.name else { return number }
      return (number.name, (number.value * Double(to) - earlier[i].value * Double(from)) / Double(to - from))
    }
  }

  private func padded(_ epoch: Int) -> String {
    let digits = String(epoch)
    return String(repeating: "0", count: max(4 - digits.count, 0)) + digits
  }
}
