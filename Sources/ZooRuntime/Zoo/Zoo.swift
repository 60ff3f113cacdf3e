import Glibc
public import ZooTypes

/// A zoo: its families and its models.
public final class Zoo {
  /// Where it is.
  public let folder: ZooFolder
  /// Its families, looked for when first asked for.
  public private(set) lazy var catalog = Catalog(folder: folder.plugins, probe: probe)

  private let probe: FamilyProbe?

  /// The zoo in `folder`; `probe` looks at its unknown families, and without one they are loaded as they come.
  public init(_ folder: ZooFolder, probe: FamilyProbe? = nil) {
    self.folder = folder
    self.probe = probe
  }

  /// Loads the family in the file at `path` anew: models that are made from now on use it, earlier ones keep what they have.
  public func reload(_ path: String) throws(FamilyError) { catalog = try catalog.reloading(path) }

  /// Every model by name, variants included, and what is wrong with the manifests that cannot be read.
  ///
  /// Only their heads are looked at: no family is loaded.
  public func models() -> (models: [ModelListing], problems: [any ExplainedError]) {
    var models: [ModelListing] = []
    var problems: [any ExplainedError] = []
    for path in manifestPaths() {
      do {
        let model = try ModelListing(reading: path)
        for model in [model] + model.variants {
          if let other = models.first(where: { $0.name == model.name }) {
            problems.append(RepeatedModel(path: path, name: model.name, other: other.path))
          }
          models.append(model)
        }
      } catch let problem as any ExplainedError {
        problems.append(problem)
      } catch {
        preconditionFailure("reading a manifest throws explained errors: \(error)")
      }
    }
    models.sort { ($0.name, $0.path) < ($1.name, $1.path) }
    return (models, problems)
  }

  /// The manifest that `name` means: a path if it has a slash or ends in `.json`, else the file or the model of that name.
  public func model(_ name: String) throws -> ModelListing {
    if name.contains("/") || name.hasSuffix(".json") {
      guard access(name, F_OK) == 0 else { throw ZooError.noManifest(path: name, there: names(in: parent(of: name))) }
      return try ModelListing(reading: name)
    }
    let paths = manifestPaths().filter { lastName(of: $0) == "\(name).json" }
    if paths.count == 1 { return try ModelListing(reading: paths[0]) }
    guard paths.isEmpty else { throw ZooError.ambiguousModel(name, paths: paths) }
    let all = models().models
    let models = all.filter { $0.name == name }
    if models.count == 1 { return models[0] }
    guard models.isEmpty else { throw ZooError.ambiguousModel(name, paths: models.map(\.path)) }
    throw ZooError.unknownModel(name, known: all.map(\.name), folder: folder.manifests)
  }

  /// The JSON files in the folder of manifests and in its folders, schemas left out, sorted.
  private func manifestPaths() -> [String] {
    func isManifest(_ name: String) -> Bool { name.hasSuffix(".json") && !name.hasSuffix(".schema.json") }
    let root = folder.manifests
    var paths: [String] = []
    for name in names(in: root) {
      let path = "\(root)/\(name)"
      if isManifest(name) {
        paths.append(path)
      } else if isFolder(path) {
        paths += names(in: path).filter(isManifest).map { "\(path)/\($0)" }
      }
    }
    return paths
  }
}
