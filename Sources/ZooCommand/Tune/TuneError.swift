import ZooTypes

/// A search that makes no sense, or that cannot go on.
enum TuneError: ExplainedError, Hashable {
  /// What `--over` was given.
  case badAxis(String)
  /// What `--rates` was given.
  case badRates(String)
  /// Nothing is to be varied.
  case nothing(model: String)
  /// A name that is neither a setting nor a part of `train`.
  case unknownAxis(String, known: [String])
  /// The same name twice.
  case twice(String)
  /// Both a number to make small and one to make large.
  case twoObjectives
  /// The folder has another search.
  case otherSearch(folder: String, differs: String)
  /// Nothing that was tried could be trained.
  case nothingWorked(folder: String, problem: String)
  /// A grid that nobody waits for.
  case grid(count: Double)

  var message: String {
    switch self {
    case .badAxis(let text): "--over takes NAME=VALUES, but was given '\(text)'"
    case .badRates(let text): "--rates takes FROM..TO, but was given '\(text)'"
    case .nothing(let model): "nothing says what to vary in '\(model)'"
    case .unknownAxis(let name, _): "there is no '\(name)' to vary"
    case .twice(let name): "'\(name)' is to be varied twice"
    case .twoObjectives: "a number is to be made small and one to be made large"
    case .otherSearch(let folder, let differs): "'\(folder)' holds another search: its \(differs) differs"
    case .nothingWorked(_, let problem): "no trial could be trained: \(problem)"
    case .grid(let count): "the grid has \(Quantity.digits(count)) combinations"
    }
  }

  /// Whether it was asked for wrongly.
  var isUsage: Bool { if case .nothingWorked = self { false } else { true } }

  var help: String {
    switch self {
    case .badAxis: "such as rate=log:1e-4..1e-1, layers=1..4, units=64,128,256 or dropout=0..0.5/6"
    case .badRates: "such as 1e-6..1: two numbers above 0, the larger one last"
    case .nothing: "give --over NAME=VALUES, such as --over rate=log:1e-4..1e-1, or add a section 'tune' to the manifest"
    case .unknownAxis(let name, let known):
      known.nearest(to: name).map { "did you mean '\($0)'?" } ?? "there are \(known.joined(separator: ", "))"
    case .twice: "give all of its values at once"
    case .twoObjectives: "give --minimize or --maximize"
    case .otherSearch: "give another --out, or --overwrite to begin anew"
    case .nothingWorked(let folder, _): "the trials' words are in \(folder)/trial-*.log"
    case .grid: "give --trials to try the first ones, fewer values, or --method random"
    }
  }
}
