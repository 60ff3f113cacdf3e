/// What is made while a model is trained, to see how it comes along.
public struct TrainingSamples: Hashable, Sendable {
  /// The name of one of the model's graphs.
  public var graph: String
  /// The output that is a picture; nil: the first one that is.
  public var output: String?
  /// After how many epochs there is another one.
  public var every: Int

  /// Samples.
  public init(graph: String, output: String? = nil, every: Int = 1) { (self.graph, self.output, self.every) = (graph, output, every) }
}

/// Reads the key `samples` of `train`.
struct SamplesReader {
  static let keys = ["graph", "output", "every", "about"]

  /// The section `train`.
  let train: Fields
  /// The names of the model's graphs.
  let graphs: [String]

  /// What is asked for; nil: nothing.
  func samples() throws(ManifestError) -> TrainingSamples? {
    guard let json = train.raw("samples") else { return nil }
    let samples = try Fields(json, of: .section("samples"), keys: Self.keys, train.evaluate)
    _ = try samples.text("about")
    let graph = try samples.text("graph")
    if let graph, !graphs.contains(graph) {
      throw samples.error(.unknownGraph(graph, of: samples.owner, known: graphs), at: samples.raw("graph"))
    }
    return TrainingSamples(
      graph: graph ?? graphs.first ?? "", output: try samples.text("output"),
      every: try samples.integer("every", in: 1...Int(Int32.max)) ?? 1)
  }
}
