public import ZooTypes

/// Why a file in the zoo's plugins folder is not a family that this host can use.
public struct FamilyError: ExplainedError, Hashable {
  /// The cases that users meet, each with what it takes to tell it from the others.
  public enum Reason: Hashable, Sendable {
    /// No file, or one that cannot be read.
    case unreadable(String)
    /// Not an ELF file at all.
    case notELF
    /// ELF, but a program or an object file.
    case notSharedLibrary
    /// For another kind of machine.
    case otherMachine
    /// Shorter than its own headers say.
    case truncated(bytes: Int, expected: Int)
    /// The dynamic loader's own words: a missing dependency, an unresolved symbol.
    case loader(String)
    /// Loads, but does not speak the protocol.
    case noEntry(symbol: String)
    /// Speaks another major version of it.
    case otherMajor(family: UInt32, host: UInt32)
    /// Its entry returned NULL.
    case refused(words: String)
    /// Its tables make no sense.
    case malformed(String)
    /// Another family has a kind of that name.
    case repeatsKind(String, of: String)
    /// Another file is a family of that name.
    case repeatsFamily(String, of: String)
    /// Another family has a codec of that name.
    case repeatsCodec(String, of: String)
  }

  /// The file.
  public let path: String
  /// What is wrong with it.
  public let reason: Reason

  init(_ path: String, _ reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// What is wrong, without the file's name.
  public var summary: String {
    switch reason {
    case .unreadable(let why): "cannot be read: \(why)"
    case .notELF: "is not a shared library"
    case .notSharedLibrary: "is an ELF file, but not a shared library"
    case .otherMachine: "is a shared library for another kind of machine"
    case .truncated(let bytes, let expected): "is cut short: it has \(bytes) bytes, its headers speak of \(expected)"
    case .loader(let words): "does not load: \(words.hasPrefix("\(path): ") ? String(words.dropFirst(path.count + 2)) : words)"
    case .noEntry(let symbol): "is a shared library, but no family: it does not export \(symbol)"
    case .otherMajor(let family, let host): "speaks version \(family) of the protocol; this host speaks version \(host)"
    case .refused(let words): words.isEmpty ? "refuses to load and does not say why" : "refuses to load: \(words)"
    case .malformed(let what): "is a family with broken tables: \(what)"
    case .repeatsKind(let kind, path): "has the kind '\(kind)' twice"
    case .repeatsKind(let kind, let other): "has the kind '\(kind)', which \(other) has too"
    case .repeatsFamily(let family, let other): "is the family '\(family)', which \(other) is too"
    case .repeatsCodec(let codec, let other): "has the codec '\(codec)', which \(other) has too"
    }
  }

  /// What is wrong.
  public var message: String { "\(path): \(summary)" }

  /// What to do next.
  public var help: String {
    switch reason {
    case .unreadable: "check its permissions, or remove it from the folder"
    case .notELF, .notSharedLibrary: "only families belong in this folder: remove it, or link it with -shared"
    case .otherMachine: "build it on this machine"
    case .truncated: "copy it again"
    case .loader: "install or build what is missing; 'ldd' lists what it needs"
    case .noEntry: "export that function (docs/protocol.md), or remove the file from the folder"
    case .otherMajor(let family, let host):
      family > host ? "update zoo, or build the family against this zoo's headers" : "build the family against this zoo's headers"
    case .refused: "the family's own documentation says what it needs"
    case .malformed: "build it again with the headers of this zoo; docs/protocol.md says what the tables must hold"
    case .repeatsKind(_, path): "give one of the two another name, and build the family again"
    case .repeatsKind, .repeatsFamily, .repeatsCodec: "remove one of the two files; until then this one is left out"
    }
  }
}
