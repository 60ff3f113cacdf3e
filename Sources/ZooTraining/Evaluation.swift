import ZooRuntime
import ZooTypes

/// The losses and metrics of a training section, computed without training.
final class Evaluation {
  /// A graph with what is read off it.
  private struct Part {
    let graph: Int
    let program: Program
    let values: [Int]  // of all terms, then all metrics
  }

  /// The names of all terms, then of all metrics.
  let names: [String]

  private let session: Session
  private let section: TrainingSection
  private let data: Dataset
  private let carried: CarriedValues
  private let batch: Int
  private let terms: [(graph: Int, source: Source)]
  private var parts: [Int: [Part]] = [:]  // by batch size

  init(_ session: Session, _ section: TrainingSection, data: Dataset, carried: CarriedValues, batch: Int) {
    (self.session, self.section, self.data, self.carried, self.batch) = (session, section, data, carried, batch)
    names = section.steps.flatMap { $0.terms.map(\.name) } + section.metrics.map(\.name)
    terms = section.steps.flatMap { step in step.terms.map { (step.graph, $0.source) } }
  }

  /// Means over some examples; those that are known already are left out.
  func run(_ rows: [Int64], otherThan known: Set<String> = []) throws -> TrainingEvent.Numbers {
    let wanted = names.indices.filter { !known.contains(names[$0]) }
    if wanted.isEmpty || rows.isEmpty && data.count != nil { return [] }
    let batches =
      data.count == nil
      ? Batches(ofNothing: 1) : section.carried.isEmpty ? Batches(rows, size: 256) : Batches(streams: batch, of: rows)
    if !section.carried.isEmpty { try carried.restart(section.graphs.indices.map { specs($0, batch: min(batch, rows.count)) }) }
    var means = Means(names)
    for index in 0..<batches.count {
      // The same random numbers after every epoch, and none that training has drawn.
      session.run.step = 1 << 63 | UInt64(index)
      try batches.withRows(of: index) { rows in
        for part in try parts(batch: rows.count) {
          let (program, graph) = (part.program, part.graph)
          data.fill(program.inputs, graph: graph, rows: rows)
          carried.fill(program, graph: graph)
          try program.forward()
          for (i, value) in part.values.enumerated() { means.add(program.scalar(i), at: value, weight: max(rows.count, 1)) }
          try carried.take(program, graph: graph, from: part.values.count)
        }
      }
      carried.advance()
    }
    return means.numbers.filter { !known.contains($0.name) }
  }

  /// Plans every graph for batches of that size.
  func prepare(batch: Int) throws { _ = try parts(batch: batch) }

  private func specs(_ graph: Int, batch: Int) -> [Spec] { data.specs(section.graphs[graph].graph, graph, batch: batch) }

  private func parts(batch: Int) throws -> [Part] {
    if let known = parts[batch] { return known }
    var made: [Part] = []
    let sources = terms + section.metrics.map { ($0.graph, $0.source) }
    for (g, graph) in section.graphs.enumerated() {
      let values = sources.indices.filter { sources[$0].graph == g }
      let program = try session.evaluationProgram(
        graph.graph, inputs: specs(g, batch: batch), wanted: values.map { sources[$0].source } + carried.wanted(in: g))
      let metrics = values.filter { $0 >= terms.count }
      try section.checkMetrics(metrics.map { $0 - terms.count }, program, from: values.count - metrics.count)
      data.fillWhole(program.inputs, graph: g)
      made.append(Part(graph: g, program: program, values: values))
    }
    parts[batch] = made
    return made
  }
}
