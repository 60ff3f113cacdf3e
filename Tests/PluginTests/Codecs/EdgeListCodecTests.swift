import Testing
import ZooRuntime
import ZooTypes

/// Lists of edges, and tables whose columns have names and words.
struct EdgeListCodecTests {
  private func numbers(_ tensor: TensorBuffer) -> [Int64] { Array(tensor.bytes.bindMemory(to: Int64.self)) }

  @Test func sourcesAndTargetsAreRows() throws {
    let text = Array("# source target weight\n0 1 0.5\n2 0 0.25\n\n1 2 4\n".utf8)
    let edges = try CodecRun("edges").decode(text, port: [2, -1], .i64)
    #expect(edges.spec == Spec([2, 3], .i64))
    #expect(numbers(edges) == [0, 2, 1, 1, 0, 2])
    let narrow = try CodecRun("edges").decode(text, port: [2, -1], .i32)
    #expect(Array(narrow.bytes.bindMemory(to: Int32.self)) == [0, 2, 1, 1, 0, 2])
    #expect(String(decoding: try CodecRun("edges").encode(edges), as: UTF8.self) == "0 1\n2 0\n1 2\n")
  }

  @Test func edgesWithoutDirectionsGoBothWaysAndNodesMayBeCountedFromOne() throws {
    let codec = try CodecRun("edges", ["first": 1, "both_ways": true])
    let edges = try codec.decode(Array("1,2\n3,1\n".utf8), port: [2, -1], .i64)
    #expect(numbers(edges) == [0, 2, 1, 0, 1, 0, 0, 2])
  }

  @Test func whatIsNoEdgeIsRefused() throws {
    expectRefusal("file: edge 2 is from -1 to 3, but nodes are counted from 0") {
      _ = try CodecRun("edges").decode(Array("0 1\n-1 3\n".utf8), port: [2, -1], .i64)
    }
    expectRefusal("file: edges become i32 or i64, but the port takes f32") {
      _ = try CodecRun("edges").decode(Array("0 1\n".utf8), port: [2, -1])
    }
    expectRefusal("file: there is no column 1: the table has 1, the first of which is 0") {
      _ = try CodecRun("edges").decode(Array("0\n1\n".utf8), port: [2, -1], .i64)
    }
    expectRefusal("file: line 1, column 1: 'a' is not a number") {
      _ = try CodecRun("edges").decode(Array("a b\n".utf8), port: [2, -1], .i64)
    }
    expectRefusal("file: line 1, column 1: i64 cannot hold 0.5") {
      _ = try CodecRun("edges").decode(Array("0.5 1\n".utf8), port: [2, -1], .i64)
    }
  }

  @Test func columnsHaveNamesAndFieldsMayBeWords() throws {
    let text = Array("\"the \"\"size\"\"\",kind,n\n1.5,b,7\n2.5,a,8\n".utf8)
    #expect(try CodecRun("csv", ["key": "n, the \"size\""]).decode(text, port: [-1, 2]).floats == [7, 1.5, 8, 2.5])
    let kinds = try CodecRun("csv", ["key": "kind", "classes": "a\nb"]).decode(text, port: [-1], .i64)
    #expect(numbers(kinds) == [1, 0])
    expectRefusal("file: the first row names no column 'm'") { _ = try CodecRun("csv", ["key": "m"]).decode(text, port: [-1]) }
    expectRefusal("file: line 3, column 2: 'a' is neither a number nor a known word") {
      _ = try CodecRun("csv", ["key": "kind", "classes": "b"]).decode(text, port: [-1], .i64)
    }
    expectRefusal("file: columns are read by 'key' or by 'columns', not by both") {
      _ = try CodecRun("csv", ["key": "n", "columns": [0]]).decode(text, port: [-1])
    }
  }
}
