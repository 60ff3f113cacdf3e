import ZooFormats

extension TrainingReader {
  /// The graphs with the blocks marked that `recompute` names; each of its patterns must name one at least.
  func recomputing(_ graphs: [TrainingGraph]) throws(ManifestError) -> [TrainingGraph] {
    guard let patterns = try fields.texts("recompute") else { return graphs }
    guard patterns.count <= Budget.patternLimit else {
      throw fields.error(
        .wrongCount(.key("recompute", of: fields.owner), got: patterns.count, wanted: "\(Budget.patternLimit) patterns at most"),
        at: fields.raw("recompute"))
    }
    for pattern in patterns where !graphs.contains(where: { $0.graph.recomputing([pattern]).recomputes }) {
      throw fields.error(.unknownBlock(pattern, known: graphs.flatMap(\.graph.blockPaths).uniqued()), at: fields.raw("recompute"))
    }
    return graphs.map { TrainingGraph(name: $0.name, graph: $0.graph.recomputing(patterns)) }
  }
}
