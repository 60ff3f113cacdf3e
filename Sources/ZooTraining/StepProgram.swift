package import ZooRuntime
import ZooTypes

/// One step of the training program, made ready: its gradients, what is done to them, and its update.
///
/// Once it has met a batch of each size, doing it allocates nothing.
final class StepProgram {
  /// What is the same for all steps.
  struct Context {
    let session: Session
    let section: TrainingSection
    let data: Dataset
    let carried: CarriedValues
    let options: TrainingOptions
    /// How many iterations an epoch has.
    let iterations: Int
  }

  /// What it has done so far.
  struct Counts: Equatable {
    /// Updates that were begun: the rate's schedule follows them.
    var begun = 0
    /// Updates that were made.
    var made = 0
    /// Updates that were left out, because gradients were not finite.
    var skipped: Int { begun - made }
  }

  let step: TrainingStep
  /// The place of its first term among the numbers of the program.
  let firstTerm: Int
  /// The metrics that it computes besides: those of its graph, if it is the first step with that graph.
  let metrics: [Int]
  /// The parameters, by their indices in the store, that it updates.
  let trained: [Int]
  let updater: Updater
  var counts = Counts()
  var scaler: LossScaler?
  /// What the last update was like.
  private(set) var measure: UpdateMeasure

  private let context: Context
  private let rates: [Double]
  private let schedule: RateSchedule?
  private let gradients: GradientMemory
  private let noise: WeightNoise?
  private let hessian: HessianDifferences?
  private var programs: [Int: Program] = [:]  // by batch size

  init(_ index: Int, _ context: Context) throws {
    let section = context.section, session = context.session
    let step = section.steps[index]
    self.context = context
    self.step = step
    firstTerm = section.steps[..<index].reduce(0) { $0 + $1.terms.count }
    let isFirst = !section.steps[..<index].contains { $0.graph == step.graph }
    metrics = isFirst ? section.metrics.indices.filter { section.metrics[$0].graph == step.graph } : []
    measure = UpdateMeasure(name: step.name, rate: step.optimizer.rate, gradientNorm: nil, lossScale: nil, skipped: 0)

    // Gradients exist once a program is bound to them; updaters then bind to both.
    let batch = min(context.options.batch, context.options.rows.count)
    let program = try Self.makeProgram(step, metrics: metrics, batch: batch, context)
    programs[batch] = program
    trained = program.trained
    let groups = step.optimizer.groups(of: trained, in: session.store)
    rates = step.optimizer.groups.map(\.rate) + [step.optimizer.rate]
    updater = try Updater(step.optimizer.kind, groups: groups, store: session.store, run: session.run, place: step.optimizer.place)
    gradients = GradientMemory(trained, of: session.store, accumulates: section.accumulated > 1)
    noise = section.weightNoise > 0 ? WeightNoise(trained, deviation: section.weightNoise, session: session) : nil
    scaler = section.lossScaling.map { LossScaler($0) }
    hessian = try updater.hessian.map {
      guard section.carried.isEmpty else { throw TrainingError.hessianOfStreams(kind: step.optimizer.kind.name) }
      return HessianDifferences($0, parameters: program.trained, session: session)
    }
    let phases = step.optimizer.phases(updates: context.options.epochs, times: context.iterations * step.repeats)
    schedule = phases.isEmpty ? nil : try RateSchedule(phases, run: session.run)
  }

  // MARK: Doing it

  /// Does it on the batches of one iteration, as often as it says.
  ///
  /// `executions` counts how often batches have been computed: each has random numbers of its own.
  func run(_ batches: Batches, _ range: Range<Int>, epoch: Int, measures: Bool, executions: inout Int, into means: inout Means) throws {
    for _ in 0..<step.repeats {
      let before = executions
      var isFinite = true
      try differentiate(batches, range, after: before, scale: scaler?.scale ?? 1, carrying: true) { program, execution, rows in
        for i in step.terms.indices where !program.scalar(i).isFinite {
          guard scaler != nil else { throw diverged(program, term: i, epoch: epoch, execution: execution) }
          isFinite = false
        }
        if isFinite { add(program, to: &means, weight: rows) }
      }
      executions += range.count
      try update(isFinite, measures: measures) {
        try differentiate(batches, range, after: before, scale: 1, carrying: false) { _, _, _ in }
      }
    }
  }

  /// Puts the gradients of the mean over some batches into the store.
  private func differentiate(
    _ batches: Batches, _ range: Range<Int>, after executions: Int, scale: Double, carrying: Bool,
    observe: (Program, _ execution: Int, _ rows: Int) throws -> Void
  ) throws {
    var total = 0
    for index in range { total += batches.withRows(of: index) { max($0.count, 1) } }
    for (i, index) in range.enumerated() {
      context.session.run.step = UInt64(executions + i + 1)
      try batches.withRows(of: index) { rows in
        let program = try program(batch: rows.count), count = max(rows.count, 1)
        noise?.add()
        defer { noise?.remove() }
        try context.data.fill(program.inputs, graph: step.graph, rows: rows)
        context.carried.fill(program, graph: step.graph)
        try program.forward()
        try observe(program, executions + i + 1, count)
        try program.backward(scale: Float(scale * Double(count) / Double(total)))
        if carrying { try context.carried.take(program, graph: step.graph, from: step.terms.count + metrics.count) }
      }
      gradients.collect(batch: i, of: range.count)
      // The last batch's values go on to the next iteration, when all steps have seen this one.
      if carrying, i < range.count - 1 { context.carried.advance() }
    }
  }

  /// Adds what a program has computed to the means.
  private func add(_ program: Program, to means: inout Means, weight: Int) {
    for i in step.terms.indices { means.add(program.scalar(i), at: firstTerm + i, weight: weight) }
    let metric = context.section.steps.reduce(0) { $0 + $1.terms.count }
    for (i, index) in metrics.enumerated() { means.add(program.scalar(step.terms.count + i), at: metric + index, weight: weight) }
  }

  /// Changes the parameters by the gradients that are in the store, unless they are not finite and may be passed by.
  private func update(_ isFinite: Bool, measures: Bool, again: () throws -> Void) throws {
    var norm: Double?
    if measures || scaler != nil || step.optimizer.clip?.isByNorm ?? false { norm = gradients.norm() }
    let share = try context.options.rateFactor?(counts.begun) ?? schedule?.factor(at: counts.begun) ?? 1
    measure.rate = step.optimizer.rate * share
    counts.begun += 1
    var factor = 1.0
    if let scale = scaler?.scale, let scaled = norm {
      factor = 1 / scale
      norm = scaled * factor
      (measure.gradientNorm, measure.lossScale) = (norm, scale)
      scaler?.learn(isFinite: isFinite && scaled.isFinite)
      guard isFinite, scaled.isFinite else {
        measure.skipped = counts.skipped
        guard let bad = scaler?.bad, bad < LossScaler.limit else {
          throw TrainingError.alwaysSkipped(step: step.name, count: LossScaler.limit, scale: scaler?.scale ?? scale)
        }
        return
      }
    }
    measure.gradientNorm = norm
    gradients.scale(factor, clip: step.optimizer.clip, norm: norm)
    if let hessian {
      updater.keepGradients()
      try hessian.compute(again)
    }
    for (group, rate) in rates.enumerated() { updater.setRate(rate * share, group: group) }
    counts.made += 1
    try updater.update(step: counts.made)
  }

  // MARK: Programs

  private func program(batch: Int) throws -> Program {
    if let known = programs[batch] { return known }
    let made = try Self.makeProgram(step, metrics: metrics, batch: batch, context)
    programs[batch] = made
    return made
  }

  private static func makeProgram(_ step: TrainingStep, metrics: [Int], batch: Int, _ context: Context) throws -> Program {
    let section = context.section
    let graph = section.graphs[step.graph].graph
    let program = try context.session.trainingProgram(
      graph, inputs: context.data.specs(graph, step.graph, batch: batch), minimise: step.terms, patterns: step.updated,
      wanted: metrics.map { section.metrics[$0].source } + context.carried.wanted(in: step.graph))
    try section.checkMetrics(metrics, program, from: step.terms.count)
    try context.data.fillWhole(program.inputs, graph: step.graph)
    return program
  }

  /// Where the first value that is not finite appeared: in a parameter, after the last update, or in a layer's output.
  private func diverged(_ program: Program, term: Int, epoch: Int, execution: Int) -> TrainingError {
    func error(_ place: String) -> TrainingError {
      .diverged(
        loss: step.terms[term].name, value: program.scalar(term), epoch: epoch, step: execution, where: place,
        weights: context.options.weights, saved: epoch > 1)
    }
    for entry in context.session.store.entries where entry.spec.dtype == .f32 {
      guard let floats = entry.pointer?.assumingMemoryBound(to: Float.self) else { continue }
      if let bad = UnsafeBufferPointer(start: floats, count: entry.spec.count).first(where: { !$0.isFinite }) {
        return error("parameter '\(entry.path)' has become \(bad)")
      }
    }
    guard let found = try? program.firstNonFinite() else { return error("it appeared in no layer's output") }
    let element = found.index.isEmpty ? found.output : "\(found.output)\(found.index)"
    return error("it first appeared in layer '\(found.layer)' (\(found.kind)): \(element) is \(found.value)")
  }
}

extension TrainingSection {
  /// Whether a program's outputs from `first` on are numbers that can be reported as these metrics.
  func checkMetrics(_ metrics: [Int], _ program: Program, from first: Int) throws(TrainingError) {
    for (i, metric) in metrics.enumerated() {
      let spec = program.outputSpecs[first + i]
      guard spec.count == 1, spec.dtype == .f32 else { throw .metric(name: self.metrics[metric].name, is: spec) }
    }
  }
}

extension OptimizerChoice {
  /// The parameters with these indices in groups: each in the first that it matches, and the rest at the end.
  package func groups(of parameters: [Int], in store: ParameterStore) -> [Updater.Group] {
    var members = Array(repeating: [Int](), count: groups.count + 1)
    for i in parameters {
      let path = store.entries[i].path
      let group = groups.firstIndex { $0.patterns.contains { glob($0, matches: path) } }
      members[group ?? groups.count].append(i)
    }
    return zip(members, groups).map { Updater.Group($0, attributes: $1.attributes, decaysAll: $1.saysDecay) }
      + [Updater.Group(members[groups.count], attributes: attributes)]
  }

  /// The phases of its schedule, where an epoch has `times` updates.
  fileprivate func phases(updates epochs: Int, times: Int) -> [RateSchedule.Phase] {
    let (whole, overflows) = epochs.multipliedReportingOverflow(by: times)
    var left = overflows ? Int.max : whole
    return schedule.map { phase in
      let steps =
        switch phase.length {
        case .updates(let count): count
        case .epochs(let count): count.multipliedReportingOverflow(by: times).overflow ? Int.max : count * times
        case .rest: left
        }
      left = max(left - min(steps, left), 0)
      return RateSchedule.Phase(phase.kind, attributes: phase.attributes, steps: steps, place: phase.place)
    }
  }
}

extension GradientClip {
  package var isByNorm: Bool { if case .norm = self { true } else { false } }
}
