import Glibc
import ZooTypes

/// Every family of a zoo: kinds and codecs by name, and what would not load.
public final class Catalog: KindCatalog, @unchecked Sendable {
  /// In the order of their names.
  public private(set) var families: [Family] = []
  /// Files in the folder that are no family that this host can use.
  ///
  /// Everything else works without them.
  public private(set) var problems: [FamilyError] = []

  private var kinds: [String: KindInfo] = [:]
  private var codecs: [String: CodecInfo] = [:]

  /// Loads every `.so` in `folder`, in the order of their names.
  ///
  /// A missing folder is an empty one.
  public init(folder: String) {
    for path in Catalog.libraries(in: folder) {
      do throws(FamilyError) {
        try add(Family(loading: path))
      } catch {
        problems.append(error)
      }
    }
    families.sort { $0.name < $1.name }
  }

  /// The files in `folder` that claim to be shared libraries, sorted.
  public static func libraries(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".so"), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted().map { "\(folder)/\($0)" }
  }

  private func add(_ family: Family) throws(FamilyError) {
    var seen: Set<String> = []
    for kind in family.kinds {
      if !seen.insert(kind.name).inserted { throw FamilyError(family.path, .repeatsKind(kind.name, of: family.path)) }
      if let other = families.first(where: { $0.kinds.contains { $0.name == kind.name } }) {
        throw FamilyError(family.path, .repeatsKind(kind.name, of: other.path))
      }
    }
    if let other = families.first(where: { $0.name == family.name }) {
      throw FamilyError(family.path, .repeatsFamily(family.name, of: other.path))
    }
    for codec in family.codecs where codecs[codec.name] != nil {
      let other = families.first { $0.codecs.contains { $0.name == codec.name } }
      throw FamilyError(family.path, .repeatsCodec(codec.name, of: other?.path ?? family.path))
    }
    families.append(family)
    for kind in family.kinds { kinds[kind.name] = kind }
    for codec in family.codecs { codecs[codec.name] = codec }
  }

  /// The kind of that name.
  public func kind(_ name: String) -> KindInfo? { kinds[name] }
  /// The codec of that name.
  public func codec(_ name: String) -> CodecInfo? { codecs[name] }
  /// Every kind's name, sorted.
  public var kindNames: [String] { kinds.keys.sorted() }
  /// Every codec's name, sorted.
  public var codecNames: [String] { codecs.keys.sorted() }

  /// The codec that reads or writes files of this extension.
  public func codec(forExtension name: String) -> CodecInfo? {
    codecNames.lazy.compactMap { self.codecs[$0] }.first { $0.extensions.contains(name.lowercased()) }
  }
}
