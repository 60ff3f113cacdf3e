public import ZooFormats
public import ZooTypes

/// Training that cannot go on.
public enum TrainingError: ExplainedError, Hashable {
  /// The loss is NaN or infinite. Nothing was updated with it.
  case diverged(loss: String, value: Double, epoch: Int, step: Int, where: String, weights: String?, saved: Bool)
  /// A carried value that is not what the input takes.
  case carried(input: String, takes: Spec, value: String, is: Spec)
  /// A metric that is not one number.
  case metric(name: String, is: Spec)
  /// One of the model's graphs cannot be planned, so that its parameters are not known.
  case unplanned(graph: String, reason: String)
  /// A pattern over parameters' paths that matches none.
  case unmatched(pattern: String, paths: [String], place: Place)
  /// Update after update was left out because gradients were not finite.
  case alwaysSkipped(step: String, count: Int, scale: Double)
  /// An optimiser that wants second derivatives, where values are carried from batch to batch.
  case hessianOfStreams(kind: String)

  /// What is wrong.
  public var message: String {
    switch self {
    case .diverged(let loss, let value, let epoch, let step, let place, _, _):
      "'\(loss)' is \(value) at step \(step), in epoch \(epoch): \(place)"
    case .carried(let input, let takes, let value, let got):
      "'\(value)' is carried to input '\(input)', which is \(takes), but it is \(got)"
    case .metric(let name, let got): "metric '\(name)' is \(got), not one number"
    case .unplanned(let graph, let reason): "the parameters of graph '\(graph)' are not known: \(reason)"
    case .unmatched(let pattern, _, let place): "\(place): no trained parameter's path matches '\(pattern)'"
    case .alwaysSkipped(let step, let count, let scale):
      "\(count) updates of '\(step)' in a row were left out because gradients were not finite; the loss scale is \(scale)"
    case .hessianOfStreams(let kind): "the update '\(kind)' needs second derivatives, but values are carried from batch to batch"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .diverged(_, _, _, _, _, let weights, let saved):
      if let weights, saved {
        "lower the learning rate; \(weights) holds the weights of the epoch before"
      } else {
        "lower the learning rate; nothing was written"
      }
    case .carried: "what is carried keeps its type and shape"
    case .metric: "report its mean"
    case .unmatched(let pattern, let paths, _):
      paths.nearest(to: pattern.filter { $0 != "*" }).map { "did you mean '\($0)'? 'zoo info' of the model lists every parameter" }
        ?? "'zoo info' of the model lists every parameter"
    case .alwaysSkipped: "lower the learning rate, or train in f32"
    case .hessianOfStreams: "take an optimiser that needs gradients alone"
    case .unplanned: "weights hold the parameters of every graph; it is planned with axes as long as in the data, or 1"
    }
  }
}
