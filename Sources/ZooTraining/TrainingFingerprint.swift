import CHost
import ZooRuntime
import ZooTypes

/// What a training must have in common with the one whose checkpoint it goes on from: by the manifest's keys, as short texts.
///
/// What is long is there as a hash, which begins with `#`.
struct TrainingFingerprint {
  private(set) var parts: [(name: String, text: String)] = []

  init(_ session: Session, _ section: TrainingSection, data: Dataset, options: TrainingOptions) {
    func add(_ name: String, _ text: String) { parts.append((name, text.utf8.count > 40 ? Self.hash(text) : text)) }
    add("seed", "\(session.run.seed)")
    add("dtype", "\(session.run.precision.activations)")
    add("graph", Self.hash(session.store.entries.map { "\($0.path) \($0.spec)" } + section.graphs.map { Self.describe($0.graph) }))
    add("steps", Self.hash(section.steps.map { "\($0.graph) \($0.terms) \($0.updated) \($0.repeats)" }))
    for step in section.steps { add("optimizer", Self.describe(step.optimizer)) }
    let specs = section.graphs.enumerated().map { "\(data.specs($1.graph, $0, batch: 1))" }
    add("data", Self.hash(specs + ["\(data.count ?? 0)"]))
    add("data.train", options.rows.isEmpty ? "all" : "\(options.rows.count) rows \(Self.hash(options.rows.map { "\($0)" }))")
    add("carry", Self.hash(section.carried.map { "\($0.input) \($0.name)" }))
    add("batch", "\(options.batch)")
    add("accumulate", "\(section.accumulated)")
    add("shuffle", "\(options.shuffles)")
    add("average", section.averaging.map { "\($0.weights) from epoch \($0.firstEpoch)" } ?? "none")
    add("weight_noise", "\(section.weightNoise)")
    add("loss_scale", section.lossScaling.map { "\($0)" } ?? "none")
    add("stop", section.stopping.map { "\($0.watched.name) \($0.patience) \($0.leastChange)" } ?? "none")
    // A schedule knows how long training is.
    if section.steps.contains(where: { !$0.optimizer.schedule.isEmpty }) { add("epochs", "\(options.epochs)") }
  }

  /// The first part that is another in `then`.
  func difference(from then: [(name: String, text: String)]) -> (name: String, then: String, now: String)? {
    func shown(_ text: String) -> String { text.contains("#") ? "" : text }
    for (i, part) in parts.enumerated() {
      guard i < then.count, then[i].name == part.name else { return (part.name, "", "") }
      if then[i].text != part.text { return (part.name, shown(then[i].text), shown(part.text)) }
    }
    return nil
  }

  private static func describe(_ optimizer: OptimizerChoice) -> String {
    let schedule = optimizer.schedule.map { "\($0.kind.name) \($0.attributes) \($0.length)" }
    let groups = optimizer.groups.map { "\($0.patterns) \($0.attributes) \($0.rate) \($0.saysDecay)" }
    let clip = optimizer.clip.map { "\($0)" } ?? ""
    return hash(["\(optimizer.kind.name) \(optimizer.attributes) \(optimizer.rate) \(clip)"] + schedule + groups)
  }

  private static func describe(_ graph: Graph) -> String {
    graph.nodes.map { node in
      let inside =
        switch node.control {
        case nil: ""
        case .loop(let loop): describe(loop.body)
        case .conditional(let conditional): describe(conditional.then) + describe(conditional.otherwise)
        }
      return "\(node.path) \(node.parameterPath) \(node.kind.name) \(node.attributes) \(node.inputs) \(node.isFrozen) \(inside)"
    }.joined(separator: "\n")
  }

  private static func hash(_ texts: [String]) -> String { hash(texts.joined(separator: "\n")) }

  private static func hash(_ text: String) -> String { "#" + String(zoo_path_key(text, UInt64(text.utf8.count)), radix: 16) }
}
