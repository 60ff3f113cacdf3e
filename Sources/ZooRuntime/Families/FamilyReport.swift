import ZooFormats

/// The names that a family has, which say what it is needed for.
struct FamilyNames: Hashable, Sendable {
  let name: String
  let kinds: [String]
  let codecs: [String]
}

/// What another process has found in a file.
struct FamilyReport: Hashable, Sendable {
  enum Finding: Hashable, Sendable {
    case family(FamilyNames)
    case problem(FamilyError.Reason)
  }

  /// A library that was loaded beside it: by the family, or by the program.
  struct Library: Hashable, Sendable {
    let path: String
    let stamp: FileStamp
  }

  let finding: Finding
  var libraries: [Library] = []

  /// Whether it may be remembered.
  var isLasting: Bool {
    switch finding {
    case .family: true
    case .problem(let reason): reason.isLasting
    }
  }

  var isProblem: Bool { if case .problem = finding { true } else { false } }
}

extension FamilyNames {
  init(_ family: Family) {
    name = family.name
    kinds = family.kinds.map(\.name)
    codecs = family.codecs.map(\.name)
  }

  init?(_ json: JSON) {
    guard let name = json["name"]?.string, let kinds = json["kinds"]?.array, let codecs = json["codecs"]?.array else { return nil }
    self.name = name
    self.kinds = kinds.compactMap(\.string)
    self.codecs = codecs.compactMap(\.string)
  }

  var json: JSON {
    ["name": JSON(.string(name)), "kinds": list(kinds), "codecs": list(codecs)]
  }
}

private func list(_ words: [String]) -> JSON { JSON(.array(words.map { JSON(.string($0)) })) }

extension FamilyReport {
  init?(_ json: JSON) {
    if let names = json["family"].flatMap({ FamilyNames($0) }) {
      finding = .family(names)
    } else if let reason = json["problem"].flatMap({ FamilyError.Reason($0) }) {
      finding = .problem(reason)
    } else {
      return nil
    }
    for library in json["libraries"]?.array ?? [] {
      guard let path = library["path"]?.string, let stamp = FileStamp(library["stamp"]) else { return nil }
      libraries.append(Library(path: path, stamp: stamp))
    }
  }

  var json: JSON {
    var object = JSONObject()
    switch finding {
    case .family(let names): object["family"] = names.json
    case .problem(let reason): object["problem"] = reason.json
    }
    object["libraries"] = JSON(.array(libraries.map { ["path": JSON(.string($0.path)), "stamp": $0.stamp.json] }))
    return JSON(.object(object))
  }
}
