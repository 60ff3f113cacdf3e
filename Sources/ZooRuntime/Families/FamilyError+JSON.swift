import ZooFormats

extension FamilyError.Reason {
  /// The reason as `zoo probe` prints it and the cache keeps it.
  var json: JSON {
    func object(_ name: String, _ details: (String, JSON)...) -> JSON {
      var object = JSONObject()
      object["reason"] = JSON(.string(name))
      for (name, value) in details { object[name] = value }
      return JSON(.object(object))
    }
    func text(_ value: String) -> JSON { JSON(.string(value)) }
    func number(_ value: some BinaryInteger) -> JSON { JSON(.integer(Int(value))) }
    func phase(_ value: LoadPhase) -> JSON { text(value.rawValue) }
    return switch self {
    case .unreadable(let why): object("unreadable", ("words", text(why)))
    case .notELF: object("not-elf")
    case .notSharedLibrary: object("not-shared-library")
    case .otherMachine(let file, let host): object("other-machine", ("file", text(file)), ("host", text(host)))
    case .truncated(let bytes, let expected): object("truncated", ("bytes", number(bytes)), ("expected", number(expected)))
    case .missingDependency(let name): object("missing-dependency", ("name", text(name)))
    case .unresolvedSymbol(let name): object("unresolved-symbol", ("name", text(name)))
    case .loader(let words): object("loader", ("words", text(words)))
    case .noEntry(let symbol): object("no-entry", ("name", text(symbol)))
    case .otherMajor(let family, let host): object("other-major", ("family", number(family)), ("host", number(host)))
    case .refused(let words): object("refused", ("words", text(words)))
    case .malformed(let what): object("malformed", ("words", text(what)))
    case .crashed(let signal, let when, let words):
      object("crashed", ("signal", number(signal)), ("phase", phase(when)), ("words", text(words)))
    case .hung(let milliseconds, let when): object("hung", ("milliseconds", number(milliseconds)), ("phase", phase(when)))
    case .exited(let status, let when): object("exited", ("status", number(status)), ("phase", phase(when)))
    case .printed(let words): object("printed", ("words", text(words)))
    case .unprobed(let why): object("unprobed", ("words", text(why)))
    case .uncopied(let why): object("uncopied", ("words", text(why)))
    case .repeatsKind(let name, let path): object("repeats-kind", ("name", text(name)), ("file", text(path)))
    case .repeatsFamily(let name, let path): object("repeats-family", ("name", text(name)), ("file", text(path)))
    case .repeatsCodec(let name, let path): object("repeats-codec", ("name", text(name)), ("file", text(path)))
    }
  }

  /// Reads what `json` wrote; nil: it is something else.
  init?(_ json: JSON) {
    func text(_ name: String) -> String? { json[name]?.string }
    func number<Number: FixedWidthInteger>(_ name: String) -> Number? { json[name]?.integer.flatMap { Number(exactly: $0) } }
    let phase = text("phase").flatMap { LoadPhase(rawValue: $0) }
    switch (text("reason"), text("words"), text("name"), text("file")) {
    case ("unreadable", let words?, _, _): self = .unreadable(words)
    case ("not-elf", _, _, _): self = .notELF
    case ("not-shared-library", _, _, _): self = .notSharedLibrary
    case ("other-machine", _, _, let file?):
      guard let host = text("host") else { return nil }
      self = .otherMachine(file: file, host: host)
    case ("truncated", _, _, _):
      guard let bytes: Int = number("bytes"), let expected: Int = number("expected") else { return nil }
      self = .truncated(bytes: bytes, expected: expected)
    case ("missing-dependency", _, let name?, _): self = .missingDependency(name)
    case ("unresolved-symbol", _, let name?, _): self = .unresolvedSymbol(name)
    case ("loader", let words?, _, _): self = .loader(words)
    case ("no-entry", _, let name?, _): self = .noEntry(symbol: name)
    case ("other-major", _, _, _):
      guard let family: UInt32 = number("family"), let host: UInt32 = number("host") else { return nil }
      self = .otherMajor(family: family, host: host)
    case ("refused", let words?, _, _): self = .refused(words: words)
    case ("malformed", let words?, _, _): self = .malformed(words)
    case ("crashed", let words?, _, _):
      guard let signal: Int32 = number("signal"), let phase else { return nil }
      self = .crashed(signal: signal, phase, words: words)
    case ("hung", _, _, _):
      guard let milliseconds: Int = number("milliseconds"), let phase else { return nil }
      self = .hung(milliseconds: milliseconds, phase)
    case ("exited", _, _, _):
      guard let status: Int32 = number("status"), let phase else { return nil }
      self = .exited(status: status, phase)
    case ("printed", let words?, _, _): self = .printed(words)
    case ("unprobed", let words?, _, _): self = .unprobed(words)
    case ("uncopied", let words?, _, _): self = .uncopied(words)
    case ("repeats-kind", _, let name?, let file?): self = .repeatsKind(name, of: file)
    case ("repeats-family", _, let name?, let file?): self = .repeatsFamily(name, of: file)
    case ("repeats-codec", _, let name?, let file?): self = .repeatsCodec(name, of: file)
    default: return nil
    }
  }
}
