import CHost
import Glibc
import ZooFormats
public import ZooTypes

/// The libraries that are no families and whose functions layers may call.
///
/// Only the user says which: a manifest, which is data from anywhere, has no way to.
public struct ForeignLibraries: Hashable, Sendable {
  /// One of them.
  struct Library: Hashable {
    /// What a manifest may call it.
    let name: String
    /// What is opened.
    let file: String
  }

  let libraries: [Library]
  let list: String?

  /// None at all.
  public static let none = ForeignLibraries([])

  /// Libraries by name, as the system finds them, or by the path of their file; `list` is where the user can add others.
  ///
  /// A manifest calls a library by its file's name, or by any path that leads to that file.
  public init(_ libraries: [String], list: String? = nil) {
    self.libraries = libraries.map { text in
      guard text.contains("/") else { return Library(name: text, file: text) }
      guard let real = realpath(text, nil) else { return Library(name: lastName(of: text), file: text) }
      defer { free(real) }
      return Library(name: lastName(of: text), file: String(cString: real))
    }
    self.list = list
  }

  /// What the user allows: `libraries`, and those in the user's own list.
  ///
  /// The list is `zoo/foreign` in the user's configuration folder: a name or an absolute path in each line, comments after `#`.
  public static func user(adding libraries: [String] = []) throws -> ForeignLibraries {
    guard let list = listPath else { return ForeignLibraries(libraries) }
    guard access(list, F_OK) == 0 else { return ForeignLibraries(libraries, list: list) }
    return ForeignLibraries(try read(list) + libraries, list: list)
  }

  /// `$XDG_CONFIG_HOME/zoo/foreign`, else `~/.config/zoo/foreign`; a relative path in XDG_CONFIG_HOME counts as none.
  private static var listPath: String? {
    func folder(_ variable: String) -> String? { getenv(variable).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil } }
    return (folder("XDG_CONFIG_HOME") ?? folder("HOME").map { $0 + "/.config" }).map { $0 + "/zoo/foreign" }
  }

  private static func read(_ list: String) throws -> [String] {
    var status = stat()
    guard stat(list, &status) == 0, status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
      throw ForeignListError.othersMayWrite(path: list)
    }
    let text = String(decoding: try MappedFile(list).contents, as: UTF8.self)
    var libraries: [String] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let name = line.prefix { $0 != "#" }.trimmed
      // A relative path would mean another file in every folder.
      if name.contains("/"), !name.hasPrefix("/") { throw ForeignListError.relative(path: list, line: number + 1, name: name) }
      if !name.isEmpty { libraries.append(name) }
    }
    return libraries
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}

/// What is wrong with the user's list of libraries.
public enum ForeignListError: ExplainedError, Hashable {
  /// Somebody else could have written it.
  case othersMayWrite(path: String)
  /// A path that depends on the working folder.
  case relative(path: String, line: Int, name: String)

  /// The list, and what is wrong with it.
  public var message: String {
    switch self {
    case .othersMayWrite(let path): "\(path): others than you may write to it, so what it allows may not be your word"
    case .relative(let path, let line, let name): "\(path):\(line): '\(name)' is a relative path"
    }
  }

  /// What to do next.
  public var help: String {
    switch self {
    case .othersMayWrite(let path): "make it yours alone, after a look at what it says: chmod go-w '\(path)'"
    case .relative: "give the library's name alone, or a path that begins with /"
    }
  }
}

/// The same in C's memory, for as long as a run lives.
final class AllowedLibraries {
  let entries: UnsafeMutableBufferPointer<zoo_allowed_library>
  let list: UnsafeMutablePointer<CChar>?

  init(_ foreign: ForeignLibraries) {
    entries = .allocate(capacity: foreign.libraries.count)
    for (i, library) in foreign.libraries.enumerated() {
      entries.initializeElement(at: i, to: zoo_allowed_library(name: strdup(library.name), file: strdup(library.file)))
    }
    list = foreign.list.flatMap { strdup($0) }
  }

  deinit {
    for entry in entries {
      free(UnsafeMutablePointer(mutating: entry.name))
      free(UnsafeMutablePointer(mutating: entry.file))
    }
    entries.deallocate()
    free(list)
  }
}
