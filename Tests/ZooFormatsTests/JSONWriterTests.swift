import Testing
import ZooFormats

struct JSONWriterTests {
  let sample: JSON = [
    "name": "a\"\\\n\u{1}é", "list": [1, 2.5, nil, true], "deep": [["a": [[], [1]]], 3], "none": [], "empty": JSON(.object(JSONObject())),
  ]

  @Test func compactHasNoSpace() {
    #expect(
      sample.text()
        == #"{"name":"a\"\\\n\u0001é","list":[1,2.5,null,true],"deep":[{"a":[[],[1]]},3],"none":[],"empty":{}}"#)
  }

  @Test func prettyIndentsByTwoAndKeepsListsOfScalarsTogether() {
    #expect(
      sample.text(.pretty) == #"""
        {
          "name": "a\"\\\n\u0001é",
          "list": [1, 2.5, null, true],
          "deep": [
            {
              "a": [
                [],
                [1]
              ]
            },
            3
          ],
          "none": [],
          "empty": {}
        }
        """#)
  }

  @Test func prettyBreaksLongLists() {
    let text = JSON(.array((0..<40).map { JSON(.integer($0)) })).text(.pretty)
    #expect(text.hasPrefix("[\n  0,\n  1,\n"))
    #expect(text.hasSuffix(",\n  39\n]"))
  }

  @Test func numbersJSONCannotExpressBecomeNull() {
    #expect(JSON(.array([JSON(.number(.nan)), JSON(.number(.infinity)), JSON(.number(-.infinity))])).text() == "[null,null,null]")
  }

  @Test(arguments: [0.1, 1e23, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 1 / 3.0, -0.0, 100, 1e-7, 123456789.125])
  func numbersReadBackAsTheSame(_ number: Double) throws {
    let text = JSON(.number(number)).text()
    #expect(try JSONDocument(Array(text.utf8), file: "w").root.number?.bitPattern == number.bitPattern)
  }

  @Test func whatIsWrittenReadsBack() throws {
    for style in [JSON.Style.compact, .pretty] {
      #expect(try JSONDocument(Array(sample.text(style).utf8), file: "w").root == sample)
    }
  }

  @Test func membersKeepTheirOrderThroughChanges() {
    var object = JSONObject()
    for i in 0..<20 { object["k\(i)"] = JSON(.integer(i)) }
    object["k3"] = nil
    object["k5"] = "five"
    object["k3"] = "again"
    #expect(object.names == (0..<20).filter { $0 != 3 }.map { "k\($0)" } + ["k3"])
    #expect(object["k5"] == "five" && object["k19"] == 19 && object["k3"] == "again" && object["k20"] == nil)
  }
}
