import ZooFormats
public import ZooRuntime
import ZooTypes

/// Trains the parameters of a session.
public final class Trainer {
  /// Cancelling it stops training after the current iteration; cancelling the session's run does too, and may end that iteration early.
  public let interruption = Run()

  let session: Session
  let section: TrainingSection
  let data: Dataset
  let options: TrainingOptions
  let carried: CarriedValues
  let evaluation: Evaluation
  private(set) var steps: [StepProgram] = []
  private(set) var average: ParameterAverage?
  private var measures: [UpdateMeasure] = []

  /// How far training has come.
  struct Position {
    /// The epoch that is trained, from 1.
    var epoch = 1
    /// How many of its iterations are done.
    var step = 0
    /// How many are done in all.
    var iterations = 0
    /// How often batches have been computed: each time has random numbers of its own.
    var executions = 0
    /// Whether training has ended before its last epoch.
    var isStopped = false
  }

  var position = Position()
  /// Of the current epoch.
  var means: Means
  /// What the held-out numbers have been, for early stopping and for the best checkpoint.
  var stopping = BestSoFar()
  var best = BestSoFar()
  var folder: CheckpointFolder?
  /// The checkpoint that training goes on from; nil: it begins.
  var origin: String?

  /// A trainer of `session`, whose graphs are those of the model that `section` belongs to.
  public init(_ session: Session, _ section: TrainingSection, data: Dataset, options: TrainingOptions) throws {
    var options = options
    if section.isBootstrapped { options.rows = bootstrapped(options.rows, seed: session.run.seed) }
    (self.session, self.section, self.data, self.options) = (session, section, data, options)
    carried = CarriedValues(section)
    evaluation = Evaluation(session, section, data: data, carried: carried, batch: options.batch)
    means = Means(evaluation.names)
    folder = options.checkpoints.map { CheckpointFolder($0, keeping: section.keeping.last) }
    precondition(data.count == nil || !options.rows.isEmpty && options.batch > 0, "there is nothing to train on")

    let context = StepProgram.Context(
      session: session, section: section, data: data, carried: carried, options: options, iterations: iterations(of: batches(epoch: 1)))
    for i in section.steps.indices { steps.append(try StepProgram(i, context)) }
    measures = steps.map(\.measure)
    try checkPatterns()
    try planOthers()
    average = section.averaging.map { ParameterAverage(Set(steps.flatMap(\.trained)).sorted(), $0, store: session.store) }
  }

  /// How long training has waited for data to be read, in seconds: what is read while the batch before is computed on takes none.
  public var secondsWaitingForData: Double { data.secondsWaited }

  // MARK: Training

  /// Trains until the last epoch, or until it is interrupted: then it stops after the current iteration, and saves.
  public func train(_ watch: (TrainingEvent) -> Void = { _ in }) throws -> TrainingSummary {
    let start = monotonicSeconds()
    var summary = TrainingSummary(wasInterrupted: false, epochs: position.epoch - 1, steps: 0, training: [], validation: [], seconds: 0)
    if let origin {
      watch(.resumed(path: origin, epoch: position.epoch, step: position.step, iterations: position.iterations))
    }
    var pace = Pace(start: start, iterations: position.iterations)
    while position.epoch <= options.epochs, !position.isStopped, !summary.wasInterrupted {
      try trainEpoch(&summary, &pace, watch)
    }
    summary.wasStoppedEarly = position.isStopped
    summary.steps = steps.reduce(0) { $0 + $1.counts.made }
    summary.skipped = steps.reduce(0) { $0 + $1.counts.skipped }
    summary.seconds = monotonicSeconds() - start
    return summary
  }

  /// What the time that is left is estimated from.
  private struct Pace {
    let start: Double
    let iterations: Int  // that were done before
    var saved: Double  // when the last checkpoint was written

    init(start: Double, iterations: Int) { (self.start, self.iterations, saved) = (start, iterations, start) }
  }

  /// What is left of the current epoch, and what comes after it.
  private func trainEpoch(_ summary: inout TrainingSummary, _ pace: inout Pace, _ watch: (TrainingEvent) -> Void) throws {
    let (epoch, epochStart) = (position.epoch, monotonicSeconds())
    let batches = batches(epoch: epoch), count = iterations(of: batches)
    if position.step == 0 {
      means = Means(evaluation.names)
      try restart()
    }
    let (seen, waited) = (means.count, data.secondsWaited)
    data.expect(batches, from: position.step * section.accumulated)
    while position.step < count, !summary.wasInterrupted {
      try iterate(batches, watch)
      let now = monotonicSeconds()
      let left = Double(options.epochs) * Double(count) - Double(position.iterations)
      watch(
        .step(
          epoch: epoch, step: position.step, steps: count, numbers: means.numbers,
          samplesPerSecond: Double(means.count - seen) / (now - epochStart),
          secondsLeft: (now - pace.start) / Double(position.iterations - pace.iterations) * left))
      summary.wasInterrupted = interruption.isCancelled || session.run.isCancelled
      if !summary.wasInterrupted, position.step < count, isDue(now - pace.saved) {
        try saveWithin(watch)
        pace.saved = monotonicSeconds()
      }
    }
    summary.training = means.numbers
    let trained = monotonicSeconds() - epochStart
    var isBest = false
    if !summary.wasInterrupted {
      try evaluate(&summary)
      watch(
        .epoch(
          epoch, of: options.epochs, training: summary.training, validation: summary.validation,
          samplesPerSecond: Double(means.count - seen) / trained, seconds: monotonicSeconds() - epochStart,
          secondsWaited: data.secondsWaited - waited))
      isBest = judge(summary, watch)
      (position.epoch, position.step) = (epoch + 1, 0)
      summary.epochs = epoch
    }
    try save(isBest: isBest, watch)
    pace.saved = monotonicSeconds()
  }

  /// All steps on the batches of one iteration.
  private func iterate(_ batches: Batches, _ watch: (TrainingEvent) -> Void) throws {
    let first = position.step * section.accumulated
    let range = first..<min(first + section.accumulated, batches.count)
    let isMeasured = options.measureEvery > 0 && position.iterations % options.measureEvery == 0
    for step in steps {
      try step.run(
        batches, range, epoch: position.epoch, measures: isMeasured, executions: &position.executions, into: &means)
    }
    carried.advance()
    for index in range { means.count += batches.withRows(of: index) { max($0.count, 1) } }
    average?.update(epoch: position.epoch)
    position.step += 1
    position.iterations += 1
    for (i, step) in steps.enumerated() { measures[i] = step.measure }
    watch(.updated(iteration: position.iterations, steps: measures))
  }

  /// Whether there is to be a checkpoint within the epoch, so many seconds after the last.
  private func isDue(_ seconds: Double) -> Bool {
    guard folder != nil else { return false }
    return switch options.saveEvery {
    case nil: false
    case .iterations(let count): position.iterations % max(count, 1) == 0
    case .seconds(let most): seconds >= most
    }
  }

  /// Begins an epoch: nothing is carried yet.
  private func restart() throws {
    guard !section.carried.isEmpty else { return }
    let batch = min(options.batch, options.rows.count)
    try carried.restart(section.graphs.indices.map { data.specs(section.graphs[$0].graph, $0, batch: batch) })
  }

  private func batches(epoch: Int) -> Batches {
    if data.count == nil { return Batches(ofNothing: section.iterations ?? 1) }
    if !section.carried.isEmpty { return Batches(streams: options.batch, of: options.rows) }
    return Batches(options.shuffles ? shuffled(options.rows, seed: session.run.seed, epoch: epoch) : options.rows, size: options.batch)
  }

  private func iterations(of batches: Batches) -> Int { (batches.count + section.accumulated - 1) / section.accumulated }

  // MARK: Evaluation

  /// Means of the losses and metrics over some examples, without training.
  public func evaluate(_ rows: [Int64]) throws -> TrainingEvent.Numbers { try evaluation.run(rows) }

  /// The numbers at the end of an epoch.
  private func evaluate(_ summary: inout TrainingSummary) throws {
    summary.validation = try evaluation.run(options.validation)
    let holdsOut = !summary.validation.isEmpty
    if !holdsOut { summary.training += try evaluation.run(options.rows, otherThan: Set(means.numbers.map(\.name))) }
    // Going through all examples once more takes time, which is spent where somebody looks at what comes out.
    guard let average, average.count > 0, holdsOut || watchesAverage else { return }
    let numbers = try average.whileInPlace { try evaluation.run(holdsOut ? options.validation : options.rows) }
      .map { (name: WatchedNumber.averagePrefix + $0.name, value: $0.value) }
    if holdsOut { summary.validation += numbers } else { summary.training += numbers }
  }

  /// Whether averaged parameters decide when training stops, or which epoch is the best.
  private var watchesAverage: Bool { [section.stopping?.watched, section.keeping.best].contains { $0?.isAveraged ?? false } }

  /// Whether the epoch is the best so far; and stops training if it has not become better for long.
  private func judge(_ summary: TrainingSummary, _ watch: (TrainingEvent) -> Void) -> Bool {
    let numbers = summary.validation.isEmpty ? summary.training : summary.validation
    if let rule = section.stopping {
      _ = stopping.improves(rule.watched, numbers, epoch: position.epoch, by: rule.leastChange)
      if stopping.waited >= rule.patience, position.epoch < options.epochs {
        position.isStopped = true
        watch(.stoppedEarly(name: rule.watched.name, best: stopping.value ?? .nan, bestEpoch: stopping.epoch, epoch: position.epoch))
      }
    }
    return section.keeping.best.map { best.improves($0, numbers, epoch: position.epoch) } ?? false
  }

  // MARK: Parameters

  /// Patterns that match nothing are slips of the pen.
  private func checkPatterns() throws(TrainingError) {
    let paths = session.store.entries.filter(\.isTrainable).map(\.path)
    for step in section.steps {
      for patterns in [step.updated] + step.optimizer.groups.map(\.patterns) {
        for pattern in patterns where !paths.contains(where: { glob(pattern, matches: $0) }) {
          throw .unmatched(pattern: pattern, paths: paths, place: step.place)
        }
      }
    }
  }

  /// Plans what no step computes, so that weights hold the parameters of all of the model's graphs.
  private func planOthers() throws {
    var planned = Set(section.steps.flatMap { section.graphs[$0.graph].graph.parameterPaths })
    if !section.metrics.allSatisfy({ metric in section.steps.contains { $0.graph == metric.graph } }) {
      try evaluation.prepare(batch: min(options.batch, options.rows.count))
      planned.formUnion(section.graphs.flatMap(\.graph.parameterPaths))
    }
    for (i, entry) in session.graphs.enumerated() where !planned.isSuperset(of: entry.graph.parameterPaths) {
      do {
        _ = try session.program(entry.graph.inputSpecs(lengths: data.lengths), graph: i)
      } catch {
        throw TrainingError.unplanned(graph: entry.name, reason: (error as? any ExplainedError)?.message ?? "\(error)")
      }
      planned.formUnion(entry.graph.parameterPaths)
    }
  }

  // MARK: Memory

  /// What each step takes for a whole batch, by the step's name; layers may call `foreign`.
  public func memory(foreign: ForeignLibraries = .none) throws -> [(step: String, memory: TrainingMemory)] {
    try section.steps.map { step in
      let graph = section.graphs[step.graph].graph
      let memory = try TrainingMemory(
        graph, inputs: data.specs(graph, step.graph, batch: min(options.batch, options.rows.count)),
        losses: step.terms.map(\.source), patterns: step.updated, foreign: foreign, precision: session.run.precision)
      return (step.name, memory)
    }
  }
}
