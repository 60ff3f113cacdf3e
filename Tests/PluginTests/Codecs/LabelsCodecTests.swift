import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

struct LabelsCodecTests {
  private let probabilities = tensor([1, 4], [0.125, 0.75, 0.0625, 0.0625] as [Float])

  @Test func theLikeliestAreShownFirstAndOfEqualsTheFirst() throws {
    #expect(try CodecRun("labels").text(probabilities) == "1   75.00 %\n0   12.50 %\n2    6.25 %\n")
    #expect(try CodecRun("labels", ["top": 1]).text(probabilities) == "1   75.00 %\n")
    #expect(try CodecRun("labels", ["top": 9]).text(probabilities) == "1   75.00 %\n0   12.50 %\n2    6.25 %\n3    6.25 %\n")
  }

  @Test("names are separated by commas or lines", arguments: ["cat, dog,a bee,fly", "cat\ndog\r\na bee\n  fly\n"])
  func names(_ names: String) throws {
    let codec = try CodecRun("labels", ["names": JSON(.string(names))])
    #expect(try codec.text(probabilities) == "dog     75.00 %\ncat     12.50 %\na bee    6.25 %\n")
  }

  @Test func namesWithCommasStandOnLinesOfTheirOwn() throws {
    let codec = try CodecRun("labels", ["names": "tench, fish\nbird", "top": 1])
    #expect(try codec.text(tensor([2], [1, 0] as [Float])) == "tench, fish  100.00 %\n")
  }

  @Test func severalItemsAreNumbered() throws {
    let batch = tensor([2, 2], [0.25, 0.75, 1, 0] as [Float])
    #expect(
      try CodecRun("labels", ["names": "no,yes", "top": 2]).text(batch)
        == "0  yes   75.00 %\n   no    25.00 %\n1  no   100.00 %\n   yes    0.00 %\n")
  }

  @Test func logitsBecomeProbabilities() throws {
    // e^1 / (e^1 + e^3) = 1 / (1 + e^2) = 0.11920292202211755
    let codec = try CodecRun("labels", ["logits": true])
    #expect(try codec.text(tensor([1, 2], [1, 3] as [Float])) == "1   88.08 %\n0   11.92 %\n")
    #expect(try codec.text(tensor([1, 3], [1000, -1000, 1000] as [Float])) == "0   50.00 %\n2   50.00 %\n1    0.00 %\n")
    let json = try JSONDocument(codec.encode(tensor([1, 2], [1, 3] as [Float]), as: .json), file: "labels").root
    #expect(json.array?.last?["probability"]?.number == 0.11920292)
  }

  @Test func whatIsNoNumberComesLast() throws {
    #expect(try CodecRun("labels").text(tensor([1, 3], [.nan, 0.25, 0.5] as [Float])) == "2   50.00 %\n1   25.00 %\n0     nan %\n")
  }

  @Test func jsonHasNamesIndicesAndProbabilities() throws {
    let codec = try CodecRun("labels", ["names": "a,\"b\",c,d", "top": 2])
    let first = #"[{"label":"\"b\"","index":1,"probability":0.75},{"label":"a","index":0,"probability":0.125}]"#
    #expect(try codec.text(probabilities, as: .json) == first)
    let batch = tensor([2, 4], probabilities.floats + probabilities.floats)
    #expect(try codec.text(batch, as: .json) == "[\(first),\(first)]")
    // No more digits than an f32 has.
    #expect(
      try CodecRun("labels").text(tensor([1, 1], [0.1] as [Float]), as: .json) == #"[{"label":"0","index":0,"probability":0.1}]"#)
  }

  @Test func aFileIsATable() throws {
    let codec = try CodecRun("labels", ["names": "a;b\n\"c\"\nd\ne", "top": 2])
    #expect(
      try codec.text(probabilities, as: .file) == "item,label,index,probability\n0,\"\"\"c\"\"\",1,0.75\n0,\"a;b\",0,0.125\n")
  }

  @Test func indicesAreNamed() throws {
    let codec = try CodecRun("labels", ["names": "zero,one,two"])
    #expect(try codec.text(tensor([3], [2, 0, 1] as [Int64], .i64)) == "0  two\n1  zero\n2  one\n")
    #expect(try codec.text(tensor([1], [2] as [Int32], .i32)) == "two\n")
    #expect(try codec.text(tensor([1], [2] as [Int32], .i32), as: .json) == #"[{"label":"two","index":2}]"#)
    #expect(try CodecRun("labels").text(tensor([1], [-7] as [Int32], .i32)) == "-7\n")
    expectRefusal("out: class 3 has no name: 'names' has 3") { _ = try codec.text(tensor([1], [3] as [Int64], .i64)) }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    expectRefusal("out: 'names' has 2 names, but there are 4 classes") { _ = try CodecRun("labels", ["names": "a,b"]).text(probabilities) }
    expectRefusal("out: labels are made of [N, classes], but the tensor is [1, 1, 1]") {
      _ = try CodecRun("labels").text(tensor([1, 1, 1], [1] as [Float]))
    }
    expectRefusal("out: labels are made of [N, classes], but the tensor is [1, 0]") {
      _ = try CodecRun("labels").text(tensor([1, 0], [] as [Float]))
    }
    expectRefusal("out: labels are made of f32, i32 or i64, not of u8 [1]") {
      _ = try CodecRun("labels").text(tensor([1], [UInt8(1)], .u8))
    }
    expectRefusal("file: this codec does not read files") { _ = try CodecRun("labels").decode([]) }
  }
}
