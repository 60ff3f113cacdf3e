public import ZooTypes

/// Predictions that cannot be compared with labels.
public enum EvaluationError: ExplainedError, Hashable {
  /// A part of the data that has no rows.
  case noRows(part: String, parts: [String])
  /// A label that is no class.
  case label(Int, classes: Int)
  /// Predictions and labels whose shapes do not belong together.
  case shapes(predictions: Spec, labels: Spec)
  /// A label that is no whole number.
  case fraction(Float)
  /// Several sets of weights, where losses or metrics need something behind their outputs that is each one's own.
  case ensemble(needs: String)
  /// More classes than can be told apart in a table.
  case classes(Int, limit: Int)

  /// What is wrong.
  public var message: String {
    switch self {
    case .noRows(let part, _): "the data has no rows for the part '\(part)'"
    case .label(let label, let classes): "a label is \(label), but there are \(classes) classes, counted from 0"
    case .shapes(let predictions, let labels): "predictions are \(predictions), which do not belong to labels \(labels)"
    case .fraction(let label): "a label is \(label), which is the number of no class"
    case .ensemble(let name):
      "losses and metrics are computed from the mean of the outputs, but they also need '\(name)', which each set of weights has for itself"
    case .classes(let count, let limit): "there are \(count) classes, but \(limit) at most can be evaluated"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .noRows(_, let parts):
      parts.isEmpty ? "the data has no rows at all" : "the data has \(parts.joined(separator: ", ")): choose with --part"
    case .label: "name the label that does not count as \"ignore\" in the manifest's train.evaluate"
    case .shapes: "predictions have an axis of classes behind those of the labels, or as many elements"
    case .fraction: "labels are 0, 1, 2 and so on"
    case .ensemble: "give --weights once"
    case .classes: "leave 'evaluate' out of the manifest: losses and metrics are told all the same"
    }
  }
}
