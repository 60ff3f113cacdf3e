import ZooTestSupport

/// An element of an XML document.
final class XMLElement {
  let name: String
  let attributes: [String: String]
  fileprivate(set) var children: [XMLElement] = []
  fileprivate(set) var text = ""

  fileprivate init(_ name: String, _ attributes: [String: String]) { (self.name, self.attributes) = (name, attributes) }

  /// It and all elements inside it.
  var all: [XMLElement] { [self] + children.flatMap(\.all) }

  /// The whole number in an attribute.
  func number(_ name: String) throws -> Int {
    guard let number = attributes[name].flatMap({ Int($0) }) else { throw TestProblem("<\(self.name)> has no number '\(name)'") }
    return number
  }
}

/// Reads what an SVG file may consist of: elements, attributes, text and the five entities.
///
/// Anything else is an error.
struct XMLReader {
  private let characters: [Character]
  private var at = 0

  /// The root of a document.
  static func root(_ text: String) throws -> XMLElement {
    if let bad = text.unicodeScalars.first(where: { $0.value < 0x20 && $0 != "\n" && $0 != "\t" }) {
      throw TestProblem("a control character, \(bad.value)")
    }
    var reader = XMLReader(characters: Array(text))
    let root = try reader.element()
    reader.skipSpace()
    guard reader.at == reader.characters.count else { throw reader.problem("something behind the root") }
    return root
  }

  private init(characters: [Character]) { self.characters = characters }

  private func problem(_ words: String) -> TestProblem {
    TestProblem("\(words) at \(String(characters[max(0, at - 40)..<min(characters.count, at + 40)]))")
  }

  private var next: Character? { at < characters.count ? characters[at] : nil }

  private mutating func skipSpace() { while let next, next.isWhitespace { at += 1 } }

  private mutating func skip(_ text: String) -> Bool {
    guard characters[at...].starts(with: text) else { return false }
    at += text.count
    return true
  }

  private mutating func expect(_ text: String) throws { if !skip(text) { throw problem("no '\(text)'") } }

  private mutating func name() throws -> String {
    var name = ""
    while let next, next.isLetter || next.isNumber || next == "-" || next == ":" {
      name.append(next)
      at += 1
    }
    guard let first = name.first, first.isLetter else { throw problem("no name") }
    return name
  }

  private mutating func words(until end: Character) throws -> String {
    var words = ""
    while let next, next != end {
      if next == "<" { throw problem("a '<' in text") }
      if next == "&" {
        let entities = ["&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&apos;": "'"]
        guard let entity = entities.first(where: { skip($0.key) }) else { throw problem("a bare '&'") }
        words += entity.value
      } else {
        words.append(next)
        at += 1
      }
    }
    return words
  }

  private mutating func element() throws -> XMLElement {
    try expect("<")
    let name = try name()
    var attributes: [String: String] = [:]
    while true {
      let before = at
      skipSpace()
      if skip("/>") { return XMLElement(name, attributes) }
      if skip(">") { break }
      guard at > before else { throw problem("no space before an attribute") }
      let key = try self.name()
      try expect("=\"")
      guard attributes.updateValue(try words(until: "\""), forKey: key) == nil else { throw problem("'\(key)' twice") }
      try expect("\"")
    }
    let element = XMLElement(name, attributes)
    while !skip("</") {
      guard let next else { throw problem("<\(name)> has no end") }
      if next == "<" { element.children.append(try self.element()) } else { element.text += try words(until: "<") }
    }
    try expect("\(name)>")
    return element
  }
}
