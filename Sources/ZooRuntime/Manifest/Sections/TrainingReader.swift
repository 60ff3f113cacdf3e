import ZooFormats
import ZooTypes

/// Reads the section `train`.
struct TrainingReader {
  static let keys = [
    "about", "data", "inputs", "graph", "steps", "optimizer", "metrics", "carry", "epochs", "iterations", "batch", "shuffle", "seed",
    "accumulate", "average", "weight_noise", "loss_scale", "stop", "keep", "sample_rows", "evaluate", "samples",
    "recompute",
  ]
  static let stepKeys = ["graph", "minimize", "maximize", "update", "optimizer", "repeat", "about"]
  static let metricKeys = ["graph", "value", "about"]

  let fields: Fields
  let catalog: any KindCatalog
  /// Where steps and metrics find their values.
  var graphs: TrainingGraphs

  /// The section.
  mutating func section() throws(ManifestError) -> TrainingSection {
    let optimizer = try fields.raw("optimizer").map { (json) throws(ManifestError) in try optimizers.optimizer(json) }
    let steps = try steps(optimizer)
    let carried = try carried()
    let metrics = try metrics()
    let evaluation = try EvaluationReader(train: fields).evaluation(&graphs)
    let data = try DataReader(train: fields, catalog: catalog, inputs: graphs.inputNames, carried: carried.map(\.input)).data()
    let isShuffled = try fields.boolean("shuffle")
    if isShuffled == true, !carried.isEmpty { throw fields.error(.shuffledStreams, at: fields.raw("shuffle")) }
    let habits = HabitReader(fields: fields, steps: steps, metrics: metrics)
    let accumulated = try fields.integer("accumulate", in: 1...Int(Int32.max)) ?? 1
    if accumulated > 1, !carried.isEmpty, steps.count > 1 || steps[0].repeats > 1 {
      throw fields.error(.accumulatedStreams, at: fields.raw("accumulate"))
    }
    let isBootstrapped = try fields.choice("sample_rows", of: ["once", "bootstrap"]) == "bootstrap"
    if isBootstrapped, !carried.isEmpty {
      throw fields.error(.saidTwice("carry", "sample_rows", of: fields.owner), at: fields.raw("sample_rows"))
    }
    return TrainingSection(
      graphs: try recomputing(graphs.all), data: data, carried: carried, steps: steps, accumulated: accumulated,
      averaging: try habits.averaging(),
      weightNoise: try fields.number("weight_noise", in: 0...1e6) ?? 0, lossScaling: try habits.lossScaling(),
      stopping: try habits.stopping(), keeping: try habits.keeping(),
      isBootstrapped: isBootstrapped, metrics: metrics, evaluation: evaluation,
      epochs: try fields.integer("epochs", in: 1...Int.max) ?? 1, iterations: try iterations(data),
      batch: try fields.integer("batch", in: 1...Int(Int32.max)) ?? 32, isShuffled: isShuffled ?? carried.isEmpty,
      seed: try fields.integer("seed", in: 0...Int.max) ?? 0, about: try fields.text("about") ?? "",
      place: fields.evaluate.document.place(of: fields.json))
  }

  private var optimizers: OptimizerReader { OptimizerReader(fields: fields, catalog: catalog) }

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
      let maximized = try terms("maximize", of: step, in: graph, sign: -1)
      let minimized = try terms("minimize", of: step, in: graph, sign: 1)
      let terms = try step.require("minimize", minimized ?? maximized, about: "the value to minimise")
      let own = try step.raw("optimizer").map { (json) throws(ManifestError) in try optimizers.optimizer(json) }
      let optimizer = try fields.require(
        "optimizer", own ?? fallback, about: "such as {\"layer\": \"\(optimizers.exampleUpdate)\", \"rate\": 0.001}")
      steps.append(
        TrainingStep(
          name: "", graph: graph, terms: minimized == nil ? terms : terms + (maximized ?? []), updated: try step.texts("update") ?? ["*"],
          optimizer: optimizer, repeats: try step.integer("repeat", in: 1...Int(Int32.max)) ?? 1,
          place: fields.evaluate.document.place(of: json)))
    }
    name(&steps)
    return steps
  }

  /// What a step minimises (`sign` 1) or maximises (-1): a value, or several with the weights that they have in a sum.
  private func terms(
    _ key: String, of step: Fields, in graph: Int, sign: Double
  ) throws(ManifestError) -> [TrainingTerm]? {
    guard let json = step.raw(key) else { return nil }
    let owner = ManifestError.Owner.key(key, of: step.owner)
    guard let object = json.object else {
      let (name, source) = try value(json, in: graph, owner)
      return [TrainingTerm(name: name, source: source, weight: sign)]
    }
    guard object.count <= Budget.portLimit else { throw step.error(.tooLarge(.ports(limit: Budget.portLimit)), at: json) }
    guard !object.isEmpty else { throw step.error(.wrongCount(owner, got: 0, wanted: "one value at least"), at: json) }
    var terms: [TrainingTerm] = []
    for member in object.members {
      let name = JSON(.string(member.name), at: member.namePosition)
      let weight = try fields.evaluate(member.value)
      guard let number = weight.number else {
        throw step.error(.wrongType(.key(member.name, of: owner), wanted: .number, got: weight.shown), at: weight)
      }
      terms.append(TrainingTerm(name: member.name, source: try value(name, in: graph, owner).source, weight: sign * number))
    }
    return terms
  }

  /// Tells terms of one name apart, by their steps' graphs if those differ, and else by number; and names the steps by them.
  private func name(_ steps: inout [TrainingStep]) {
    let graphs = graphs.all
    let all = steps.indices.flatMap { step in steps[step].terms.indices.map { (step: step, term: $0) } }
    for (name, same) in Dictionary(grouping: all, by: { steps[$0.step].terms[$0.term].name }) where same.count > 1 {
      let isByGraph = Set(same.map { steps[$0.step].graph }).count == same.count
      for (number, (step, term)) in same.enumerated() {
        steps[step].terms[term].name = isByGraph ? "\(graphs[steps[step].graph].name).\(name)" : "\(name)_\(number + 1)"
      }
    }
    for i in steps.indices { steps[i].name = steps[i].terms.map(\.name).joined(separator: "+") }
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

  private func value(_ json: JSON, in graph: Int, _ owner: ManifestError.Owner) throws(ManifestError) -> (name: String, source: Source) {
    let json = try fields.evaluate(json)
    guard let name = json.string else { throw fields.error(.wrongType(owner, wanted: .text, got: json.shown), at: json) }
    return (name, try graphs.source(named: name, in: graph, of: owner, at: json))
  }
}
