import ZooPlugin

/// Characters and their classes: Unicode scalars, each of which stands for its place in a list.
struct Alphabet {
  private let characters: [Unicode.Scalar]
  private let classes: [Unicode.Scalar: Int]
  private let unknown: Int?

  /// The characters of `text` in the order of their classes; `unknown` is the one among them that stands for all others.
  init(_ text: String, unknown: String?) throws(LayerError) {
    characters = Array(text.unicodeScalars)
    guard !characters.isEmpty else {
      throw .attribute("'alphabet' must hold the characters in the order of their classes, but it is empty")
    }
    var classes: [Unicode.Scalar: Int] = [:]
    for (i, character) in characters.enumerated() {
      guard let first = classes.updateValue(i, forKey: character) else { continue }
      throw .attribute("'alphabet' has \(describe(character)) twice, as class \(first) and as class \(i)")
    }
    self.classes = classes
    self.unknown = try unknown.map { text throws(LayerError) in
      guard let only = text.unicodeScalars.first, text.unicodeScalars.count == 1, let index = classes[only] else {
        throw .attribute("'unknown' must be one character of 'alphabet'")
      }
      return index
    }
  }

  /// How many classes there are.
  var count: Int { characters.count }

  /// Whether a character has a class of its own.
  func contains(_ character: Unicode.Scalar) -> Bool { classes[character] != nil }

  /// The class of every character of `text`.
  func classes(of text: some Sequence<Unicode.Scalar>) throws(LayerError) -> [Int] {
    var (line, column) = (1, 0)
    var found: [Int] = []
    for character in text {
      column += 1
      guard let index = classes[character] ?? unknown else {
        throw .data("\(describe(character)) at line \(line), column \(column) is not in the alphabet")
      }
      found.append(index)
      if character == "\n" { (line, column) = (line + 1, 0) }
    }
    return found
  }

  /// The characters of these classes.
  func text(of indices: some Sequence<Int>) throws(LayerError) -> String {
    var text = ""
    for index in indices {
      guard characters.indices.contains(index) else { throw .data("there is no class \(index): the alphabet has \(count) characters") }
      text.unicodeScalars.append(characters[index])
    }
    return text
  }
}

/// A character for a message: what it looks like, if it does, and its number.
private func describe(_ character: Unicode.Scalar) -> String {
  let digits = String(character.value, radix: 16, uppercase: true)
  let number = "U+" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
  switch character.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .unassigned, .privateUse, .nonspacingMark,
    .enclosingMark, .spacingMark:
    return "the character \(number)"
  default: return "the character '\(character)' (\(number))"
  }
}
