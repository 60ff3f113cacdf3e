import ZooFormats
public import ZooRuntime
public import ZooTypes

/// How long and on what a model is trained.
public struct TrainingOptions: Sendable {
  /// How often every example is seen.
  public var epochs: Int
  /// How many examples a step sees.
  public var batch: Int
  /// Whether each epoch has an order of its own.
  public var shuffles: Bool
  /// The examples that are trained on.
  public var rows: [Int64]
  /// The examples that are held out; empty: none.
  public var validation: [Int64]
  /// Values to report.
  public var metrics: [TrainingMetric]
  /// Where weights go after each epoch; nil: nowhere.
  public var weights: String?

  /// Options.
  public init(
    epochs: Int, batch: Int, shuffles: Bool = true, rows: [Int64], validation: [Int64] = [], metrics: [TrainingMetric] = [],
    weights: String? = nil
  ) {
    self.epochs = epochs
    self.batch = batch
    self.shuffles = shuffles
    self.rows = rows
    self.validation = validation
    self.metrics = metrics
    self.weights = weights
  }
}

/// What a trainer tells whoever watches.
public enum TrainingEvent: Sendable {
  /// Means over some examples: the loss of each step of the program, then the metrics.
  public typealias Numbers = [(name: String, value: Double)]

  /// After each step: means over the epoch so far.
  case step(epoch: Int, step: Int, steps: Int, numbers: Numbers, samplesPerSecond: Double, secondsLeft: Double)
  /// After each epoch: means over it, and over the held-out examples.
  case epoch(Int, of: Int, training: Numbers, validation: Numbers, samplesPerSecond: Double, seconds: Double)
  /// Weights were written.
  case saved(path: String)
}

/// How a training run ended.
public struct TrainingSummary: Sendable {
  /// Whether it was asked to stop before its last epoch.
  public var wasInterrupted: Bool
  /// How many epochs were completed.
  public var epochs: Int
  /// How many updates were made.
  public var steps: Int
  /// Means over the last epoch.
  public var training: TrainingEvent.Numbers
  /// Means over the held-out examples after the last epoch.
  public var validation: TrainingEvent.Numbers
  /// How long it took.
  public var seconds: Double
}

/// Trains the parameters of a session.
public final class Trainer {
  private let session: Session
  private let graph: Graph
  private let data: Dataset
  private let steps: [TrainingStep]
  private let options: TrainingOptions
  private var programs: [Int: [Program]] = [:]  // by batch size
  private var evaluations: [Int: Program] = [:]
  private var updaters: [Updater] = []
  private var updates = 0

  /// A trainer of `session`.
  ///
  /// `graph` is the session's, with losses and metrics; `data` feeds its inputs.
  public init(_ session: Session, graph: Graph, data: Dataset, steps: [TrainingStep], options: TrainingOptions) throws {
    self.session = session
    self.graph = graph
    self.data = data
    self.steps = steps
    self.options = options
    precondition(!options.rows.isEmpty && options.batch > 0, "there is nothing to train on")

    // Gradients exist once a program is bound to them; updaters then bind to both.
    _ = try trainingPrograms(batch: min(options.batch, options.rows.count))
    for step in steps {
      updaters.append(
        try Updater(
          step.optimizer.kind, attributes: step.optimizer.attributes, parameters: session.trainable(matching: step.updated),
          store: session.store, run: session.run, place: step.optimizer.place))
    }
  }

  /// Trains until the last epoch, or until the session's run is cancelled: then it stops after the current step, and saves.
  public func train(_ watch: (TrainingEvent) -> Void = { _ in }) throws -> TrainingSummary {
    let start = monotonicSeconds()
    var summary = TrainingSummary(wasInterrupted: false, epochs: 0, steps: 0, training: [], validation: [], seconds: 0)
    let perEpoch = (options.rows.count + options.batch - 1) / options.batch
    for epoch in 1...max(options.epochs, 1) where epoch <= options.epochs {
      let epochStart = monotonicSeconds()
      let order = options.shuffles ? shuffled(options.rows, seed: session.run.seed, epoch: epoch) : options.rows
      var means = Means(steps.map(\.name) + options.metrics.map(\.name))
      for index in 0..<perEpoch {
        let rows = index * options.batch..<min((index + 1) * options.batch, order.count)
        try order.withUnsafeBufferPointer { try runStep(UnsafeBufferPointer(rebasing: $0[rows]), epoch: epoch, into: &means) }
        let now = monotonicSeconds()
        let done = Double((epoch - 1) * perEpoch + index + 1)
        watch(
          .step(
            epoch: epoch, step: index + 1, steps: perEpoch, numbers: means.numbers,
            samplesPerSecond: Double(means.count) / (now - epochStart),
            secondsLeft: (now - start) / done * (Double(options.epochs * perEpoch) - done)))
        if session.run.isCancelled {
          summary.wasInterrupted = true
          break
        }
      }
      summary.training = means.numbers
      let trained = monotonicSeconds() - epochStart
      if !summary.wasInterrupted {
        summary.epochs = epoch
        summary.validation = try evaluate(options.validation)
        watch(
          .epoch(
            epoch, of: options.epochs, training: means.numbers, validation: summary.validation,
            samplesPerSecond: Double(means.count) / trained, seconds: monotonicSeconds() - epochStart))
      }
      if let path = options.weights {
        try save(path)
        watch(.saved(path: path))
      }
      if summary.wasInterrupted { break }
    }
    summary.steps = updates
    summary.seconds = monotonicSeconds() - start
    return summary
  }

  /// Means of the losses and metrics over some examples, without training.
  public func evaluate(_ rows: [Int64]) throws -> TrainingEvent.Numbers {
    if rows.isEmpty { return [] }
    var means = Means(steps.map(\.name) + options.metrics.map(\.name))
    for from in stride(from: 0, to: rows.count, by: 256) {
      let part = from..<min(from + 256, rows.count)
      let program = try evaluationProgram(batch: part.count)
      rows.withUnsafeBufferPointer { data.fill(program.inputs, rows: UnsafeBufferPointer(rebasing: $0[part])) }
      try program.forward()
      for i in 0..<means.values.count { means.add(program.scalar(i), at: i, weight: part.count) }
      means.count += part.count
    }
    return means.numbers
  }

  private func runStep(_ rows: UnsafeBufferPointer<Int64>, epoch: Int, into means: inout Means) throws {
    let programs = try trainingPrograms(batch: rows.count)
    updates += 1
    session.run.step = UInt64(updates)
    for (i, (program, step)) in zip(programs, steps).enumerated() {
      data.fill(program.inputs, rows: rows)
      try program.forward()
      let loss = program.scalar(0)
      guard loss.isFinite else { throw diverged(program, step, epoch: epoch, loss: loss) }
      try program.backward()
      try updaters[i].update(rate: step.optimizer.rate, step: updates)
      means.add(loss, at: i, weight: rows.count)
      if i == 0 { for m in options.metrics.indices { means.add(program.scalar(1 + m), at: steps.count + m, weight: rows.count) } }
    }
    means.count += rows.count
  }

  private func trainingPrograms(batch: Int) throws -> [Program] {
    if let known = programs[batch] { return known }
    let made = try steps.map {
      try session.trainingProgram(
        graph, inputs: data.specs(batch: batch), minimise: $0.minimized, patterns: $0.updated, wanted: options.metrics.map(\.source))
    }
    programs[batch] = made
    return made
  }

  private func evaluationProgram(batch: Int) throws -> Program {
    if let known = evaluations[batch] { return known }
    let made = try session.evaluationProgram(
      graph, inputs: data.specs(batch: batch), wanted: steps.map(\.minimized) + options.metrics.map(\.source))
    evaluations[batch] = made
    return made
  }

  /// Writes every parameter atomically.
  public func save(_ path: String) throws {
    try SafeTensorsWriter.write(session.store.tensors, metadata: [("format", "pt")], to: path)
  }

  /// Where the first value that is not finite appeared: in a parameter, after the last update, or in a layer's output.
  private func diverged(_ program: Program, _ step: TrainingStep, epoch: Int, loss: Double) -> TrainingError {
    for entry in session.store.entries where entry.spec.dtype == .f32 {
      guard let floats = entry.pointer?.assumingMemoryBound(to: Float.self) else { continue }
      if let bad = UnsafeBufferPointer(start: floats, count: entry.spec.count).first(where: { !$0.isFinite }) {
        return .diverged(
          loss: step.name, value: loss, epoch: epoch, step: updates, where: "parameter '\(entry.path)' has become \(bad)",
          weights: options.weights, saved: epoch > 1)
      }
    }
    var place = "it appeared in no layer's output"
    if let found = try? program.firstNonFinite() {
      let element = found.index.isEmpty ? found.output : "\(found.output)\(found.index)"
      place = "it first appeared in layer '\(found.layer)' (\(found.kind)): \(element) is \(found.value)"
    }
    return .diverged(
      loss: step.name, value: loss, epoch: epoch, step: updates, where: place, weights: options.weights, saved: epoch > 1)
  }
}

/// Running means over examples.
private struct Means {
  var names: [String]
  var values: [(sum: Double, weight: Double)]
  var count = 0

  init(_ names: [String]) {
    self.names = names
    values = names.map { _ in (0, 0) }
  }

  mutating func add(_ value: Double, at i: Int, weight: Int) {
    values[i].sum += value * Double(weight)
    values[i].weight += Double(weight)
  }

  var numbers: TrainingEvent.Numbers { zip(names, values).map { ($0, $1.weight > 0 ? $1.sum / $1.weight : 0) } }
}

extension Program {
  /// Output `i`, which is one number.
  fileprivate func scalar(_ i: Int) -> Double { Double(output(i).load(as: Float.self)) }
}

/// Training that cannot go on.
public enum TrainingError: ExplainedError, Hashable {
  /// The loss is NaN or infinite. Nothing was updated with it.
  case diverged(loss: String, value: Double, epoch: Int, step: Int, where: String, weights: String?, saved: Bool)

  /// What is wrong.
  public var message: String {
    switch self {
    case .diverged(let loss, let value, let epoch, let step, let place, _, _):
      "'\(loss)' is \(value) at step \(step), in epoch \(epoch): \(place)"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .diverged(_, _, _, _, _, let weights, let saved):
      if let weights, saved {
        "lower the learning rate; \(weights) holds the weights of the epoch before"
      } else {
        "lower the learning rate; nothing was written"
      }
    }
  }
}
