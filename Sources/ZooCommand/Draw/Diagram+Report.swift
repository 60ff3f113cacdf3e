import ZooRuntime

extension Diagram {
  /// What `zoo info` says about one of a model's graphs, as a picture.
  init(_ report: ModelReport) throws(DrawingError) {
    guard report.summary.layers.count <= 50 * DrawingError.limit else { throw .tooLarge(report.model.name) }
    root = Framing.root(Sketch(report))
    guard root.boxCount <= DrawingError.limit else { throw .tooLarge(report.model.name) }
    let isFirst = report.entry.name == report.model.graphs[0].name
    title = report.model.title.isEmpty ? report.model.name : report.model.title
    if !isFirst { title += ": \(report.entry.name)" }

    let summary = report.summary
    var sizes = [plural(summary.trainableCount, "parameter")]
    if summary.bufferCount > 0 { sizes.append("\(Quantity.count(summary.bufferCount)) numbers that are not trained") }
    let axes = report.lengths.filter { $0.key != report.entry.graph.batchAxis }.sorted { $0.key < $1.key }
    sizes += axes.map { "\($0.key) = \($0.value)" }
    subtitle = [sizes.joined(separator: ", ")]

    let about = isFirst ? report.model.about : report.entry.about
    func names(_ word: String, _ names: [String]) -> String { names.isEmpty ? "" : " \(word) \(names.joined(separator: ", "))" }
    let ports =
      names("from", report.entry.graph.inputs.map(\.name)) + names("to", report.entry.graph.outputs.map(\.name))
    description = [about, "\(plural(summary.layers.count, "layer"))\(ports), with \(sizes[0]), drawn from top to bottom."]
      .filter { !$0.isEmpty }.joined(separator: " ")
  }
}
