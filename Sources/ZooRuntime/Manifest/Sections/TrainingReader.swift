import ZooFormats
import ZooTypes

/// Reads the section `train`.
struct TrainingReader {
  static let keys = [
    "about", "data", "inputs", "graph", "steps", "optimizer", "metrics", "carry", "epochs", "iterations", "batch", "shuffle", "seed",
    "recompute",
  ]
  static let stepKeys = ["graph", "minimize", "update", "optimizer", "repeat", "about"]
  static let metricKeys = ["graph", "value", "about"]
  static let optimizerKeys = ["layer", "rate", "about"]

  let fields: Fields
  let catalog: any KindCatalog
  /// Where steps and metrics find their values.
  var graphs: TrainingGraphs

  /// The section.
  mutating func section() throws(ManifestError) -> TrainingSection {
    let optimizer = try fields.raw("optimizer").map { (json) throws(ManifestError) in try self.optimizer(json) }
    let steps = try steps(optimizer)
    let carried = try carried()
    let metrics = try metrics()
    let data = try DataReader(train: fields, inputs: graphs.inputNames, carried: carried.map(\.input)).data()
    let isShuffled = try fields.boolean("shuffle")
    if isShuffled == true, !carried.isEmpty { throw fields.error(.shuffledStreams, at: fields.raw("shuffle")) }
    return TrainingSection(
      graphs: try recomputing(graphs.all), data: data, carried: carried, steps: steps, metrics: metrics,
      epochs: try fields.integer("epochs", in: 1...Int.max) ?? 1, iterations: try iterations(data),
      batch: try fields.integer("batch", in: 1...Int(Int32.max)) ?? 32, isShuffled: isShuffled ?? carried.isEmpty,
      seed: try fields.integer("seed", in: 0...Int.max) ?? 0, about: try fields.text("about") ?? "",
      place: fields.evaluate.document.place(of: fields.json))
  }

  private mutating func steps(_ fallback: OptimizerChoice?) throws(ManifestError) -> [TrainingStep] {
    let list = try fields.require("steps", try fields.list("steps"), about: "what to minimise, such as [{\"minimize\": \"loss\"}]")
    guard list.count <= Budget.portLimit else {
      throw fields.error(.tooLarge(.ports(limit: Budget.portLimit)), at: fields.raw("steps"))
    }
    guard !list.isEmpty else {
      throw fields.error(.wrongCount(.key("steps", of: fields.owner), got: 0, wanted: "one step at least"), at: fields.raw("steps"))
    }
    var steps: [TrainingStep] = []
    for (i, json) in list.enumerated() {
      let step = try Fields(json, of: .step(i), keys: Self.stepKeys, fields.evaluate)
      _ = try step.text("about")
      let graph = try graphs.index(step)
      let minimized = try step.require("minimize", step.raw("minimize"), about: "the value to minimise")
      let (name, source) = try value(minimized, in: graph, .key("minimize", of: .step(i)))
      let own = try step.raw("optimizer").map { (json) throws(ManifestError) in try self.optimizer(json) }
      let optimizer = try fields.require("optimizer", own ?? fallback, about: "such as {\"layer\": \"\(exampleUpdate)\", \"rate\": 0.001}")
      steps.append(
        TrainingStep(
          name: name, graph: graph, minimized: source, updated: try step.texts("update") ?? ["*"], optimizer: optimizer,
          repeats: try step.integer("repeat", in: 1...Int(Int32.max)) ?? 1, place: fields.evaluate.document.place(of: json)))
    }
    name(&steps)
    return steps
  }

  /// Tells steps that minimise values of one name apart, by their graphs if those differ, and else by number.
  private func name(_ steps: inout [TrainingStep]) {
    let graphs = graphs.all
    for (name, same) in Dictionary(grouping: steps.indices, by: { steps[$0].name }) where same.count > 1 {
      let isByGraph = Set(same.map { steps[$0].graph }).count == same.count
      for (number, i) in same.enumerated() {
        steps[i].name = isByGraph ? "\(graphs[steps[i].graph].name).\(name)" : "\(name)_\(number + 1)"
      }
    }
  }

  private mutating func metrics() throws(ManifestError) -> [TrainingMetric] {
    var metrics: [TrainingMetric] = []
    for member in try fields.members("metrics") {
      let owner = ManifestError.Owner.key(member.name, of: .section("metrics"))
      var json = try fields.evaluate(member.value)
      var metric: Fields?
      if json.object != nil {
        let own = try Fields(json, of: owner, keys: Self.metricKeys, fields.evaluate.done)
        _ = try own.text("about")
        json = try own.require("value", own.raw("value"), about: "what is reported")
        metric = own
      }
      let graph = try graphs.index(metric)
      metrics.append(TrainingMetric(name: member.name, graph: graph, source: try value(json, in: graph, owner).source))
    }
    return metrics
  }

  /// What is carried: each value is looked up in the first graph with that input that a step computes.
  private func carried() throws(ManifestError) -> [TrainingCarry] {
    let owner = ManifestError.Owner.key("carry", of: fields.owner)
    let stepped = graphs.all
    var carried: [TrainingCarry] = []
    for member in try fields.members("carry") {
      guard let graph = stepped.firstIndex(where: { $0.graph.inputs.contains { $0.name == member.name } }) else {
        throw ManifestError(
          .unknownPort(member.name, isInput: true, of: owner, known: graphs.inputNames),
          at: fields.evaluate.document.place(of: member))
      }
      let (name, source) = try value(member.value, in: graph, .key(member.name, of: owner))
      carried.append(TrainingCarry(input: member.name, name: name, graph: graph, source: source))
    }
    return carried
  }

  private func iterations(_ data: TrainingData?) throws(ManifestError) -> Int? {
    let iterations = try fields.integer("iterations", in: 1...Int(Int32.max))
    let feeds = data?.inputs ?? []
    if iterations == nil, feeds.isEmpty { throw fields.error(.noIterations, at: nil) }
    if iterations != nil, feeds.contains(where: { !$0.isWhole }) { throw fields.error(.iterationsOfRows, at: fields.raw("iterations")) }
    return iterations ?? (feeds.contains { !$0.isWhole } ? nil : 1)
  }

  /// The kinds that can be optimisers.
  private var updates: [String] { catalog.kindNames.filter { catalog.kind($0)?.isUpdate ?? false } }

  private var exampleUpdate: String { updates.first ?? "family.update" }

  private func optimizer(_ json: JSON) throws(ManifestError) -> OptimizerChoice {
    let json = try fields.evaluate(json)
    let choice = try Fields(json, of: .section("optimizer"), keys: nil, fields.evaluate.done)
    let name = try choice.require("layer", try choice.text("layer"), about: "an optimiser's update, such as \"\(exampleUpdate)\"")
    guard let kind = catalog.kind(name) else { throw choice.error(.unknownOptimizer(name, known: updates), at: choice.raw("layer")) }
    guard kind.isUpdate else { throw choice.error(.notAnUpdate(name, known: updates), at: choice.raw("layer")) }
    let owned = choice.named(.optimizer(name))
    let rate = try owned.require("rate", try owned.number("rate", in: 0...Double.greatestFiniteMagnitude), about: "the learning rate")
    _ = try owned.text("about")
    let literals = try AttributeReader(owned.owner, in: fields.evaluate.document)
      .read(kind.attributes, from: json, except: Self.optimizerKeys)
    return OptimizerChoice(kind: kind, attributes: literals, rate: rate, place: fields.evaluate.document.place(of: json))
  }

  private func value(_ json: JSON, in graph: Int, _ owner: ManifestError.Owner) throws(ManifestError) -> (name: String, source: Source) {
    let json = try fields.evaluate(json)
    guard let name = json.string else { throw fields.error(.wrongType(owner, wanted: .text, got: json.shown), at: json) }
    return (name, try graphs.source(named: name, in: graph, of: owner, at: json))
  }
}
