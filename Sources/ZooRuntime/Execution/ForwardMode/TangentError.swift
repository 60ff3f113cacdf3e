public import ZooTypes

/// Forward-mode derivatives that cannot be had.
public enum TangentError: ExplainedError, Hashable {
  /// A layer whose Jacobian has to be transposed row by row, which would take too long.
  case tooDear(layer: String, kind: String, backwards: Int, seconds: Double)
  /// Layers before this one took all the time that there was.
  case outOfTime(layer: String, kind: String)

  /// What is wrong.
  public var message: String {
    switch self {
    case .tooDear(let layer, let kind, let backwards, let seconds):
      "layer '\(layer)' (\(kind)) takes \(backwards) backwards in forward mode, about \(Int(min(seconds, 1e9).rounded(.up))) s"
    case .outOfTime(let layer, let kind): "there is no time left for layer '\(layer)' (\(kind)) in forward mode"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .tooDear, .outOfTime: "give it more time, or smaller inputs"
    }
  }
}
