public import ZooFormats
public import ZooTypes

/// A graph that cannot be planned or run as it is asked for.
public enum GraphError: ExplainedError {
  /// A layer is asked for an output that it does not have.
  case noSuchOutput(of: String, output: Int, count: Int, wantedBy: String, place: Place?)
  /// A manifest speaks of a parameter that the layer does not have.
  case noSuchParameter(String, of: String, has: [String], place: Place?)
  /// A tensor given for an input does not fit what the manifest says.
  case input(name: String, got: Spec, expected: String)
  /// Two axes of one name have different lengths.
  case dimension(name: String, first: Int, firstInput: String, second: Int, secondInput: String)
  /// An input was not given.
  case missingInput(name: String, shape: String)
  /// There is no such input.
  case unknownInput(String, has: [String])
  /// What is to be minimised is not one number.
  case notScalar(name: String, got: Spec)
  /// A layer between the parameters and what is minimised has no backward.
  case notDifferentiable(layer: String, kind: String, minimise: String, place: Place?)
  /// What is to be minimised does not depend on any parameter that is to be updated.
  case nothingToUpdate(minimise: String, pattern: String)

  /// Activations need more memory than the machine has.
  case tooLarge(bytes: Int, available: Int)

  private func at(_ place: Place?) -> String { place.map { "\($0): " } ?? "" }

  /// What is wrong.
  public var message: String {
    switch self {
    case .noSuchOutput(let layer, let output, let count, let wantedBy, let place):
      "\(at(place))'\(wantedBy)' takes output \(output) of '\(layer)', which has \(count)"
    case .noSuchParameter(let name, let layer, _, let place):
      "\(at(place))layer '\(layer)' has no parameter '\(name)' to initialise"
    case .input(let name, let got, let expected): "input '\(name)' must be \(expected), but it is \(got)"
    case .dimension(let name, let first, let firstInput, let second, let secondInput):
      "axis \(name) is \(first) in input '\(firstInput)', but \(second) in input '\(secondInput)'"
    case .missingInput(let name, let shape): "input '\(name)' \(shape) is not given"
    case .unknownInput(let name, _): "there is no input '\(name)'"
    case .notScalar(let name, let got): "'\(name)' is to be minimised, but it is \(got), not one number"
    case .notDifferentiable(let layer, let kind, let minimise, let place):
      "\(at(place))layer '\(layer)' (\(kind)) has no backward, but lies between '\(minimise)' and parameters that it is to update"
    case .nothingToUpdate(let minimise, let pattern):
      "'\(minimise)' does not depend on any parameter that matches '\(pattern)'"
    case .tooLarge(let bytes, let available):
      "the activations take \(bytes >> 20) MiB; this machine has \(available >> 20) MiB of memory"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .noSuchOutput: "outputs are counted from 0"
    case .noSuchParameter(let name, _, let has, _):
      has.nearest(to: name).map { "did you mean '\($0)'?" }
        ?? (has.isEmpty ? "it has none" : "it has \(has.joined(separator: ", "))")
    case .input: "'zoo info' of the model shows what it takes"
    case .dimension(let name, _, _, _, _): "every axis named \(name) must have the same length"
    case .missingInput(let name, _): "give it with --input \(name)=FILE"
    case .unknownInput(let name, let has):
      has.nearest(to: name).map { "did you mean '\($0)'?" } ?? "it has \(has.joined(separator: ", "))"
    case .notScalar: "minimise a loss, or its mean"
    case .notDifferentiable: "take the layer out of the path to the loss, or use a kind that has a backward"
    case .nothingToUpdate: "'zoo info' of the model lists every parameter"
    case .tooLarge: "use a smaller batch, or smaller inputs"
    }
  }
}
