import Glibc
import ZooFormats
import ZooTypes

/// The files of a folder in which every class of examples has a folder of its own.
///
/// Classes and files are in the order of their names' bytes, so that they do not depend on the machine. A folder without folders in it
/// has files of no class.
public struct DataFolder: Sendable {
  /// One example's file.
  struct File: Sendable {
    /// Where it is.
    let path: String
    /// The number of its class.
    let classIndex: Int
  }

  /// The folder, as the user names it.
  let path: String
  /// The classes' names, which are those of the folders; empty: there are none.
  public let classes: [String]
  /// Every file that ends as wanted.
  let files: [File]

  /// How deep folders in folders are looked into.
  private static let depth = 16

  /// The names of the classes in a folder; empty: it has no folders.
  public static func classes(at path: String) throws(DataFolderError) -> [String] {
    try entries(path).filter(\.isFolder).map(\.name)
  }

  /// Lists the files that end in one of `extensions`; empty: all.
  ///
  /// With `isConfined`, links that lead out of the folder are errors: a manifest from anywhere names it.
  init(_ path: String, extensions: [String], isConfined: Bool) throws(DataFolderError) {
    self.path = path
    let entries = try Self.entries(path)
    let folders = entries.filter(\.isFolder)
    classes = folders.map(\.name)
    var files: [File] = []
    if folders.isEmpty {
      files = Self.chosen(entries, in: path, extensions).map { File(path: $0, classIndex: 0) }
    }
    for (index, folder) in folders.enumerated() {
      var found: [String] = []
      try Self.collect("\(path)/\(folder.name)", extensions, depth: Self.depth, into: &found)
      guard !found.isEmpty else { throw .emptyClass(folder: "\(path)/\(folder.name)", extensions: extensions) }
      files += found.map { File(path: $0, classIndex: index) }
    }
    guard !files.isEmpty else { throw .empty(folder: path, extensions: extensions) }
    if isConfined, let root = Self.real(path) {
      for file in files {
        guard let real = Self.real(file.path), real.hasPrefix(root + "/") else { throw .leaves(file: file.path, folder: path) }
      }
    }
    self.files = files
  }

  private static func collect(
    _ folder: String, _ extensions: [String], depth: Int, into found: inout [String]
  ) throws(DataFolderError) {
    let entries = try entries(folder)
    found += chosen(entries, in: folder, extensions)
    let folders = entries.filter(\.isFolder)
    guard depth > 0 || folders.isEmpty else { throw .deep(folder: folder, limit: Self.depth) }
    for entry in folders { try collect("\(folder)/\(entry.name)", extensions, depth: depth - 1, into: &found) }
  }

  private static func chosen(_ entries: [Entry], in folder: String, _ extensions: [String]) -> [String] {
    entries.filter { entry in
      !entry.isFolder && (extensions.isEmpty || extensions.contains(fileExtension(entry.name)))
    }.map { "\(folder)/\($0.name)" }
  }

  private struct Entry {
    let name: String
    let isFolder: Bool
  }

  /// What is in a folder but for hidden files.
  private static func entries(_ path: String) throws(DataFolderError) -> [Entry] {
    guard let directory = opendir(path) else { throw .unreadable(folder: path, code: errno) }
    defer { closedir(directory) }
    var entries: [Entry] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      guard !name.hasPrefix(".") else { continue }
      var status = stat()
      guard stat("\(path)/\(name)", &status) == 0 else { continue }
      entries.append(Entry(name: name, isFolder: status.st_mode & S_IFMT == S_IFDIR))
    }
    return entries.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
  }

  /// Whether a path leads to a folder.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func real(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}

/// What follows the last dot of a file's name, in lower case; empty: nothing does.
func fileExtension(_ path: String) -> String {
  let name = path.split(separator: "/").last ?? ""
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
  return name[name.index(after: dot)...].lowercased()
}
