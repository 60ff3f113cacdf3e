import ZooFormats
import ZooPlugin

/// Running text as classes of characters, or of words.
///
/// A file is UTF-8. Its last line break ends the last line and belongs to the file, not to the text: a prompt is continued where its
/// words end. Files that are written get one. Where the alphabet has no carriage return, CR LF is a line break like LF.
struct TextCodec: Codec {
  var alphabet: String?
  var words: String?
  var unknown: String?

  static var declaration: CodecDeclaration<Self> {
    CodecDeclaration(
      "text", "Running text (UTF-8) as classes of characters, without the line break that ends the file, or of words.", extensions: ["txt"],
      attributes: [
        Attribute("alphabet", \.alphabet, "The characters (Unicode scalars) in the order of their classes."),
        Attribute(
          "words", \.words,
          "Instead of an alphabet: the words in the order of their classes, one a line. Words of a text are runs of letters, lower case."),
        Attribute(
          "unknown", \.unknown,
          "The character of the alphabet, or the word, that stands for all that are not in it; without it they are errors."),
      ], isRunningText: true)
  }

  func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec {
    let dtype = wanted?.dtype ?? .i32
    guard dtype == .i32 || dtype == .i64 else { throw .data("text becomes classes of i32 or i64, but the port takes \(dtype)") }
    return Spec([try classes(bytes).count], dtype)
  }

  func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError) {
    let classes = try classes(bytes)
    if tensor.dtype == .i64 {
      for (i, index) in classes.enumerated() { tensor.pointer(to: Int64.self)[i] = Int64(index) }
    } else {
      for (i, index) in classes.enumerated() { tensor.pointer(to: Int32.self)[i] = Int32(index) }
    }
  }

  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    let texts = try texts(tensor)
    switch format {
    case .text: return Array(texts.joined(separator: "\n").utf8)
    case .file: return Array((texts.joined(separator: "\n") + "\n").utf8)
    case .json:
      let values = texts.map { JSON(.string($0)) }
      return Array((values.count == 1 ? values[0] : JSON(.array(values))).text().utf8)
    }
  }

  /// What the classes stand for.
  private enum Units {
    case characters(Alphabet)
    case words(Vocabulary)
  }

  private func units() throws(LayerError) -> Units {
    switch (alphabet, words) {
    case (let alphabet?, nil): return .characters(try Alphabet(alphabet, unknown: unknown))
    case (nil, let words?): return .words(try Vocabulary(words, unknown: unknown))
    case (nil, nil): throw .attribute("text needs either an 'alphabet' or 'words'")
    default: throw .attribute("text has either an 'alphabet' or 'words', not both")
    }
  }

  /// The texts along the last axis, one for each index of those before it.
  private func texts(_ tensor: Tensor) throws(LayerError) -> [String] {
    let classes: [Int] =
      switch tensor.dtype {
      case .i32: (0..<tensor.count).map { Int(tensor.pointer(to: Int32.self)[$0]) }
      case .i64: (0..<tensor.count).map { Int(tensor.pointer(to: Int64.self)[$0]) }
      default: throw .data("text is made of classes of i32 or i64, not of \(tensor.spec)")
      }
    let units = try units()
    if classes.isEmpty { return [""] }
    return try stride(from: 0, to: classes.count, by: tensor.width).map { start throws(LayerError) in
      let part = classes[start..<start + tensor.width]
      return switch units {
      case .characters(let alphabet): try alphabet.text(of: part)
      case .words(let vocabulary): try vocabulary.text(of: part)
      }
    }
  }

  private func classes(_ bytes: UnsafeRawBufferPointer) throws(LayerError) -> [Int] {
    var characters = try Self.characters(bytes)
    let alphabet: Alphabet
    switch try units() {
    case .characters(let found): alphabet = found
    case .words(let vocabulary):
      let classes = try vocabulary.classes(of: characters)
      guard !classes.isEmpty else { throw .data("it holds no words") }
      return classes
    }
    if characters.first == "\u{FEFF}" && !alphabet.contains("\u{FEFF}") { characters.removeFirst() }
    if !alphabet.contains("\r") { characters = Self.withoutReturns(characters) }
    if characters.last == "\n" { characters.removeLast() }
    guard !characters.isEmpty else { throw .data("it holds no text") }
    return try alphabet.classes(of: characters)
  }

  private static func characters(_ bytes: UnsafeRawBufferPointer) throws(LayerError) -> [Unicode.Scalar] {
    do throws(UTF8.ValidationError) {
      return Array(String(copying: try UTF8Span(validating: bytes.bindMemory(to: UInt8.self).span)).unicodeScalars)
    } catch {
      throw .data("it is not UTF-8 text: its byte \(error.byteOffsets.lowerBound) cannot stand there")
    }
  }

  /// CR LF as LF.
  private static func withoutReturns(_ characters: [Unicode.Scalar]) -> [Unicode.Scalar] {
    characters.indices.filter { i in
      characters[i] != "\r" || i + 1 == characters.count || characters[i + 1] != "\n"
    }.map { characters[$0] }
  }
}
