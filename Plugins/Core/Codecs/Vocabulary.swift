import ZooPlugin

/// Words and their classes: each stands for its line in a list.
///
/// A word of a text is a run of letters, with apostrophes between them, in lower case; whatever else there is separates words.
struct Vocabulary {
  private let words: [String]
  private let classes: [String: Int]
  private let unknown: Int?

  /// The words of `list`, one a line; `unknown` is the one among them that stands for all others.
  init(_ list: String, unknown: String?) throws(LayerError) {
    words = list.split(whereSeparator: \.isNewline).map(String.init)
    guard !words.isEmpty else { throw .attribute("'words' must hold the words in the order of their classes, one a line, but it is empty") }
    var classes: [String: Int] = [:]
    for (i, word) in words.enumerated() {
      guard let first = classes.updateValue(i, forKey: word) else { continue }
      throw .attribute("'words' has '\(word)' twice, as class \(first) and as class \(i)")
    }
    self.classes = classes
    self.unknown = try unknown.map { word throws(LayerError) in
      guard let index = classes[word] else { throw .attribute("'unknown' must be one of 'words', but '\(word)' is not") }
      return index
    }
  }

  /// The class of every word of `text`.
  func classes(of text: some Sequence<Unicode.Scalar>) throws(LayerError) -> [Int] {
    var found: [Int] = []
    for word in Self.words(of: text) {
      guard let index = classes[word] ?? unknown else { throw .data("the word '\(word)' is not in the vocabulary") }
      found.append(index)
    }
    return found
  }

  /// The words of these classes, with spaces between them.
  func text(of indices: some Sequence<Int>) throws(LayerError) -> String {
    var found: [String] = []
    for index in indices {
      guard words.indices.contains(index) else { throw .data("there is no class \(index): the vocabulary has \(words.count) words") }
      found.append(words[index])
    }
    return found.joined(separator: " ")
  }

  private static func words(of text: some Sequence<Unicode.Scalar>) -> [String] {
    var (words, word, apostrophe) = ([String](), "", false)
    func finish() {
      if !word.isEmpty { words.append(word) }
      (word, apostrophe) = ("", false)
    }
    for character in text {
      if character.properties.isAlphabetic {
        if apostrophe { word += "'" }
        (word, apostrophe) = (word + character.properties.lowercaseMapping, false)
      } else if character == "'" || character == "\u{2019}", !word.isEmpty, !apostrophe {
        apostrophe = true
      } else {
        finish()
      }
    }
    finish()
    return words
  }
}
