import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

struct TextCodecTests {
  // Classes: a 0, b 1, é 2, newline 3, space 4, an astral character 5.
  private static let alphabet = "abé\n \u{1F600}"

  private func codec(_ attributes: [String: String] = [:]) throws -> CodecRun {
    var object = JSONObject()
    object["alphabet"] = JSON(.string(Self.alphabet))
    for (name, value) in attributes { object[name] = JSON(.string(value)) }
    return try CodecRun("text", JSON(.object(object)))
  }

  private func classes(_ text: String, _ attributes: [String: String] = [:]) throws -> [Int32] {
    let found = try codec(attributes).decode(Array(text.utf8), port: [-1], .i32)
    return found.bytes.withMemoryRebound(to: Int32.self) { Array($0) }
  }

  @Test func charactersBecomeTheirPlacesInTheAlphabet() throws {
    #expect(try classes("ba é\u{1F600}\na") == [1, 0, 4, 2, 5, 3, 0])
  }

  @Test func thePortSaysTypeAndRank() throws {
    let item = try codec().decode(Array("ab".utf8), port: [1, -1], .i64)
    #expect(item.spec == Spec([1, 2], .i64))
    #expect(item.bytes.withMemoryRebound(to: Int64.self) { Array($0) } == [0, 1])
    #expect(try codec().decode(Array("ab".utf8)).spec == Spec([2], .i32))
    expectRefusal("file: text becomes classes of i32 or i64, but the port takes f32") {
      _ = try codec().decode(Array("ab".utf8), port: [-1], .f32)
    }
  }

  @Test func oneLineBreakAtTheEndIsTheFilesOwn() throws {
    #expect(try classes("ab\n") == [0, 1])
    #expect(try classes("ab\n\n") == [0, 1, 3])
    #expect(try classes("a b ") == [0, 4, 1, 4])
  }

  @Test func filesOfOtherSystemsAreRead() throws {
    #expect(try classes("\u{FEFF}a\r\nb\r\n") == [0, 3, 1])
    // Where the alphabet has them, they are characters like any other: carriage return 6, byte order mark 7.
    #expect(try classes("\u{FEFF}a\r\nb\r\n", ["alphabet": Self.alphabet + "\r\u{FEFF}"]) == [7, 0, 6, 3, 1, 6])
  }

  @Test func anUnknownCharacterIsAnErrorWithItsPlaceOrWhatStandsForAllOfThem() throws {
    #expect(try classes("axb\u{7}", ["unknown": "é"]) == [0, 2, 1, 2])
    expectRefusal("file: the character 'x' (U+0078) at line 2, column 3 is not in the alphabet") { _ = try classes("a\nb x") }
    expectRefusal("file: the character U+0009 at line 1, column 1 is not in the alphabet") { _ = try classes("\ta") }
    // An e and a combining accent are two scalars.
    expectRefusal("file: the character 'e' (U+0065) at line 1, column 1 is not in the alphabet") { _ = try classes("e\u{301}") }
    expectRefusal("file: the character U+000D at line 1, column 2 is not in the alphabet") { _ = try classes("a\rb") }
  }

  @Test func whatIsNoTextIsRefused() throws {
    for empty in ["", "\n", "\u{FEFF}\r\n"] { expectRefusal("file: it holds no text") { _ = try classes(empty) } }
    expectRefusal("file: it is not UTF-8 text: its byte 2 cannot stand there") {
      _ = try codec().decode([0x61, 0x62, 0xFF, 0x61], port: [-1], .i32)
    }
    // A character cut short.
    expectRefusal("file: it is not UTF-8 text: its byte 1 cannot stand there") { _ = try codec().decode([0x61, 0xC3], port: [-1], .i32) }
  }

  @Test func anAlphabetThatMakesNoSenseIsExplained() throws {
    expectRefusal("file: 'alphabet' must hold the characters in the order of their classes, but it is empty") {
      _ = try classes("a", ["alphabet": ""])
    }
    expectRefusal("file: 'alphabet' has the character 'a' (U+0061) twice, as class 0 and as class 2") {
      _ = try classes("a", ["alphabet": "aba"])
    }
    for unknown in ["", "x", "ab"] {
      expectRefusal("file: 'unknown' must be one character of 'alphabet'") { _ = try classes("a", ["unknown": unknown]) }
    }
  }

  @Test func classesBecomeText() throws {
    let text = tensor([1, 4], [1, 4, 2, 5] as [Int64], .i64)
    #expect(try codec().text(text) == "b é\u{1F600}")
    #expect(try codec().text(text, as: .json) == "\"b é\u{1F600}\"")
    #expect(try codec().text(text, as: .file) == "b é\u{1F600}\n")
    #expect(try codec().text(tensor([], [3] as [Int32], .i32)) == "\n")
    #expect(try codec().text(tensor([1, 0], [] as [Int32], .i32)) == "")
  }

  @Test func severalTextsAreLinesOfTheirOwn() throws {
    let texts = tensor([2, 2], [0, 1, 1, 2] as [Int32], .i32)
    #expect(try codec().text(texts) == "ab\nbé")
    #expect(try codec().text(texts, as: .json) == #"["ab","bé"]"#)
  }

  @Test func whatIsWrittenIsReadAsItWas() throws {
    let text = tensor([3], [1, 3, 3] as [Int32], .i32)
    let read = try codec().decode(codec().encode(text), port: [-1], .i32)
    #expect(read.bytes.withMemoryRebound(to: Int32.self) { Array($0) } == [1, 3, 3])
  }

  @Test func classesWithoutCharactersAreRefused() throws {
    for wrong in [-1, 6] as [Int32] {
      expectRefusal("out: there is no class \(wrong): the alphabet has 6 characters") { _ = try codec().text(tensor([1], [wrong], .i32)) }
    }
    expectRefusal("out: text is made of classes of i32 or i64, not of [1]") { _ = try codec().text(tensor([1], [1] as [Float])) }
  }

  // MARK: Words

  // Classes: - 0, ? 1, the 2, man 3, man's 4, über 5.
  private static let words = "-\n?\nthe\nman\nman's\nüber\n"

  private func wordCodec(_ attributes: [String: String] = [:]) throws -> CodecRun {
    var object = JSONObject()
    object["words"] = JSON(.string(Self.words))
    for (name, value) in attributes { object[name] = JSON(.string(value)) }
    return try CodecRun("text", JSON(.object(object)))
  }

  @Test func runsOfLettersAreWordsInLowerCase() throws {
    for text in ["The man's ÜBER, the-man", "  the\n\u{201C}man\u{2019}s\u{201D} 'über' THE 3 man''\n"] {
      let read = try wordCodec().decode(Array(text.utf8), port: [1, -1], .i64)
      #expect(read.spec == Spec([1, 5], .i64))
      #expect(read.bytes.withMemoryRebound(to: Int64.self) { Array($0) } == [2, 4, 5, 2, 3])
    }
  }

  @Test func anUnknownWordIsAnErrorOrWhatStandsForAllOfThem() throws {
    expectRefusal("file: the word 'woman' is not in the vocabulary") { _ = try wordCodec().decode(Array("the woman".utf8)) }
    let read = try wordCodec(["unknown": "?"]).decode(Array("the woman".utf8))
    #expect(read.bytes.withMemoryRebound(to: Int32.self) { Array($0) } == [2, 1])
    expectRefusal("file: 'unknown' must be one of 'words', but 'x' is not") {
      _ = try wordCodec(["unknown": "x"]).decode(Array("the".utf8))
    }
    for empty in ["", "1 2 3!", "\n"] {
      expectRefusal("file: it holds no words") { _ = try wordCodec().decode(Array(empty.utf8)) }
    }
  }

  @Test func classesBecomeWords() throws {
    #expect(try wordCodec().text(tensor([1, 3], [2, 4, 5] as [Int64], .i64)) == "the man's über")
    expectRefusal("out: there is no class 6: the vocabulary has 6 words") {
      _ = try wordCodec().text(tensor([1], [6] as [Int32], .i32))
    }
  }

  @Test func aVocabularyThatMakesNoSenseIsExplained() throws {
    for (attributes, message) in [
      ([:], "text needs either an 'alphabet' or 'words'"),
      (["alphabet": "ab", "words": "a"], "text has either an 'alphabet' or 'words', not both"),
      (["words": "\n"], "'words' must hold the words in the order of their classes, one a line, but it is empty"),
      (["words": "a\nb\na"], "'words' has 'a' twice, as class 0 and as class 2"),
    ] as [(JSON, String)] {
      expectRefusal("file: \(message)") { _ = try CodecRun("text", attributes).decode(Array("a".utf8)) }
    }
  }
}
