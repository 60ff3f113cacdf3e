import ZooFormats
import ZooTypes

/// Reads the section `train`.
struct TrainingReader {
  static let keys = ["about", "data", "inputs", "graph", "steps", "optimizer", "metrics", "epochs", "batch", "shuffle", "seed"]
  static let dataKeys = ["file", "inputs", "train", "validation", "about"]
  static let feedKeys = ["file", "key", "values", "scale", "offset", "about"]
  static let stepKeys = ["minimize", "update", "optimizer", "about"]
  static let optimizerKeys = ["layer", "rate", "about"]

  let fields: Fields
  let catalog: any KindCatalog
  /// Looks names up in the training graph.
  let source: (String, ManifestError.Owner, JSON) throws(ManifestError) -> Source

  /// The section, once its graph is known.
  func section(_ graph: Graph) throws(ManifestError) -> TrainingSection {
    let optimizer = try fields.raw("optimizer").map { (json) throws(ManifestError) in try self.optimizer(json) }
    var metrics: [TrainingMetric] = []
    for member in try fields.members("metrics") {
      metrics.append(TrainingMetric(name: member.name, source: try value(member.value, .key(member.name, of: .section("metrics"))).source))
    }
    return TrainingSection(
      graph: graph, data: try data(graph), steps: try steps(optimizer), metrics: metrics,
      epochs: try fields.integer("epochs", in: 1...Int.max) ?? 1, batch: try fields.integer("batch", in: 1...Int(Int32.max)) ?? 32,
      isShuffled: try fields.boolean("shuffle") ?? true, seed: try fields.integer("seed", in: 0...Int.max) ?? 0,
      about: try fields.text("about") ?? "", place: fields.evaluate.document.place(of: fields.json))
  }

  private func steps(_ fallback: OptimizerChoice?) throws(ManifestError) -> [TrainingStep] {
    let list = try fields.require("steps", try fields.list("steps"), about: "what to minimise, such as [{\"minimize\": \"loss\"}]")
    guard !list.isEmpty else {
      throw fields.error(.wrongCount(.key("steps", of: fields.owner), got: 0, wanted: "one step at least"), at: fields.raw("steps"))
    }
    var steps: [TrainingStep] = []
    for (i, json) in list.enumerated() {
      let step = try Fields(json, of: .step(i), keys: Self.stepKeys, fields.evaluate)
      _ = try step.text("about")
      let minimized = try step.require("minimize", step.raw("minimize"), about: "the value to minimise")
      let (name, source) = try value(minimized, .key("minimize", of: .step(i)))
      let own = try step.raw("optimizer").map { (json) throws(ManifestError) in try self.optimizer(json) }
      let optimizer = try fields.require("optimizer", own ?? fallback, about: "such as {\"layer\": \"core.adam\", \"rate\": 0.001}")
      steps.append(
        TrainingStep(
          name: name, minimized: source, updated: try step.texts("update") ?? ["*"], optimizer: optimizer,
          place: fields.evaluate.document.place(of: json)))
    }
    return steps
  }

  private func optimizer(_ json: JSON) throws(ManifestError) -> OptimizerChoice {
    let json = try fields.evaluate(json)
    let choice = try Fields(json, of: .section("optimizer"), keys: nil, fields.evaluate.done)
    let name = try choice.require("layer", try choice.text("layer"), about: "an optimiser's update, such as \"core.adam\"")
    func updates() -> [String] { catalog.kindNames.filter { catalog.kind($0)?.isUpdate ?? false } }
    guard let kind = catalog.kind(name) else { throw choice.error(.unknownOptimizer(name, known: updates()), at: choice.raw("layer")) }
    guard kind.isUpdate else { throw choice.error(.notAnUpdate(name, known: updates()), at: choice.raw("layer")) }
    let owned = choice.named(.optimizer(name))
    let rate = try owned.require("rate", try owned.number("rate", in: 0...Double.greatestFiniteMagnitude), about: "the learning rate")
    _ = try owned.text("about")
    let literals = try AttributeReader(owned.owner, in: fields.evaluate.document)
      .read(kind.attributes, from: json, except: Self.optimizerKeys)
    return OptimizerChoice(kind: kind, attributes: literals, rate: rate, place: fields.evaluate.document.place(of: json))
  }

  private func data(_ graph: Graph) throws(ManifestError) -> TrainingData? {
    guard let json = fields.raw("data") else {
      if let input = graph.inputs.first { throw fields.error(.notFed(input.name), at: nil) }
      return nil
    }
    let data = try Fields(json, of: .section("data"), keys: Self.dataKeys, fields.evaluate)
    _ = try data.text("about")
    let file = try path("file", data)
    var feeds: [String: TrainingFeed] = [:]
    for member in try data.members("inputs") {
      guard graph.inputs.contains(where: { $0.name == member.name }) else {
        throw ManifestError(
          .unknownFeed(member.name, known: graph.inputs.map(\.name)), at: fields.evaluate.document.place(of: member))
      }
      feeds[member.name] = try feed(member, file, data)
    }
    var inputs: [TrainingFeed] = []
    for input in graph.inputs {
      guard let feed = feeds[input.name] else { throw data.error(.notFed(input.name), at: data.raw("inputs")) }
      inputs.append(feed)
    }
    return TrainingData(
      inputs: inputs, training: try rows("train", data) ?? .rest, validation: try rows("validation", data),
      place: fields.evaluate.document.place(of: json))
  }

  private func feed(_ member: JSONObject.Member, _ shared: ManifestPath?, _ data: Fields) throws(ManifestError) -> TrainingFeed {
    let place = fields.evaluate.document.place(of: member.value)
    let value = try fields.evaluate(member.value)
    let owner = ManifestError.Owner.key(member.name, of: .section("data"))
    guard value.string == nil else {
      let file = try data.require("file", shared, about: "the file with the arrays")
      return TrainingFeed(input: member.name, origin: .file(file, key: value.string ?? ""), scale: 1, offset: 0, place: place)
    }
    guard value.object != nil else { throw data.error(.wrongType(owner, wanted: .textOrObject, got: value.shown), at: value) }
    let feed = try Fields(value, of: owner, keys: Self.feedKeys, fields.evaluate.done)
    _ = try feed.text("about")
    let origin: TrainingFeed.Origin
    if let values = feed.raw("values") {
      let numbers = try NestedNumbers(values, of: .key("values", of: owner), fields.evaluate)
      guard !numbers.shape.isEmpty else {
        throw feed.error(.wrongType(.key("values", of: owner), wanted: .nestedNumbers, got: values.shown), at: values)
      }
      origin = .values(numbers.values, shape: numbers.shape)
    } else {
      let file = try data.require("file", try path("file", feed) ?? shared, about: "the file with the arrays")
      origin = .file(file, key: try feed.text("key") ?? member.name)
    }
    return TrainingFeed(
      input: member.name, origin: origin, scale: try feed.number("scale") ?? 1, offset: try feed.number("offset") ?? 0, place: place)
  }

  private func path(_ key: String, _ fields: Fields) throws(ManifestError) -> ManifestPath? {
    try fields.text(key).map { ManifestPath($0, place: fields.evaluate.document.place(of: fields.raw(key) ?? fields.json)) }
  }

  /// `[from, to]`, or the part of all rows that the last of them make up.
  private func rows(_ key: String, _ data: Fields) throws(ManifestError) -> RowSelection? {
    guard let json = try data[key] else { return nil }
    let owner = ManifestError.Owner.key(key, of: data.owner)
    if let share = json.number {
      guard share > 0, share < 1 else { throw data.error(.wrongType(owner, wanted: .rows, got: json.shown), at: json) }
      return .lastShare(share)
    }
    guard let bounds = json.array?.map(\.integer), bounds.count == 2, let from = bounds[0], let to = bounds[1], from >= 0, from < to else {
      throw data.error(.wrongType(owner, wanted: .rows, got: json.shown), at: json)
    }
    return .range(from, to)
  }

  private func value(_ json: JSON, _ owner: ManifestError.Owner) throws(ManifestError) -> (name: String, source: Source) {
    let json = try fields.evaluate(json)
    guard let name = json.string else { throw fields.error(.wrongType(owner, wanted: .text, got: json.shown), at: json) }
    return (name, try source(name, owner, json))
  }
}
