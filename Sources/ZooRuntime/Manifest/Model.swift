public import ZooFormats

/// A model as its manifest describes it, with settings filled in: ready to be planned.
public struct Model: Sendable {
  /// The name that commands use.
  public var name: String
  /// The name that people use.
  public var title: String
  /// One sentence.
  public var about: String
  /// A paper.
  public var reference: String
  /// The licence of the weights.
  public var licence: String
  /// Words to find it by.
  public var tags: [String]
  /// Every setting with its value, in the order of the manifest.
  public var settings: JSONObject
  /// What running it computes: the first one unless another is chosen by its name.
  public var graphs: [EntryPoint]
  /// Where its weights are.
  public var weights: ManifestPath?
  /// How it is trained; nil: the manifest does not say.
  public var training: TrainingSection?

  /// The graph that runs unless another is chosen.
  public var graph: Graph { graphs[0].graph }
}
