import Glibc
import ZooFormats
public import ZooTypes

/// A manifest of a zoo, with what it says about its model before anything is expanded.
public struct ModelListing: Sendable {
  /// The manifest's path.
  public let path: String
  /// What it says.
  public let manifest: Manifest

  /// Reads the manifest at `path`.
  ///
  /// No family is needed for that.
  public init(reading path: String) throws {
    self.path = path
    manifest = try Manifest(contentsOf: try MappedFile(path).contents, file: path, folder: parent(of: path))
  }

  private init(path: String, _ manifest: Manifest) { (self.path, self.manifest) = (path, manifest) }

  /// The manifest's variants, each as a model of its own.
  var variants: [ModelListing] { manifest.variantNames.compactMap(manifest.variant).map { ModelListing(path: path, $0) } }

  /// The name that the command takes.
  public var name: String { manifest.name }
}

/// Two manifests that give their models the same name.
public struct RepeatedModel: ExplainedError, Hashable {
  /// The later one.
  public let path: String
  /// The name.
  public let name: String
  /// The first one.
  public let other: String

  /// Both manifests and the name.
  public var message: String { "\(path): its model is '\(name)', as is that of \(other)" }
  /// What to do next.
  public var help: String { "give one of them another name; until then name them by their paths" }
}
