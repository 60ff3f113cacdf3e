extension FamilyError {
  /// What is wrong, without the file's name.
  public var summary: String {
    switch reason {
    case .unreadable(let why): "cannot be read: \(why)"
    case .notELF: "is not a shared library"
    case .notSharedLibrary: "is an ELF file, but not a shared library"
    case .otherMachine(let file, let host): "is a shared library for \(file); this machine is \(host)"
    case .truncated(let bytes, let expected): "is cut short: it has \(bytes) bytes, its headers speak of \(expected)"
    case .missingDependency(let name): "needs the library '\(name)', which is not there"
    case .unresolvedSymbol(let name): "needs the symbol '\(name)', which none of its libraries has"
    case .loader(let words): "does not load: \(words)"
    case .noEntry(let symbol): "is a shared library, but no family: it does not export \(symbol)"
    case .otherMajor(let family, let host): "speaks version \(family) of the protocol; this host speaks version \(host)"
    case .refused(let words): words.isEmpty ? "refuses to load and does not say why" : "refuses to load: \(words)"
    case .malformed(let what): "is a family with broken tables: \(what)"
    case .crashed(let signal, let phase, let words):
      "crashes with \(name(ofSignal: signal)) \(phase.words)" + (words.isEmpty ? "" : ": \(words)")
    case .hung(let milliseconds, let phase): "hangs \(phase.words): it is not done after \(Double(milliseconds) / 1000) s"
    case .exited(let status, let phase): "ends the process with status \(status) \(phase.words)"
    case .printed(let words): "writes to standard output as it is loaded: \(words)"
    case .unprobed(let why): "cannot be looked at: \(why)"
    case .uncopied(let why): "cannot be loaded anew: \(why)"
    case .repeatsKind(let kind, path): "has the kind '\(kind)' twice"
    case .repeatsKind(let kind, let other): "has the kind '\(kind)', which \(other) has too"
    case .repeatsFamily(let family, let other): "is the family '\(family)', which \(other) is too"
    case .repeatsCodec(let codec, path): "has the codec '\(codec)' twice"
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
    case .missingDependency: "install or build that library; 'ldd' lists all that the family needs"
    case .unresolvedSymbol: "link the family with the library that has it; 'ldd -r' lists all that is missing"
    case .loader: "'ldd' lists what it needs; build the family again on this machine"
    case .noEntry: "export that function (docs/protocol.md), or remove the file from the folder"
    case .otherMajor(let family, let host):
      family > host ? "update zoo, or build the family against this zoo's headers" : "build the family against this zoo's headers"
    case .refused: "the family's own documentation says what it needs"
    case .malformed: "build it again with the headers of this zoo; docs/protocol.md says what the tables must hold"
    case .crashed, .hung, .exited: "it is left out until the file changes; 'zoo list --retry' looks at it again"
    case .printed: "standard output is for results: let the family speak through host->log (docs/protocol.md)"
    case .unprobed: "it is left out this time; try again when the system has room for another process"
    case .uncopied: "the family that was loaded before stays in use; try again"
    case .repeatsKind(_, path), .repeatsCodec(_, path): "give one of the two another name, and build the family again"
    case .repeatsKind, .repeatsFamily, .repeatsCodec: "remove one of the two files; until then this one is left out"
    }
  }
}

extension LoadPhase {
  /// When that is.
  fileprivate var words: String {
    switch self {
    case .load: "as it is loaded"
    case .entry: "in its entry function"
    case .tables: "as its tables are read"
    case .exit: "as the process ends"
    }
  }
}
