public import ZooFormats
public import ZooTypes

/// A kind that cannot be used as an optimiser.
public enum UpdateError: ExplainedError, Hashable {
  /// It computes something else.
  case notAnUpdate(kind: String, place: Place?)
  /// It does not allow that its outputs overwrite its inputs.
  case notInPlace(kind: String, place: Place?)
  /// It wants second derivatives of more parameters than there is time and memory for.
  case tooManyForHessian(kind: String, count: Int, limit: Int, place: Place?)
  /// It wants second derivatives, over all parameters, but some are to be updated otherwise.
  case groupsOfHessian(kind: String, place: Place?)

  /// What is wrong.
  public var message: String {
    switch self {
    case .notAnUpdate(let kind, let place): "\(Self.prefix(place))'\(kind)' is no optimiser's update"
    case .notInPlace(let kind, let place):
      "\(Self.prefix(place))the update '\(kind)' does not let its outputs overwrite the parameter and the states"
    case .tooManyForHessian(let kind, let count, let limit, let place):
      "\(Self.prefix(place))the update '\(kind)' needs the second derivatives by \(count) parameters, but \(limit) are the most"
    case .groupsOfHessian(let kind, let place):
      "\(Self.prefix(place))the update '\(kind)' needs all second derivatives at once, but parameters are in groups"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .notAnUpdate: "'zoo list kinds' marks those that are"
    case .notInPlace: "its author must declare the aliases (docs/protocol.md, ZOO_KIND_UPDATE)"
    case .tooManyForHessian: "train a part of them, with 'update', or take an optimiser that needs gradients alone"
    case .groupsOfHessian: "leave 'groups' out"
    }
  }

  private static func prefix(_ place: Place?) -> String { place.map { "\($0): " } ?? "" }
}
