import Glibc
import ZooFormats

/// What has been found in files, kept in a file of the user's: `families.json`.
///
/// A finding holds for a content in a folder (a family may find its libraries by `$ORIGIN`), for one host, and as long as the
/// libraries stay what they were. Nothing depends on the memory: one that cannot be read or written is an empty one.
struct FamilyMemory {
  fileprivate struct Record {
    let stamp: FileStamp
    /// Whether the stamp alone is enough to know the content.
    let isSettled: Bool
    let content: String
    let identity: String
    let report: FamilyReport
  }

  private let file: String?
  private let identity: String
  private let retries: Bool
  private var records: [String: Record]
  private var news: Set<String> = []
  private var contents: [String: (stamp: FileStamp, isSettled: Bool, digest: String)] = [:]
  private var stamps: [String: FileStamp?] = [:]
  private var folders: [String: String] = [:]

  private static let version = 1

  /// Reads the memory in `folder` about what a probe of this identity has found; nil: one that is forgotten at once.
  init(folder: String?, identity: String, retries: Bool) {
    file = folder.map { $0 + "/families.json" }
    self.identity = identity
    self.retries = retries
    records = file.map(Self.read) ?? [:]
  }

  /// What is known of the file at `path`; nil: nothing that still holds.
  mutating func report(on path: String) -> FamilyReport? {
    guard let stamp = FileStamp(path) else { return nil }
    let key = absolute(path)
    if let record = records[key], holds(record), record.isSettled, record.stamp == stamp { return record.report }

    // The same content in this folder, by whatever name: worth reading the file for.
    let folder = parent(of: key)
    let similar = records.filter { parent(of: $0.key) == folder && $0.value.stamp.size == stamp.size && holds($0.value) }
    guard !similar.isEmpty, let content = identify(path), let known = similar.first(where: { $0.value.content == content })
    else { return nil }
    remember(known.value.report, on: path)
    return known.value.report
  }

  /// The digest of the file's content; nil: it changes while it is read, or cannot be.
  @discardableResult mutating func identify(_ path: String) -> String? {
    let key = absolute(path)
    if let known = contents[key], known.stamp == FileStamp(path) { return known.digest }
    guard let before = FileStamp(path), let digest = FileContent.digest(of: path), before == FileStamp(path) else { return nil }
    contents[key] = (before, before.isSettled, digest)
    return digest
  }

  /// Keeps what was found in the file at `path`, which has been identified, if it will still be true the next time; what was
  /// known of it before is forgotten.
  mutating func remember(_ report: FamilyReport, on path: String) {
    let key = absolute(path)
    if report.isLasting, let content = contents[key], content.stamp == FileStamp(path) {
      records[key] = Record(
        stamp: content.stamp, isSettled: content.isSettled, content: content.digest, identity: identity, report: report)
      news.insert(key)
    } else if records.removeValue(forKey: key) != nil {
      news.insert(key)
    }
  }

  /// Writes what is new; what other processes have written meanwhile stays.
  func save() {
    guard let file, !news.isEmpty else { return }
    var all = Self.read(file).filter { access($0.key, F_OK) == 0 }
    for key in news { all[key] = records[key] }
    var files = JSONObject()
    for (path, record) in all.sorted(by: { $0.key < $1.key }) { files[path] = record.json }
    let text = JSON(.object(files)).text()
    makeFolders(to: file)
    // Rather no memory than a complaint about it.
    try? AtomicFile.write(Array("{\"version\":\(Self.version),\"files\":\(text)}\n".utf8), to: file)
    // Whatever the user's mask: see `read`.
    chmod(file, 0o600)
  }

  private mutating func holds(_ record: Record) -> Bool {
    guard record.identity == identity, !(retries && record.report.isProblem) else { return false }
    return record.report.libraries.allSatisfy { library in
      if let known = stamps[library.path] { return known == library.stamp }
      let now = FileStamp(library.path)
      stamps[library.path] = .some(now)
      return now == library.stamp
    }
  }

  /// The path without a working folder to be relative to; a link stays one, because `$ORIGIN` is where the link is.
  private mutating func absolute(_ path: String) -> String {
    let folder = parent(of: path)
    if let known = folders[folder] { return known + "/" + lastName(of: path) }
    guard let real = realpath(folder, nil) else { return path }
    defer { free(real) }
    let name = String(cString: real)
    folders[folder] = name
    return name + "/" + lastName(of: path)
  }

  /// The records in `file`; none if anything about it is odd.
  private static func read(_ file: String) -> [String: Record] {
    var status = stat()
    // Only the user's own: what it says decides what is loaded.
    guard stat(file, &status) == 0, status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0,
      let bytes = try? MappedFile(file).contents, let json = try? JSONDocument(bytes, file: file).root,
      json["version"]?.integer == version
    else { return [:] }
    var records: [String: Record] = [:]
    for member in json["files"]?.object?.members ?? [] {
      if let record = Record(member.value) { records[member.name] = record }
    }
    return records
  }

  private func makeFolders(to file: String) {
    let folder = parent(of: file)
    guard !isFolder(folder), folder != "/", folder != "." else { return }
    makeFolders(to: folder)
    mkdir(folder, 0o700)
  }
}

extension FamilyMemory.Record {
  init?(_ json: JSON) {
    guard let stamp = FileStamp(json["stamp"]), let isSettled = json["settled"]?.boolean, let content = json["content"]?.string,
      let identity = json["host"]?.string, let report = FamilyReport(json)
    else { return nil }
    self.init(stamp: stamp, isSettled: isSettled, content: content, identity: identity, report: report)
  }

  var json: JSON {
    var object = report.json.object ?? JSONObject()
    object["stamp"] = stamp.json
    object["settled"] = JSON(.boolean(isSettled))
    object["content"] = JSON(.string(content))
    object["host"] = JSON(.string(identity))
    return JSON(.object(object))
  }
}
