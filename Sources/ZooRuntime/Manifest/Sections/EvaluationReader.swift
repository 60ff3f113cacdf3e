import ZooFormats

/// Reads the section `evaluate` of `train`.
struct EvaluationReader {
  static let keys = ["graph", "predictions", "labels", "as", "top", "ignore", "about"]

  let train: Fields

  /// What is compared; nil: the manifest does not say.
  func evaluation(_ graphs: inout TrainingGraphs) throws(ManifestError) -> TrainingEvaluation? {
    guard let json = train.raw("evaluate") else { return nil }
    let fields = try Fields(json, of: .section("evaluate"), keys: Self.keys, train.evaluate)
    _ = try fields.text("about")
    let graph = try graphs.index(fields)
    let predictions = try source("predictions", "what the model makes of each class, before softmax", fields, graph, graphs)
    let labels = try source("labels", "the number of the right class", fields, graph, graphs)
    let subject = try fields.choice("as", of: TrainingEvaluation.Subject.allCases.map(\.rawValue))
    var evaluation = TrainingEvaluation(
      graph: graph, predictions: predictions, labels: labels, subject: subject.flatMap(TrainingEvaluation.Subject.init),
      ignored: try fields.integer("ignore", in: Int(Int32.min)...Int(Int32.max)))
    if let top = try fields.integer("top", in: 1...1_000_000) { evaluation.top = top }
    return evaluation
  }

  private func source(
    _ key: String, _ about: String, _ fields: Fields, _ graph: Int, _ graphs: TrainingGraphs
  ) throws(ManifestError) -> Source {
    let json = try fields.require(key, try fields[key], about: about)
    let owner = ManifestError.Owner.key(key, of: fields.owner)
    guard let name = json.string else { throw fields.error(.wrongType(owner, wanted: .text, got: json.shown), at: json) }
    return try graphs.source(named: name, in: graph, of: owner, at: json)
  }
}
