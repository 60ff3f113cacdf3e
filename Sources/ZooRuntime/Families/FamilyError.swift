public import ZooTypes

/// How far the loading of a family has come.
public enum LoadPhase: String, Hashable, Sendable {
  /// The loader maps it and runs its constructors.
  case load
  /// Its entry runs.
  case entry
  /// The host reads the tables that the entry has returned.
  case tables
  /// The process that has loaded it ends.
  case exit
}

/// Why a file in the zoo's plugins folder is not a family that this host can use.
///
/// The words for each reason are in FamilyError+Words.swift.
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
    case otherMachine(file: String, host: String)
    /// Shorter than its own headers say.
    case truncated(bytes: Int, expected: Int)
    /// A library that it is linked with is not there.
    case missingDependency(String)
    /// A symbol that it uses is in none of its libraries.
    case unresolvedSymbol(String)
    /// Anything else that the dynamic loader says no to, in its own words.
    case loader(String)
    /// Loads, but does not speak the protocol.
    case noEntry(symbol: String)
    /// Speaks another major version of it.
    case otherMajor(family: UInt32, host: UInt32)
    /// Its entry returned NULL.
    case refused(words: String)
    /// Its tables make no sense.
    case malformed(String)
    /// A signal ended the process that looked at it; `words` are its last to standard error.
    case crashed(signal: Int32, LoadPhase, words: String)
    /// The process that looked at it was not done in time.
    case hung(milliseconds: Int, LoadPhase)
    /// It ended the process that looked at it.
    case exited(status: Int32, LoadPhase)
    /// It wrote to standard output, which is for results; the first line of it.
    case printed(String)
    /// No process could be started to look at it.
    case unprobed(String)
    /// It could not be copied to be loaded anew.
    case uncopied(String)
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
}

extension FamilyError.Reason {
  /// What the words of `dlerror` about the library at `path` mean.
  init(loader words: String, path: String) {
    let words = words.hasPrefix("\(path): ") ? String(words.dropFirst(path.count + 2)) : words
    let (missing, unresolved) = (": cannot open shared object file: No such file or directory", "undefined symbol: ")
    if words.hasSuffix(missing) {
      self = .missingDependency(String(words.dropLast(missing.count)))
    } else if words.hasPrefix(unresolved) {
      self = .unresolvedSymbol(String(words.dropFirst(unresolved.count)))
    } else {
      self = .loader(words)
    }
  }

  /// Whether it lies in the file alone, so that it stays true until the file changes.
  ///
  /// What the loader misses, and what a family asks of its surroundings, may be there the next time.
  var isLasting: Bool {
    switch self {
    case .noEntry, .otherMajor, .malformed, .hung, .exited, .printed: true
    case .crashed(let signal, _, _): !isFromOutside(signal)
    default: false
    }
  }
}
