import ZooFormats

/// What a manifest says about its data and weights before its settings have values: they may depend on it.
extension Manifest {
  /// A setting whose value the data knows.
  public struct ClassSetting: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Whether it is the number of the classes, instead of their names.
    public let isCount: Bool
  }

  /// The setting that `"classes": "${setting}"` in the data says is what the folder's classes are; nil: there is none.
  public var classSetting: ClassSetting? {
    guard let text = document.root["train"]?["data"]?["classes"]?.string, text.hasPrefix("${"), text.hasSuffix("}") else { return nil }
    let name = String(text.dropFirst(2).dropLast())
    guard let fallback = document.root["settings"]?[name] else { return nil }
    return ClassSetting(name: name, isCount: fallback.array == nil)
  }

  /// The folder that the data is in; nil: there is none, or it depends on settings.
  public var dataFolder: ManifestPath? { path(document.root["train"]?["data"]?["folder"]) }

  /// The file that the weights are in; nil: there is none, or it depends on settings.
  public var weightsFile: ManifestPath? { path(document.root["weights"]) }

  /// The names of the settings.
  public var settingNames: [String] { document.root["settings"]?.object?.names ?? [] }

  private func path(_ json: JSON?) -> ManifestPath? {
    guard let json, let text = json.string, !text.contains("${") else { return nil }
    return ManifestPath(text, place: document.place(of: json))
  }
}
