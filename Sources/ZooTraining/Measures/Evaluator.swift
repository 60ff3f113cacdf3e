public import ZooFormats
public import ZooRuntime
import ZooTypes

/// A model's losses and metrics on some of the data, and how its predictions agree with the labels.
public struct EvaluationResult: Sendable {
  /// Means of the losses and metrics.
  public let numbers: TrainingEvent.Numbers
  /// How predictions agree with labels; nil: the manifest names none, and no loss tells.
  public let classes: ClassReport?
  /// How many rows were evaluated.
  public let rows: Int
  /// How long it took.
  public let seconds: Double
}

/// Evaluates a model on the data of its manifest, without anything that training needs.
public final class Evaluator {
  /// Which rows are for what.
  public let parts: DataParts
  /// How many rows there are in all; nil: arrays are given whole.
  public var count: Int? { data.dataset.count }

  /// One for each set of weights, with what it carries.
  private let members: [(session: Session, carried: CarriedValues)]
  private let foreign: ForeignLibraries
  private let section: TrainingSection
  private let data: DataSection
  private let batch: Int
  private let top: Int?
  private let choice: TrainingEvaluation?
  private let names: [String]?
  private var programs: [Int: [Part]] = [:]  // by batch size
  private var scores: ClassScores?
  private var subject = TrainingEvaluation.Subject.classes

  /// A graph with what is read off it.
  private struct Part {
    let graph: Int
    /// What each set of weights computes.
    let members: [Program]
    /// What is computed from the means of what several have made; nil: there is only one.
    let tail: Tail?
    /// Of all losses, then all metrics: those that its first outputs are.
    let values: [Int]
    /// Where predictions and labels are among its outputs; nil: they are of another graph.
    let compared: (predictions: Int, labels: Int)?
    /// The first output of a member that is carried on.
    let carriedFrom: Int

    /// What has these outputs.
    var program: Program { tail?.program ?? members[0] }
  }

  /// What is left of a graph where the members' outputs are known.
  private struct Tail {
    let session: Session
    let program: Program
    /// The outputs of members whose means are its last inputs.
    let joints: [Int]
  }

  /// Opens the data and the model.
  ///
  /// Inputs are normalised as the weights' notes say. `top` overrides the manifest's. With weights in `others` too, all of them make an
  /// ensemble: outputs are the means of theirs, and losses, metrics and predictions are computed from those.
  public init(
    _ model: Model, catalog: Catalog, manifestFolder: String, zooRoot: String, choices: TrainingJob.Choices, notes: WeightsNotes,
    others: [(file: SafeTensors, name: String)] = [], top: Int? = nil
  ) throws {
    guard let section = model.training else { throw TrainingJobError.noTraining(model: model.name) }
    self.section = section
    self.top = top
    let isTrained = choices.weights != nil
    data = try DataSection(
      section, catalog: catalog, manifestFolder: manifestFolder, zooRoot: zooRoot, own: choices.data,
      known: isTrained ? notes.normalization : nil)
    parts = data.parts
    let seed = choices.seed ?? UInt64(bitPattern: Int64(section.seed))
    foreign = choices.foreign
    members = ([choices.weights] + others.map(Optional.init)).map { weights in
      let session = Session(
        model.graphs, weights: weights, seed: seed, foreign: choices.foreign, precision: choices.precision)
      return (session, CarriedValues(section))
    }
    batch = choices.batch ?? section.batch
    choice = section.evaluation ?? section.impliedEvaluation
    names = data.classes ?? choice.flatMap { model.labelNames(of: $0, in: section) }
  }

  /// Evaluates some rows; none, if arrays are given whole.
  public func evaluate(_ rows: [Int64]) throws -> EvaluationResult {
    let start = monotonicSeconds()
    var means = Means(valueNames)
    scores = nil
    let batches =
      data.dataset.count == nil
      ? Batches(ofNothing: 1)
      : section.carried.isEmpty ? Batches(rows, size: Self.batchSize) : Batches(streams: min(batch, rows.count), of: rows)
    if !section.carried.isEmpty {
      let taken = section.graphs.indices.map { specs($0, batch: min(batch, rows.count)) }
      for member in members { try member.carried.restart(taken) }
    }
    data.dataset.expect(batches)
    for index in 0..<batches.count {
      try batches.withRows(of: index) { rows in
        for part in try programs(batch: rows.count) {
          // As trainers count, so that random layers draw what they draw there.
          for session in members.map(\.session) + [part.tail?.session].compactMap(\.self) { session.run.step = 1 << 63 | UInt64(index) }
          try add(part, rows, to: &means)
        }
      }
      for member in members { member.carried.advance() }
    }
    return EvaluationResult(
      numbers: means.numbers, classes: scores.flatMap { $0.count > 0 ? ClassReport($0, subject: subject, names: names) : nil },
      rows: rows.count, seconds: monotonicSeconds() - start)
  }

  /// How many rows are computed at once; no number depends on it but for rounding.
  private static let batchSize = 256

  private func add(_ part: Part, _ rows: UnsafeBufferPointer<Int64>, to means: inout Means) throws {
    for (program, carried) in zip(part.members, members.map(\.carried)) {
      try data.dataset.fill(program.inputs, graph: part.graph, rows: rows)
      carried.fill(program, graph: part.graph)
      try program.forward()
      try carried.take(program, graph: part.graph, from: part.carriedFrom)
    }
    if let tail = part.tail {
      try data.dataset.fill(tail.program.inputs, graph: part.graph, rows: rows)
      for (joint, input) in zip(tail.joints, tail.program.inputs.suffix(tail.joints.count)) {
        writeMean(of: part.members.map { $0.output(joint) }, into: input.bytes)
      }
      try tail.program.forward()
    }
    let program = part.program
    for (i, value) in part.values.enumerated() { means.add(program.scalar(i), at: value, weight: max(rows.count, 1)) }
    if let compared = part.compared { try compare(program, compared.predictions, compared.labels) }
  }

  /// The names of all losses and metrics.
  private var valueNames: [String] { section.steps.flatMap { $0.terms.map(\.name) } + section.metrics.map(\.name) }

  private func specs(_ graph: Int, batch: Int) -> [Spec] { data.dataset.specs(section.graphs[graph].graph, graph, batch: batch) }

  private func programs(batch: Int) throws -> [Part] {
    if let known = programs[batch] { return known }
    let sources =
      section.steps.flatMap { step in step.terms.map { (step.graph, $0.source) } } + section.metrics.map { ($0.graph, $0.source) }
    var made: [Part] = []
    for (g, graph) in section.graphs.enumerated() {
      let values = sources.indices.filter { sources[$0].0 == g }
      var wanted = values.map { sources[$0].1 }
      let compared = choice.flatMap { $0.graph == g ? ($0.predictions, $0.labels) : nil }
      if let compared { wanted += [compared.0, compared.1] }
      let joints = members.count > 1 ? self.joints(of: graph.graph, predictions: compared?.0) : []
      let programs = try members.map { session, carried in
        let program = try session.evaluationProgram(
          graph.graph, inputs: specs(g, batch: batch), wanted: wanted + joints + carried.wanted(in: g))
        try data.dataset.fillWhole(program.inputs, graph: g)
        return program
      }
      let tail = members.count > 1 ? try self.tail(g, after: programs[0], joints, from: wanted.count, wanted: wanted) : nil
      let program = tail?.program ?? programs[0]
      for (i, value) in values.enumerated() {
        let spec = program.outputSpecs[i]
        guard spec.count == 1, spec.dtype == .f32 else {
          throw TrainingError.metric(name: valueNames[value], is: spec)
        }
      }
      let at = compared.map { _ in (predictions: values.count, labels: values.count + 1) }
      made.append(
        Part(graph: g, members: programs, tail: tail, values: values, compared: at, carriedFrom: wanted.count + joints.count))
    }
    programs[batch] = made
    return made
  }

  // MARK: Ensembles

  /// What an ensemble may have the mean of: what the graph puts out, and what is compared with labels.
  private func joints(of graph: Graph, predictions: Source?) -> [Source] {
    var joints: [Source] = []
    for case .node(let node, let output) in graph.outputs.map(\.source) + [predictions].compactMap(\.self)
    where !joints.contains(.node(node, output: output)) { joints.append(.node(node, output: output)) }
    return joints
  }

  /// What computes `wanted` from the means of the joints, which are outputs of `member` from number `first` on.
  private func tail(_ g: Int, after member: Program, _ joints: [Source], from first: Int, wanted: [Source]) throws -> Tail {
    let graph = section.graphs[g].graph
    // Whole numbers have no mean: what is computed from those of an ensemble begins at what they are computed from.
    let cuts = joints.indices.filter { member.outputSpecs[first + $0].dtype == .f32 }
    let rest = graph.tail(after: cuts.map { (joints[$0], member.outputSpecs[first + $0]) }, wanted: wanted)
    for case .input(let i)? in rest.graph.nodes.flatMap(\.inputs) + rest.wanted where i < graph.inputs.count {
      let name = graph.inputs[i].name
      if section.carried.contains(where: { $0.input == name }) { throw EvaluationError.ensemble(needs: name) }
    }
    let run = members[0].session.run
    let session = Session(rest.graph, seed: run.seed, foreign: foreign, precision: run.precision)
    let batch = member.inputs.map(\.spec) + cuts.map { member.outputSpecs[first + $0] }
    let program = try session.evaluationProgram(rest.graph, inputs: batch, wanted: rest.wanted)
    if let own = session.store.entries.first { throw EvaluationError.ensemble(needs: own.path) }
    try data.dataset.fillWhole(program.inputs, graph: g)
    return Tail(session: session, program: program, joints: cuts.map { first + $0 })
  }

  // MARK: Predictions

  private func compare(_ program: Program, _ predictions: Int, _ labels: Int) throws {
    guard let choice else { return }
    let (logits, classes) = (program.outputSpecs[predictions], program.outputSpecs[labels])
    if section.evaluation == nil {
      // A loss with these ports may compare with probabilities instead: those are no labels.
      guard !classes.dtype.isFloat else { return }
    }
    if scores == nil {
      let isBinary = logits.count == classes.count
      let count = isBinary ? 2 : logits.width
      guard logits.dtype == .f32, count > 1, isBinary || Array(logits.shape.dropLast()) == classes.shape else {
        throw EvaluationError.shapes(predictions: logits, labels: classes)
      }
      guard count <= ClassScores.classLimit else {
        if section.evaluation == nil { return }
        throw EvaluationError.classes(count, limit: ClassScores.classLimit)
      }
      subject = choice.subject ?? (classes.rank <= 1 || isBinary && classes.rank == 2 ? .classes : classes.rank == 2 ? .tokens : .masks)
      scores = ClassScores(classes: count, isBinary: isBinary, top: top ?? choice.top, ignored: choice.ignored)
    }
    guard let values = program.output(predictions).baseAddress?.assumingMemoryBound(to: Float.self) else { return }
    let bytes = program.output(labels)
    switch classes.dtype {
    case .i64: try scores?.add(values, labels: bytes.bindMemory(to: Int64.self).lazy.map { Int($0) })
    case .i32: try scores?.add(values, labels: bytes.bindMemory(to: Int32.self).lazy.map { Int($0) })
    case .f32:
      let floats = bytes.bindMemory(to: Float.self)
      if let odd = floats.first(where: { Int(exactly: $0) == nil }) { throw EvaluationError.fraction(odd) }
      try scores?.add(values, labels: floats.lazy.map { Int($0) })
    default: throw EvaluationError.shapes(predictions: logits, labels: classes)
    }
  }
}

extension TrainingSection {
  /// What a loss or metric of the steps' graphs compares, if one has ports for logits and labels.
  fileprivate var impliedEvaluation: TrainingEvaluation? {
    for (g, graph) in graphs.enumerated() {
      for node in graph.graph.nodes.reversed() where node.control == nil {
        let ports = node.kind.inputs.map(\.name)
        guard let predictions = ports.firstIndex(of: "logits"), node.inputs.count == ports.count,
          let labels = ports.firstIndex(where: { ["labels", "label", "target"].contains($0) }), let from = node.inputs[predictions],
          let with = node.inputs[labels]
        else { continue }
        // What is known to be no label.
        if case .input(let i) = with, graph.graph.inputs[i].dtype.isFloat { continue }
        let attribute = node.kind.attributes.firstIndex { $0.name == "ignore_index" }
        var ignored: Int?
        if let attribute, case .integer(let index) = node.attributes[attribute] { ignored = index }
        return TrainingEvaluation(
          graph: g, predictions: from, labels: with, ignored: ignored)
      }
    }
    return nil
  }
}

extension Model {
  /// The names that the codec of an output gives the classes of these predictions; nil: none does.
  fileprivate func labelNames(of choice: TrainingEvaluation, in section: TrainingSection) -> [String]? {
    for output in section.graphs[choice.graph].graph.outputs where output.source == choice.predictions {
      guard let codec = output.codec, let index = codec.codec.attributes.firstIndex(where: { $0.name == "names" }),
        case .text(let names) = codec.attributes[index], !names.isEmpty
      else { continue }
      return names.split(whereSeparator: \.isNewline).map(String.init)
    }
    return nil
  }
}
