import Testing
import ZooFormats
import ZooRuntime
import ZooTypes

/// From JSON to the attributes that a kind declares.
struct AttributeReaderTests {
  let attributes = FakeCatalog().kind("core.every")?.attributes ?? []

  func read(_ json: JSON) throws(ManifestError) -> [AttributeLiteral] {
    try AttributeReader(.node(path: "n", kind: "core.every")) { _ in Place(file: "m.json", pointer: "/n") }.read(attributes, from: json)
  }

  @Test func whatIsNotGivenHasItsDefault() throws {
    #expect(
      try read([:]) == [
        .boolean(false), .integer(1), .real(0.5), .text("mean"), .absent, .integers([1]), .text("valid"), .absent, .absent,
      ])
  }

  @Test func valuesAreConverted() throws {
    let all: JSON = [
      "flag": true, "count": 9, "ratio": 3, "mode": "sum", "title": "t", "sizes": [2, 3], "padding": [1, 2], "scales": [1, 0.5],
      "below": -7,
    ]
    #expect(
      try read(all) == [
        .boolean(true), .integer(9), .real(3), .text("sum"), .text("t"), .integers([2, 3]), .integers([1, 2]), .reals([1, 0.5]), .real(-7),
      ])
  }

  @Test(
    arguments: [
      ("count", 3.0, 1, .integer(3)), ("sizes", 5, 5, .integers([5])), ("sizes", [], 5, .integers([])),
      ("padding", "same", 6, .text("same")),
      ("padding", 2, 6, .integers([2])), ("scales", 2, 7, .reals([2])), ("title", ["one", "two"], 4, .text("one\ntwo")),
      ("title", nil, 4, .absent),
    ] as [(String, JSON, Int, AttributeLiteral)])
  func shorterWaysToSayItAreFine(_ name: String, _ value: JSON, _ index: Int, _ expected: AttributeLiteral) throws {
    var object = JSONObject()
    object[name] = value
    #expect(try read(JSON(.object(object)))[index] == expected)
  }

  @Test(
    arguments: [
      ("flag", 1, "must be true or false, but it is 1", "write true or false, without quotes"),
      ("flag", nil, "must be true or false, but it is null", "write true or false, without quotes"),
      ("count", 2.5, "must be a whole number, but it is 2.5", "write a number without a fraction, such as 3"),
      ("count", 10, "must be from 0 to 9, but it is 10", "choose a number that is from 0 to 9"),
      ("count", [1], "must be a whole number, but it is [1]", "write a number without a fraction, such as 3"),
      ("ratio", "1", #"must be a number, but it is "1""#, "write a number, such as 0.5"),
      ("ratio", -0.5, "must be at least 0, but it is -0.5", "choose a number that is at least 0"),
      ("below", 2, "must be at most 1, but it is 2", "choose a number that is at most 1"),
      ("mode", "maen", "cannot be 'maen'", "did you mean 'mean'?"),
      ("mode", "average", "cannot be 'average'", "it can be mean, sum, none"),
      ("title", 5, "must be text, but it is 5", "write text in double quotes"),
      ("sizes", [1, 2.5], "must be a list of whole numbers, but it is [1,2.5]", "write a list such as [1, 2], or one whole number"),
      ("sizes", [1, 65], "must be from 1 to 64, but it is 65", "choose a number that is from 1 to 64"),
      ("sizes", "same", #"must be a list of whole numbers, but it is "same""#, "write a list such as [1, 2], or one whole number"),
      ("padding", "smae", "cannot be 'smae'", "did you mean 'same'?"),
      (
        "padding", [true], "must be a list of numbers or one of 'same', 'valid', but it is [true]",
        "write a list such as [1, 2], or one of the words"
      ),
      ("scales", [[1]], "must be a list of numbers, but it is [[1]]", "write a list such as [0.5, 2], or one number"),
    ] as [(String, JSON, String, String)])
  func otherValuesAreErrors(_ name: String, _ value: JSON, _ message: String, _ help: String) {
    var object = JSONObject()
    object[name] = value
    let error = #expect(throws: ManifestError.self) { try read(JSON(.object(object))) }
    #expect(error?.message == "m.json: at /n: attribute '\(name)' of node 'n' (core.every) \(message)")
    #expect(error?.help == help)
  }

  @Test func longValuesAreShortenedInMessages() {
    let error = #expect(throws: ManifestError.self) { try read(["count": JSON(.string(String(repeating: "x", count: 1000)))]) }
    #expect(error?.message.hasSuffix("but it is \"" + String(repeating: "x", count: 36) + "...") ?? false)
  }
}
