import Testing
import ZooFormats

struct JSONDocumentTests {
  @Test func everyValueKnowsItsPlace() throws {
    let text = """
      { "graph": [
          { "layer": "core.dense", "a/b~": [10, [20]] }, 7 ],
        "é": "ö", "last": null }
      """
    let document = try JSONDocument(Array(text.utf8), file: "m.json")
    let graph = try #require(document.root["graph"]?.array)
    let inner = try #require(graph[0]["a/b~"]?.array?[1].array?[0])
    #expect(document.place(of: document.root) == Place(file: "m.json", pointer: "", line: 1, column: 1))
    #expect(document.place(of: graph[0]) == Place(file: "m.json", pointer: "/graph/0", line: 2, column: 5))
    #expect(document.place(of: inner) == Place(file: "m.json", pointer: "/graph/0/a~1b~0/1/0", line: 2, column: 44))
    #expect(document.place(of: graph[1]) == Place(file: "m.json", pointer: "/graph/1", line: 2, column: 52))
    // Columns count characters, not bytes: 'é' and 'ö' have two bytes each.
    let last = try #require(document.root["last"])
    #expect(document.place(of: last) == Place(file: "m.json", pointer: "/last", line: 3, column: 21))
    let member = try #require(document.root.object?.members.last)
    #expect(document.place(of: member) == Place(file: "m.json", pointer: "/last", line: 3, column: 13))
  }

  @Test func placesReadAsMessagesBegin() {
    #expect("\(Place(file: "m.json", pointer: "/graph/3", line: 31, column: 5))" == "m.json:31:5: at /graph/3")
    #expect("\(Place(file: "m.json", line: 1, column: 1))" == "m.json:1:1")
    #expect("\(Place(file: "m.json", pointer: "/graph/3"))" == "m.json: at /graph/3")
    #expect("\(Place(file: "m.json"))" == "m.json")
  }

  @Test func aValueFromElsewhereGetsTheFileAlone() throws {
    let document = try JSONDocument(Array("[1]".utf8), file: "m.json")
    #expect(document.place(of: 3) == Place(file: "m.json"))
  }

  @Test func aSpanIsReadLikeAnArray() throws {
    let bytes = Array("[1, 2]".utf8)
    #expect(try JSONDocument(bytes.span, file: "m.json").root == [1, 2])
  }
}
