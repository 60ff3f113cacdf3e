/// A language that there is a family to begin with in.
enum FamilyLanguage: String, CaseIterable {
  case c, rust, swift

  /// As one writes it.
  var title: String {
    switch self {
    case .c: "C"
    case .rust: "Rust"
    case .swift: "Swift"
    }
  }

  /// The family in the kit's folder `Examples/<language>`, whose name gives way to the new one wherever it stands.
  var example: String {
    switch self {
    case .c: "curves"
    case .rust: "gates"
    case .swift: "angles"
    }
  }

  /// Its files.
  var files: [String] {
    let common = [".gitignore", "Makefile", "README.md", "digits.json"]
    return switch self {
    case .c: common + ["curves.c"]
    case .rust: common + ["Cargo.toml", "src/lib.rs", "src/protocol.rs", "src/layer.rs", "src/glu.rs", "src/swish.rs"]
    case .swift:
      common + ["Package.swift", "exports.map", "Sources/Entry.swift", "Sources/Rows.swift", "Sources/Unit.swift", "Sources/Cosine.swift"]
    }
  }

  /// Where the layers of the new family are.
  func source(_ name: FamilyName) -> String {
    switch self {
    case .c: "\(name.text).c"
    case .rust: "src/"
    case .swift: "Sources/"
    }
  }

  /// What building takes that is not on every machine.
  var need: String {
    switch self {
    case .c: " with a C compiler"
    case .rust: " with cargo"
    case .swift: " with Swift 6.3"
    }
  }
}

/// The name of a family that is to be: part of its kinds' names, of files, and of identifiers in any language.
struct FamilyName {
  let text: String

  init(_ text: String) throws(NewFamilyError) {
    guard Self.isValid(text) else { throw .badName(text) }
    self.text = text
  }

  private static let longest = 40

  private static func isValid(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first), text.utf8.count <= longest else { return false }
    return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
  }

  /// What may have been meant by a name that is none.
  static func near(_ text: String) -> String? {
    var near = ""
    for scalar in text.lowercased().unicodeScalars {
      let byte = UInt8(scalar.value < 128 ? scalar.value : 0)
      if isLetter(byte) || isDigit(byte) { near.unicodeScalars.append(scalar) } else if !near.isEmpty, near.last != "_" { near += "_" }
    }
    while near.last == "_" { near.removeLast() }
    while let first = near.utf8.first, !isLetter(first) { near.removeFirst() }
    return isValid(near) ? near : nil
  }

  private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte }
  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
