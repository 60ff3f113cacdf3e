/// Every family of a zoo: kinds and codecs by name, and what would not load.
///
/// Never changes: a family that is loaded anew makes another catalogue.
public final class Catalog: KindCatalog, Sendable {
  private let files: [FamilyFile]
  private let found: [FamilyError]
  private let probe: FamilyProbe?

  private let kinds: [String: FamilyFile]
  private let codecs: [String: FamilyFile]

  /// The families of every `.so` in `folder`.
  ///
  /// With a probe, files that are not known to be families are first looked at by another process, and families are loaded when
  /// they are first needed. Without one, all are loaded at once into this process, which has to bear what they do: their headers
  /// are checked, but a family that crashes or hangs as it is loaded does so here. A missing folder is an empty one.
  public convenience init(folder: String, probe: FamilyProbe? = nil) {
    let paths = Catalog.libraries(in: folder)
    var (files, problems): ([FamilyFile], [FamilyError]) = ([], [])
    if let probe {
      let stamps = paths.map { FileStamp($0) }
      for ((path, stamp), report) in zip(zip(paths, stamps), probe.look(at: paths)) {
        switch report.finding {
        case .family(let names): files.append(FamilyFile(path, names: names, stamp: stamp, probe: probe))
        case .problem(let reason): problems.append(FamilyError(path, reason))
        }
      }
    } else {
      for path in paths {
        do throws(FamilyError) {
          files.append(FamilyFile(try Family(loading: path)))
        } catch {
          problems.append(error)
        }
      }
    }
    self.init(files, problems, probe)
  }

  /// Leaves out those of `files` that repeat what an earlier one has.
  private init(_ files: [FamilyFile], _ problems: [FamilyError], _ probe: FamilyProbe?) {
    var (usable, found): ([FamilyFile], [FamilyError]) = ([], problems)
    var (kinds, codecs): ([String: FamilyFile], [String: FamilyFile]) = ([:], [:])
    for file in files {
      if let reason = Catalog.repetition(in: file, kinds: kinds, codecs: codecs, families: usable) {
        found.append(FamilyError(file.path, reason))
        continue
      }
      usable.append(file)
      for kind in file.names.kinds { kinds[kind] = file }
      for codec in file.names.codecs { codecs[codec] = file }
    }
    self.files = usable.sorted { $0.names.name < $1.names.name }
    self.found = found
    self.probe = probe
    (self.kinds, self.codecs) = (kinds, codecs)
  }

  private static func repetition(
    in file: FamilyFile, kinds: [String: FamilyFile], codecs: [String: FamilyFile], families: [FamilyFile]
  ) -> FamilyError.Reason? {
    var seen: Set<String> = []
    for kind in file.names.kinds {
      if !seen.insert(kind).inserted { return .repeatsKind(kind, of: file.path) }
      if let other = kinds[kind] { return .repeatsKind(kind, of: other.path) }
    }
    if let other = families.first(where: { $0.names.name == file.names.name }) {
      return .repeatsFamily(file.names.name, of: other.path)
    }
    seen = []
    for codec in file.names.codecs {
      if !seen.insert(codec).inserted { return .repeatsCodec(codec, of: file.path) }
      if let other = codecs[codec] { return .repeatsCodec(codec, of: other.path) }
    }
    return nil
  }

  /// The files in `folder` that claim to be shared libraries, sorted.
  public static func libraries(in folder: String) -> [String] {
    names(in: folder).filter { $0.hasSuffix(".so") }.map { "\(folder)/\($0)" }
  }

  /// The catalogue after the file at `path`, which may be new to it, has been loaded anew.
  ///
  /// The file is copied, the copy looked at and loaded. This catalogue stays as it is: graphs and sessions that were made with
  /// it keep running the old code, which is never unmapped; those made with the new one run the new code. Libraries that the
  /// family is linked with are not loaded anew. `path` is named as in ``Family/path``.
  public func reloading(_ path: String) throws(FamilyError) -> Catalog {
    let file = FamilyFile(try load(anew: path))
    let catalog = Catalog(files.filter { $0.path != path } + [file], found.filter { $0.path != path }, probe)
    if let problem = catalog.found.first(where: { $0.path == path }) { throw problem }
    return catalog
  }

  private func load(anew path: String) throws(FamilyError) -> Family {
    let copy = try FamilyCopy.make(of: path)
    if case .problem(let reason)? = probe?.look(at: [copy])[0].finding { throw FamilyError(path, reason) }
    return try Family(loading: copy, shownAs: path) { _ in }
  }

  /// In the order of their names, all loaded.
  public var families: [Family] { files.compactMap(\.family) }

  /// Files in the folder that are no family that this host can use, in the order of their paths.
  ///
  /// Everything else works without them.
  public var problems: [FamilyError] { (found + files.compactMap(\.problem)).sorted { $0.path < $1.path } }

  /// The kind of that name.
  public func kind(_ name: String) -> KindInfo? { kinds[name]?.kind(name) }
  /// The codec of that name.
  public func codec(_ name: String) -> CodecInfo? { codecs[name]?.codec(name) }
  /// Every kind's name, sorted.
  public var kindNames: [String] { kinds.keys.sorted() }
  /// Every codec's name, sorted.
  public var codecNames: [String] { codecs.keys.sorted() }

  /// The codec that reads or writes files of this extension.
  public func codec(forExtension name: String) -> CodecInfo? {
    codecNames.lazy.compactMap { self.codec($0) }.first { $0.extensions.contains(name.lowercased()) }
  }
}
