public import ZooFormats
public import ZooTypes

/// Weights that do not fit a model.
public enum ParameterError: ExplainedError {
  /// The file lacks a parameter of the model.
  case missing(path: String, others: Int, file: String, candidates: [String])
  /// The file has a tensor that the model has no place for.
  case extra(name: String, others: Int, file: String, candidates: [String])
  /// Shapes differ.
  case shape(path: String, file: String, inFile: Spec, inModel: Spec)
  /// Element types differ.
  case dtype(path: String, file: String, inFile: Spec, inModel: Spec)
  /// Layers that share a parameter want different shapes.
  case disagreement(path: String, first: Spec, second: Spec, place: Place?)
  /// Layers of one path, in two graphs, are of different kinds, and have parameters of one name.
  case kinds(path: String, layer: String, first: String, second: String, place: Place?)
  /// A manifest wants a parameter to start in a way that does not exist.
  case unknownInitializer(path: String, name: String, place: Place?)
  /// A manifest gives a parameter's values, but of another shape.
  case valuesDisagree(path: String, expected: Spec, got: [Int], place: Place?)

  private static func more(_ count: Int) -> String { count == 0 ? "" : count == 1 ? " (and one more)" : " (and \(count) more)" }

  /// What is wrong.
  public var message: String {
    switch self {
    case .missing(let path, let others, let file, _):
      "\(file): has no tensor '\(path)'\(Self.more(others)), which the model needs"
    case .extra(let name, let others, let file, _):
      "\(file): has a tensor '\(name)'\(Self.more(others)), which the model has no place for"
    case .shape(let path, let file, let inFile, let inModel):
      "\(file): tensor '\(path)' is \(inFile.shape) in the file, but \(inModel.shape) in the model"
    case .dtype(let path, let file, let inFile, let inModel):
      "\(file): tensor '\(path)' is \(inFile.dtype) in the file, but \(inModel.dtype) in the model"
    case .disagreement(let path, let first, let second, let place):
      "\(place.map { "\($0): " } ?? "")parameter '\(path)' is shared, but one layer wants \(first) and another \(second)"
    case .kinds(let path, let layer, let first, let second, let place):
      "\(place.map { "\($0): " } ?? "")layer '\(layer)' is of kind '\(second)' here and '\(first)' in another graph, and both have '\(path)'"
    case .unknownInitializer(let path, let name, let place):
      "\(place.map { "\($0): " } ?? "")parameter '\(path)' cannot start as '\(name)'"
    case .valuesDisagree(let path, let expected, let got, let place):
      "\(place.map { "\($0): " } ?? "")parameter '\(path)' is \(expected.shape), but its values are given as \(got)"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .missing(let path, _, _, let candidates):
      candidates.nearest(to: path).map { "did you mean its '\($0)'? 'zoo info' of the model lists every parameter" }
        ?? "these weights are of another model; 'zoo info' of this one lists every parameter"
    case .extra(let name, _, _, let candidates):
      candidates.nearest(to: name).map { "the model has '\($0)': rename one of the two" }
        ?? "these weights are of another model; 'zoo info' of this one lists every parameter"
    case .shape: "use weights of this model, or '--set' the setting that changes the shape"
    case .dtype(_, _, let inFile, let inModel): "convert the file to \(inModel.dtype) first: \(inFile.dtype) is never cast silently"
    case .disagreement: "give the layers that share the same attributes, or do not share"
    case .kinds: "layers of one path have the same parameters in every graph: give one of them another name"
    case .unknownInitializer(_, let name, _):
      ParameterInitializer.names.nearest(to: name).map { "did you mean '\($0)'?" }
        ?? "one of \(ParameterInitializer.names.joined(separator: ", "))"
    case .valuesDisagree: "nest the lists as the shape says, outermost axis first"
    }
  }
}
