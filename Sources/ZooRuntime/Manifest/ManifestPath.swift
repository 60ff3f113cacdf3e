import Glibc
public import ZooFormats

/// A path as a manifest writes it.
///
/// It may lead into the manifest's own folder and into the zoo, and nowhere else.
public struct ManifestPath: Hashable, Sendable {
  /// As written: relative, with `/` between its parts.
  public var text: String
  /// Where it is written.
  public var place: Place

  /// A path written in a manifest.
  public init(_ text: String, place: Place) {
    self.text = text
    self.place = place
  }

  /// The file that it leads to, with every link followed.
  ///
  /// `zoo/...` is looked for in the zoo whatever its folder is called, any path beside the zoo's folder and then beside the
  /// manifest. Throws if it is not there, is not relative, or leads out of both folders, be it through a link.
  public func resolve(manifestFolder: String, zooRoot: String) throws(ManifestError) -> String {
    var tried: [String] = []
    if let found = try find(manifestFolder: manifestFolder, zooRoot: zooRoot, &tried) { return found }
    throw ManifestError(.missingFile(text, tried: tried), at: place)
  }

  /// The file that it leads to; nil if there is none, which for weights only says that nothing is trained yet.
  public func find(manifestFolder: String, zooRoot: String) throws(ManifestError) -> String? {
    var tried: [String] = []
    return try find(manifestFolder: manifestFolder, zooRoot: zooRoot, &tried)
  }

  private func find(manifestFolder: String, zooRoot: String, _ tried: inout [String]) throws(ManifestError) -> String? {
    guard !text.isEmpty, text.utf8.count < Int(PATH_MAX), !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw ManifestError(.badPath(text), at: place)
    }
    guard !text.hasPrefix("/") else { throw ManifestError(.absolutePath(text), at: place) }
    let roots = [zooRoot, manifestFolder].map { Self.real($0) ?? Self.absolute($0) }
    let zoo = roots[0]
    var candidates = [zoo + "/../" + text, roots[1] + "/" + text]
    if text.hasPrefix("zoo/") { candidates.insert(zoo + text.dropFirst(3), at: 0) }

    // By its letters first, so that nothing outside is so much as looked at.
    let inside = candidates.map(Self.normal).filter { path in roots.contains { Self.contains($0, path) } }
    guard !inside.isEmpty else { throw ManifestError(.pathLeaves(text), at: place) }
    for path in inside {
      if !tried.contains(path) { tried.append(path) }
      guard let real = Self.real(path) else { continue }
      // Then with links followed.
      guard roots.contains(where: { Self.contains($0, real) }) else { throw ManifestError(.pathLeaves(text), at: place) }
      return real
    }
    return nil
  }

  private static func contains(_ folder: String, _ path: String) -> Bool { path.hasPrefix(folder == "/" ? folder : folder + "/") }

  private static func real(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return normal(path) }
    guard let folder = getcwd(nil, 0) else { return normal("/" + path) }
    defer { free(folder) }
    return normal(String(cString: folder) + "/" + path)
  }

  /// An absolute path without empty parts, `.` and `..`.
  private static func normal(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": _ = parts.popLast()
      default: parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }
}
