import ZooFormats
public import ZooRuntime
import ZooTypes

/// Trains the parameters of a session.
public final class Trainer {
  private let session: Session
  private let section: TrainingSection
  private let data: Dataset
  private let options: TrainingOptions
  private let carried: CarriedValues
  private var steps: [Step] = []
  private var updates = 0
  private var evaluations: [Int: [Evaluation]] = [:]  // by batch size

  /// One step of the section, made ready.
  private struct Step {
    let step: TrainingStep
    /// The metrics that it computes besides: those of its graph, if it is the first step with that graph.
    let metrics: [Int]
    let updater: Updater
    var programs: [Int: Program]  // by batch size
    var updates = 0
  }

  /// A graph with the losses and metrics that are read off it, without training.
  private struct Evaluation {
    let graph: Int
    let program: Program
    let values: [Int]  // of all losses, then all metrics
  }

  /// A trainer of `session`, whose graphs are those of the model that `section` belongs to.
  public init(_ session: Session, _ section: TrainingSection, data: Dataset, options: TrainingOptions) throws {
    self.session = session
    self.section = section
    self.data = data
    self.options = options
    carried = CarriedValues(section)
    precondition(data.count == nil || !options.rows.isEmpty && options.batch > 0, "there is nothing to train on")

    // Gradients exist once a program is bound to them; updaters then bind to both.
    let batch = min(options.batch, options.rows.count)
    for (i, step) in section.steps.enumerated() {
      let isFirst = !section.steps[..<i].contains { $0.graph == step.graph }
      let metrics = isFirst ? section.metrics.indices.filter { section.metrics[$0].graph == step.graph } : []
      let program = try trainingProgram(step, metrics: metrics, batch: batch)
      let updater = try Updater(
        step.optimizer.kind, attributes: step.optimizer.attributes,
        parameters: program.trained, store: session.store, run: session.run, place: step.optimizer.place)
      steps.append(Step(step: step, metrics: metrics, updater: updater, programs: [batch: program]))
    }
    try planOthers()
  }

  // MARK: Training

  /// Trains until the last epoch, or until the session's run is cancelled: then it stops after the current iteration, and saves.
  public func train(_ watch: (TrainingEvent) -> Void = { _ in }) throws -> TrainingSummary {
    let start = monotonicSeconds()
    var summary = TrainingSummary(wasInterrupted: false, epochs: 0, steps: 0, training: [], validation: [], seconds: 0)
    for epoch in 1...max(options.epochs, 1) where epoch <= options.epochs {
      let epochStart = monotonicSeconds()
      let batches = batches(options.rows, epoch: epoch)
      var means = Means(names)
      try restart(batch: min(options.batch, options.rows.count))
      for index in 0..<batches.count {
        try batches.withRows(of: index) { try iterate($0, epoch: epoch, into: &means) }
        let now = monotonicSeconds()
        let done = Double((epoch - 1) * batches.count + index + 1)
        watch(
          .step(
            epoch: epoch, step: index + 1, steps: batches.count, numbers: means.numbers,
            samplesPerSecond: Double(means.count) / (now - epochStart),
            secondsLeft: (now - start) / done * (Double(options.epochs) * Double(batches.count) - done)))
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
        if summary.validation.isEmpty { summary.training += try evaluate(options.rows, otherThan: Set(means.numbers.map(\.name))) }
        watch(
          .epoch(
            epoch, of: options.epochs, training: summary.training, validation: summary.validation,
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

  /// All steps on one batch.
  private func iterate(_ rows: UnsafeBufferPointer<Int64>, epoch: Int, into means: inout Means) throws {
    let weight = max(rows.count, 1)
    for i in steps.indices {
      let step = steps[i].step
      let program = try program(of: i, batch: rows.count)
      for _ in 0..<step.repeats {
        updates += 1
        steps[i].updates += 1
        session.run.step = UInt64(updates)
        data.fill(program.inputs, graph: step.graph, rows: rows)
        carried.fill(program, graph: step.graph)
        try program.forward()
        let loss = program.scalar(0)
        guard loss.isFinite else { throw diverged(program, step, epoch: epoch, loss: loss) }
        try program.backward()
        try steps[i].updater.update(rate: step.optimizer.rate, step: steps[i].updates)
        means.add(loss, at: i, weight: weight)
        for (m, metric) in steps[i].metrics.enumerated() { means.add(program.scalar(1 + m), at: steps.count + metric, weight: weight) }
        try carried.take(program, graph: step.graph, from: 1 + steps[i].metrics.count)
      }
    }
    carried.advance()
    means.count += weight
  }

  /// Begins an epoch: nothing is carried yet.
  private func restart(batch: Int) throws {
    if !section.carried.isEmpty { try carried.restart(section.graphs.indices.map { specs($0, batch: batch) }) }
  }

  /// The losses of the steps, then the metrics.
  private var names: [String] { section.steps.map(\.name) + section.metrics.map(\.name) }

  private func batches(_ rows: [Int64], epoch: Int) -> Batches {
    if data.count == nil { return Batches(ofNothing: section.iterations ?? 1) }
    if !section.carried.isEmpty { return Batches(streams: options.batch, of: rows) }
    return Batches(options.shuffles ? shuffled(rows, seed: session.run.seed, epoch: epoch) : rows, size: options.batch)
  }

  // MARK: Evaluation

  /// Means of the losses and metrics over some examples, without training.
  public func evaluate(_ rows: [Int64]) throws -> TrainingEvent.Numbers { try evaluate(rows, otherThan: []) }

  private func evaluate(_ rows: [Int64], otherThan known: Set<String>) throws -> TrainingEvent.Numbers {
    let wanted = names.indices.filter { !known.contains(names[$0]) }
    if wanted.isEmpty || rows.isEmpty && data.count != nil { return [] }
    let batches =
      data.count == nil
      ? Batches(ofNothing: 1) : section.carried.isEmpty ? Batches(rows, size: 256) : Batches(streams: options.batch, of: rows)
    try restart(batch: min(options.batch, rows.count))
    var means = Means(names)
    for index in 0..<batches.count {
      // The same random numbers after every epoch, and none that training has drawn.
      session.run.step = 1 << 63 | UInt64(index)
      try batches.withRows(of: index) { rows in
        for evaluation in try evaluations(batch: rows.count) {
          let (program, graph) = (evaluation.program, evaluation.graph)
          data.fill(program.inputs, graph: graph, rows: rows)
          carried.fill(program, graph: graph)
          try program.forward()
          for (i, value) in evaluation.values.enumerated() { means.add(program.scalar(i), at: value, weight: max(rows.count, 1)) }
          try carried.take(program, graph: graph, from: evaluation.values.count)
        }
      }
      carried.advance()
    }
    return means.numbers.filter { !known.contains($0.name) }
  }

  private func evaluations(batch: Int) throws -> [Evaluation] {
    if let known = evaluations[batch] { return known }
    var made: [Evaluation] = []
    let sources = section.steps.map { ($0.graph, $0.minimized) } + section.metrics.map { ($0.graph, $0.source) }
    for (g, graph) in section.graphs.enumerated() {
      let values = sources.indices.filter { sources[$0].0 == g }
      let wanted = values.map { sources[$0].1 }
      let program = try session.evaluationProgram(
        graph.graph, inputs: specs(g, batch: batch), wanted: wanted + carried.wanted(in: g))
      try checkMetrics(
        values.compactMap { $0 < steps.count ? nil : $0 - steps.count }, program, from: values.filter { $0 < steps.count }.count)
      data.fillWhole(program.inputs, graph: g)
      made.append(Evaluation(graph: g, program: program, values: values))
    }
    evaluations[batch] = made
    return made
  }

  // MARK: Programs

  private func specs(_ graph: Int, batch: Int) -> [Spec] { data.specs(section.graphs[graph].graph, graph, batch: batch) }

  private func program(of index: Int, batch: Int) throws -> Program {
    if let known = steps[index].programs[batch] { return known }
    let made = try trainingProgram(steps[index].step, metrics: steps[index].metrics, batch: batch)
    steps[index].programs[batch] = made
    return made
  }

  private func trainingProgram(_ step: TrainingStep, metrics: [Int], batch: Int) throws -> Program {
    let program = try session.trainingProgram(
      section.graphs[step.graph].graph, inputs: specs(step.graph, batch: batch), minimise: step.minimized, patterns: step.updated,
      wanted: metrics.map { section.metrics[$0].source } + carried.wanted(in: step.graph))
    try checkMetrics(metrics, program, from: 1)
    data.fillWhole(program.inputs, graph: step.graph)
    return program
  }

  private func checkMetrics(_ metrics: [Int], _ program: Program, from first: Int) throws(TrainingError) {
    for (i, metric) in metrics.enumerated() {
      let spec = program.outputSpecs[first + i]
      guard spec.count == 1, spec.dtype == .f32 else { throw .metric(name: section.metrics[metric].name, is: spec) }
    }
  }

  /// Plans what no step computes, so that weights hold the parameters of all of the model's graphs.
  private func planOthers() throws {
    var planned = Set(section.steps.flatMap { section.graphs[$0.graph].graph.parameterPaths })
    if !section.metrics.allSatisfy({ metric in section.steps.contains { $0.graph == metric.graph } }) {
      _ = try evaluations(batch: min(options.batch, options.rows.count))
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
      let memory = try TrainingMemory(
        section.graphs[step.graph].graph, inputs: specs(step.graph, batch: min(options.batch, options.rows.count)),
        losses: [step.minimized],
        patterns: step.updated, foreign: foreign, precision: session.run.precision)
      return (step.name, memory)
    }
  }

  // MARK: Weights

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
