import ZooFormats
import ZooRuntime
import ZooTraining
import ZooTypes

/// What the steps of a model's training take of memory, and what computing blocks again saves.
struct TrainingMemoryReport {
  private let open: OpenModel
  private let lengths: [String: Int]
  private let steps: [(name: String, memory: TrainingMemory)]

  /// Plans every step, in batches as the manifest says unless `axes` says otherwise.
  init(_ open: OpenModel, _ axes: AxisOptions) throws {
    guard let section = open.model.training else { throw TrainingJobError.noTraining(model: open.model.name) }
    let lengths = try axes.lengths(open, of: section.graphs.map(\.graph), batch: section.batch)
    self.open = open
    self.lengths = lengths
    steps = try section.steps.map { step in
      let graph = section.graphs[step.graph].graph
      let memory = try TrainingMemory(
        graph, inputs: graph.inputSpecs(lengths: lengths), losses: step.terms.map(\.source), patterns: step.updated, foreign: open.foreign)
      return (step.name, memory)
    }
  }

  private var recomputes: Bool { steps.contains { $0.memory.recomputes } }

  /// The report for people.
  func text(for terminal: Terminal) -> String {
    let axes = lengths.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
    let heading = terminal.styled(open.model.title, .bold) + ": what training takes\(axes.isEmpty ? "" : ", \(axes)")"
    let again: [Table.Column] = recomputes ? [.numbers("IF ALL WERE KEPT"), .numbers("SAVED")] : []
    var table = Table([.words("STEP"), .numbers("ACTIVATIONS")] + again + [.numbers("GRADIENTS")])
    for (name, memory) in steps {
      let savings = recomputes ? [Quantity.bytes(memory.keptBytes), Quantity.bytes(memory.savedBytes)] : []
      table.add([name, Quantity.bytes(memory.arenaBytes)] + savings + [Quantity.bytes(memory.gradientBytes)])
    }
    return heading + "\n\n" + table.text(for: terminal)
  }

  /// The report as JSON.
  var json: JSON {
    let steps = steps.map { name, memory -> JSON in
      .object([
        ("step", .text(name)), ("activation_bytes", .integer(memory.arenaBytes)), ("activation_bytes_if_kept", .integer(memory.keptBytes)),
        ("saved_bytes", .integer(memory.savedBytes)), ("gradient_bytes", .integer(memory.gradientBytes)),
      ])
    }
    return .object([
      ("name", .text(open.model.name)), ("type", .text("training")),
      ("axes", .object(lengths.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })), ("steps", .array(steps)),
    ])
  }
}

extension TrainingSection {
  /// Whether some blocks are computed again.
  var recomputes: Bool { graphs.contains { $0.graph.recomputes } }
}
