public import ZooTypes

/// Something that is looked for in a zoo, or a zoo itself, and is not there.
public enum ZooError: ExplainedError, Hashable {
  /// There is no zoo in any of the places where one is looked for.
  case noZoo(tried: [String])
  /// What was named as the zoo is no folder.
  case noFolder(String, namedBy: String)
  /// What was named as the zoo is some other folder; `inside`: it contains one.
  case notAZoo(String, namedBy: String, inside: String?)
  /// There is no model of that name.
  case unknownModel(String, known: [String], folder: String)
  /// There is no file where a manifest's path points.
  case noManifest(path: String, there: [String])
  /// Two manifests have the name.
  case ambiguousModel(String, paths: [String])
  /// There is no model, kind or codec of that name.
  case unknownName(String, known: [String])

  /// What is not there.
  public var message: String {
    switch self {
    case .noZoo(let tried):
      "there is no zoo; none of these is a folder with families in 'plugins':\n" + tried.map { "    \($0)" }.joined(separator: "\n")
    case .noFolder(let path, let source): "there is no folder '\(path)', which \(source) names"
    case .notAZoo(let path, let source, _): "'\(path)', which \(source) names, is no zoo: it has no folder 'plugins'"
    case .unknownModel(let name, let known, let folder):
      known.isEmpty ? "there is no model '\(name)': '\(folder)' has none" : "there is no model '\(name)'"
    case .noManifest(let path, _): "there is no manifest '\(path)'"
    case .ambiguousModel(let name, let paths): "there are \(paths.count) models named '\(name)': \(paths.joined(separator: ", "))"
    case .unknownName(let name, _): "there is no model, kind or codec '\(name)'"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .noZoo, .noFolder: "name one with --zoo FOLDER or ZOO_PATH"
    case .notAZoo(_, _, let inside): inside.map { "did you mean '\($0)'?" } ?? "a zoo has its families in 'plugins'"
    case .unknownModel(let name, let known, _):
      known.nearest(to: name).map { "did you mean '\($0)'?" }
        ?? "'zoo list models' shows them all; a manifest elsewhere is named by its path"
    case .noManifest(let path, let there):
      there.nearest(to: lastName(of: path)).map { "did you mean '\($0)'?" } ?? "'zoo list models' shows the models of the zoo"
    case .ambiguousModel: "give the path of the one that you mean"
    case .unknownName(let name, let known): known.nearest(to: name).map { "did you mean '\($0)'?" } ?? "'zoo list' shows what there is"
    }
  }
}
