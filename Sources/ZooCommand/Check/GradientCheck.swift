import ZooCheck
import ZooRuntime
import ZooTypes

/// `zoo check MODEL --gradients`: the gradients of every step of a model's training, or of what its graph puts out.
struct GradientCheck {
  let open: OpenModel
  let axes: AxisOptions
  let seed: UInt64
  /// How many seconds forward mode may take.
  let limit: Double

  /// Checks step after step; `progress` is told what is being done.
  func run(_ progress: (String) -> Void) throws -> GradientReport {
    var report = GradientReport(open.model, seed: seed)
    guard let section = open.model.training else {
      let graph = open.model.graphs[0].graph
      let lengths = try axes.lengths(open, of: [graph], batch: Self.batch)
      let check = try check(graph, lengths, progress) { try GradientObjective($0, graph, inputs: $1) }
      report.add("outputs", lengths, check)
      return report
    }
    for step in section.steps {
      let graph = section.graphs[step.graph].graph
      let lengths = try axes.lengths(open, of: [graph], batch: Self.batch)
      let check = try check(graph, lengths, progress) {
        try GradientObjective(
          $0, graph, inputs: $1, losses: step.terms.map { ($0.source, $0.weight) }, name: step.name, patterns: step.updated)
      }
      report.add(step.name, lengths, check)
    }
    return report
  }

  // Enough for statistics over a batch to have a gradient.
  private static let batch = 2

  /// First weights of the seed, and random inputs.
  private func check(
    _ graph: Graph, _ lengths: [String: Int], _ progress: (String) -> Void, _ objective: (Session, [Spec]) throws -> GradientObjective
  ) throws -> ModelGradientCheck {
    let session = Session(open.model.graphs, seed: seed, foreign: open.foreign)
    let whole = try objective(session, graph.inputSpecs(lengths: lengths))
    try RandomInputs(graph).fill(whole.program, except: []) {
      var lengths = lengths
      if let axis = graph.batchAxis { lengths[axis] = 1 }
      return try objective(session, graph.inputSpecs(lengths: lengths)).program
    }
    return try ModelGradientCheck(whole, limit: limit) { progress("\(whole.name): \($0) of \($1) parameters") }
  }
}
