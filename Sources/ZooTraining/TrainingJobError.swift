public import ZooTypes

/// A model that cannot be trained as asked.
public enum TrainingJobError: ExplainedError, Hashable {
  /// Its manifest has no `train`.
  case noTraining(model: String)
  /// No codec reads the data.
  case noCodec(file: String, extensions: [String])

  /// What is wrong.
  public var message: String {
    switch self {
    case .noTraining(let model): "the manifest of '\(model)' does not say how to train it"
    case .noCodec(let file, _): "\(file): no codec reads files of this kind"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .noTraining: "add a 'train' section; docs/manifest.md shows one"
    case .noCodec(_, let extensions): "these can be read: \(extensions.joined(separator: ", "))"
    }
  }
}
