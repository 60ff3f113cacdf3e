import Testing
import ZooFormats

/// Files that are JSON, and files that are not.
struct JSONParserTests {
  /// A text that is not JSON, with what is said about it.
  struct Case: Sendable {
    let text: String
    let message: String
    let help: String

    init(_ text: String, _ message: String, _ help: String) {
      (self.text, self.message, self.help) = (text, message, help)
    }
  }

  /// A generator with a seed, so that a failure can be repeated.
  struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  func parse(_ text: String) throws -> JSON { try JSONDocument(Array(text.utf8), file: "m.json").root }

  @Test func everyKindOfValueIsRead() throws {
    let root = try parse(#" {"a": null, "b": [true, false], "c": -12, "d": 0.5e2, "e": "x", "f": {}, "g": []} "#)
    #expect(root == ["a": nil, "b": [true, false], "c": -12, "d": 50.0, "e": "x", "f": JSON(.object(JSONObject())), "g": []])
    #expect(root.object?.names == ["a", "b", "c", "d", "e", "f", "g"])
  }

  @Test(arguments: [
    ("0", JSON.Content.integer(0)), ("-1", .integer(-1)),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
    ("123456789012345678901234567890", .number(123456789012345678901234567890.0)),
    ("1.5", .number(1.5)), ("1e3", .number(1000)), ("1E-2", .number(0.01)), ("2e+1", .number(20)), ("0.1", .number(0.1)),
    ("1e-999", .number(0)), ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
  ])
  func numbersKeepWhetherTheyAreIntegers(_ text: String, _ expected: JSON.Content) throws {
    #expect(try parse(text).content == expected)
  }

  @Test func minusZeroKeepsItsSign() throws {
    #expect(try parse("-0").number?.sign == .minus)
    #expect(try parse("-0.0").number?.sign == .minus)
  }

  @Test func wholeNumbersInAnyNotationAreIntegers() throws {
    #expect(try parse("3.0").integer == 3)
    #expect(try parse("3e2").integer == 300)
    #expect(try parse("3.5").integer == nil)
    #expect(try parse("1e300").integer == nil)
  }

  @Test(arguments: [
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u4e2d""#, "Aé中"), (#""\ud83d\ude00 \uD83D\uDE00""#, "😀 😀"),
    (#""é\u00e9é""#, "ééé"), (#""\u0000""#, "\0"), (#""\uffff\udbff\udfff""#, "\u{ffff}\u{10ffff}"),
  ])
  func textIsUnescaped(_ json: String, _ expected: String) throws {
    #expect(try parse(json).string == expected)
  }

  @Test func aByteOrderMarkIsIgnored() throws {
    #expect(try JSONDocument([0xEF, 0xBB, 0xBF, UInt8(ascii: "7")], file: "m.json").root.position == JSONPosition(line: 1, column: 1))
  }

  @Test func objectsWithManyMembersAreFoundByName() throws {
    let text = "{" + (0..<1000).map { "\"name \($0)\": \($0)" }.joined(separator: ",") + "}"
    let root = try parse(text)
    for i in 0..<1000 { #expect(root["name \(i)"]?.integer == i) }
    #expect(root["name 1000"] == nil)
  }

  @Test func nestingUpToTheLimitIsRead() throws {
    var json = try parse(String(repeating: "[", count: 200) + String(repeating: "]", count: 200))
    for _ in 1..<200 { json = try #require(json.array?.first) }
    #expect(json == [])
  }

  /// Exactly what is printed, for every way in which bytes are not JSON.
  @Test(arguments: [
    Case("", "1:1: expected a value, found the end of the file", cutShort),
    Case("[1", "1:3: expected ',' or ']' after an element, found the end of the file", cutShort),
    Case("{\n \"a\": 1\n]", "3:1: expected ',' or '}' after a member, found ']'", betweenMembers),
    Case("[1 2]", "1:4: expected ',' or ']' after an element, found a number", betweenElements),
    Case("[1, ]", "1:5: expected a value, found ']'", trailingComma),
    Case(#"{"a": 1,}"#, "1:9: expected a name in double quotes, found '}'", trailingComma),
    Case("{a: 1}", "1:2: expected a name in double quotes or '}', found 'a'", memberName),
    Case("{'a': 1}", "1:2: expected a name in double quotes or '}', found '''", doubleQuotes),
    Case("['a']", "1:2: expected a value or ']', found '''", doubleQuotes),
    Case(#"{"a" 1}"#, "1:6: expected ':' after a name, found a number", "members look like \"name\": value"),
    Case(#"{"a": }"#, "1:7: expected a value, found '}'", aValue),
    Case("[} ]", "1:2: expected a value or ']', found '}'", aValue),
    Case("truest", "1:1: expected a value, found 'truest'", aValue),
    Case("é", "1:1: expected a value, found 'é'", aValue),
    Case("\u{1}", "1:1: expected a value, found the control character 1", aValue),
    Case("1 // one", "1:3: expected nothing after the document's value, found '/'", comments),
    Case("{} \"x\"", "1:4: expected nothing after the document's value, found text", oneValue),
    Case("[True]", "1:2: expected a value or ']', found 'True'", "JSON writes true, false and null"),
    Case("[1, NaN]", "1:5: expected a value, found 'NaN'", "JSON has finite numbers only"),
    Case("[\"a\n\"]", "1:2: text without a closing '\"' on its line", closingQuote),
    Case("[\"\\na", "1:2: text without a closing '\"' on its line", closingQuote),
    Case("\"a\tb\"", "1:3: a bare tab inside text", "write it as \\t"),
    Case("\"\u{1f}\"", "1:2: a bare control character 0x1f inside text", "write it as \\u001f"),
    Case(#""é\x""#, "1:3: '\\x' is no escape", escapes),
    Case(#""\u12g4""#, "1:2: '\\u12g' is no escape", escapes),
    Case(#""\ud83d""#, "1:2: '\\ud83d' is half of a surrogate pair", bothHalves),
    Case(#""\udc00""#, "1:2: '\\udc00' is half of a surrogate pair", bothHalves),
    Case(#""\ud83dA""#, "1:2: '\\ud83d' is half of a surrogate pair", bothHalves),
    Case(#""\ud83d\u0041""#, "1:2: '\\ud83d' is half of a surrogate pair", bothHalves),
    Case("[012]", "1:2: '012' is not how JSON writes a number", numbers),
    Case("1e400", "1:1: the number 1e400 is too large for 64 bits", "the largest number is about 1.8e308"),
    Case("{\"a\": 1,\n \"\\u0061\": 2}", "2:2: 'a' stands twice in one object, first at 1:2", "take one of the two away"),
    Case(String(repeating: "[", count: 201), "1:201: lists and objects are nested more than 200 deep", tooDeep),
  ])
  func errorsSayWhereAndWhat(_ it: Case) {
    let error = #expect(throws: JSONError.self) { try parse(it.text) }
    #expect(error?.message == "m.json:" + it.message)
    #expect(error?.help == it.help)
  }

  @Test(arguments: ["-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "00", "-01", "0x10", "1_000", "1.2.3", "--1", "1a"])
  func otherWaysToWriteNumbersAreErrors(_ text: String) {
    let error = #expect(throws: JSONError.self) { try parse("[\(text)]") }
    #expect(error?.problem == .number(text))
    #expect(error?.place.column == 2)
  }

  // By RFC 3629: a lone continuation byte, an overlong '/', a surrogate, beyond U+10FFFF, a cut sequence, a byte never used.
  @Test(arguments: [[0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE4, 0xB8], [0xFF]] as [[UInt8]])
  func textThatIsNotUTF8IsAnError(_ bad: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    for tail in [[], Array("\\n".utf8)] as [[UInt8]] {
      let error = #expect(throws: JSONError.self) {
        try JSONDocument([quote] + Array("é".utf8) + bad + tail + [quote], file: "m.json")
      }
      #expect(error?.problem == .notUTF8(bad[0]))
      #expect(error?.message == "m.json:1:3: byte 0x\(String(bad[0], radix: 16)) is not UTF-8")
    }
  }

  @Test func truncationsAndRandomChangesNeverCrash() throws {
    let valid = Array(
      #"{"a é": [1, -2.5e3, "x\ud83d\ude00\n", {"b": {}, "c": [[], null, true]}], "d": "中\u00e9", "e": 12345678901234567890}"#.utf8)
    _ = try JSONDocument(valid, file: "m.json")
    for length in 0..<valid.count { #expect(throws: JSONError.self) { try JSONDocument(Array(valid[..<length]), file: "m.json") } }
    var generator = SplitMix64(state: 1)
    for _ in 0..<20_000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? JSONDocument(bytes, file: "m.json")
    }
  }

  // 1,000 tensors as safetensors lists them, which is about 100 KB. A millisecond is the aim; the bound leaves room for a busy machine.
  @Test func aLargeHeaderIsReadFast() throws {
    let entries = (0..<1000).map {
      #""model.layers.\#($0).self_attention.query.weight":{"dtype":"F32","shape":[768,768],"data_offsets":[\#($0 * 2_359_296),\#(($0 + 1) * 2_359_296)]}"#
    }
    let bytes = Array("{\(entries.joined(separator: ","))}".utf8)
    #expect(bytes.count > 100_000)
    let clock = ContinuousClock()
    let best = try (0..<10).map { _ in try clock.measure { _ = try JSONDocument(bytes, file: "h") } }.min()
    #expect(try #require(best) < .milliseconds(10))
  }
}

private let cutShort = "the file is empty or cut short: look for a bracket that is never closed"
private let betweenMembers = "a ',' stands between the members of an object, a '}' ends it"
private let betweenElements = "a ',' stands between the elements of a list, a ']' ends it"
private let trailingComma = "JSON has no ',' after the last one: take it away"
private let memberName = "members look like \"name\": value, with the name in double quotes"
private let doubleQuotes = "JSON writes text in double quotes"
private let aValue = "a value is an object, a list, text in double quotes, a number, true, false or null"
private let comments = "JSON has no comments; manifests have \"about\" for remarks"
private let oneValue = "a file has one value; look for a bracket that closes too early"
private let closingQuote = "close it with '\"'; inside text, a quote is written \\\" and a line break \\n"
private let escapes = #"the escapes are \" \\ \/ \b \f \n \r \t and \u with four hexadecimal digits"#
private let bothHalves = #"write both halves, as in \ud83d\ude00, or the character itself"#
private let numbers = "numbers look like 12, -0.5 or 1e-3: no plus sign, no leading zeros, digits on both sides of the point"
private let tooDeep = "no real file is nested like this; is it damaged?"
