import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Which rows are trained on, validated on and tested on.
struct DataPartTests {
  private static let x = #""x": {"shape": ["N", 1]}"#

  private func job(_ values: [Int], _ data: String, seed: Int = 0) throws -> TrainingJob {
    let data = #""inputs": {"x": {"values": \#(values.map { [$0] })}}\#(data)"#
    return try trainingJob(DataModels.sum(Self.x, data: data, #""seed": \#(seed)"#))
  }

  private func parts(_ values: [Int], _ data: String, seed: Int = 0) throws -> DataParts { try job(values, data, seed: seed).parts }

  private func equalRows(_ values: [Int], _ data: String) throws -> Int { try job(values, data).equalRows() }

  private func all(_ parts: DataParts) -> [[Int64]] { [parts.training, parts.validation, parts.test] }

  @Test func rangesAreTakenAsTheyAreAndTheRestIsTrainedOn() throws {
    let parts = try parts(Array(0..<10), #", "validation": [2, 4], "test": [8, 10]"#)
    #expect(all(parts) == [[0, 1, 4, 5, 6, 7], [2, 3], [8, 9]])
  }

  @Test func sharesAreDrawnAndNoRowIsInTwoParts() throws {
    let parts = try parts(Array(0..<2000), #", "train": 0.7, "validation": 0.2, "test": 0.1"#)
    #expect(all(parts).joined().sorted() == Array(0..<2000))
    // The binomial deviation of 2000 draws at 0.7 is 20.5, at 0.1 it is 13.4: four of them.
    #expect((parts.training.count - 1400).magnitude < 82)
    #expect((parts.test.count - 200).magnitude < 54)
    #expect(parts.validation != Array(parts.validation.first!..<parts.validation.first! + Int64(parts.validation.count)))
  }

  @Test func theSeedDrawsThem() throws {
    let shares = #", "validation": 0.3"#
    let values = Array(0..<100)
    #expect(try all(parts(values, shares)) == all(parts(values, shares)))
    #expect(try all(parts(values, shares, seed: 1)) != all(parts(values, shares)))
  }

  @Test func rowsThatAreAddedMoveNoOther() throws {
    let shares = #", "train": 0.6, "validation": 0.2, "test": 0.2"#
    let few = try parts(Array(100..<200), shares)
    // 50 more in front, and 50 behind.
    let many = try parts(Array(50..<250), shares)
    for (before, after) in zip(all(few), all(many)) { #expect(Set(after).isSuperset(of: before.map { $0 + 50 })) }
  }

  @Test func equalRowsAreInOnePart() throws {
    let values = (0..<400).map { $0 % 40 }
    let parts = try parts(values, #", "validation": 0.4"#)
    let seen = all(parts).map { Set($0.map { values[Int($0)] }) }
    #expect(seen[0].isDisjoint(with: seen[1]))
    #expect(!seen[0].isEmpty && !seen[1].isEmpty)
  }

  // Rows 6 and 7 equal rows 0 and 1, and row 9 equals row 6, which is not trained on.
  @Test func equalRowsThatRangesSeparateAreCounted() throws {
    let values = [0, 1, 2, 3, 4, 5, 0, 1, 8, 9, 9]
    #expect(try equalRows(values, #", "train": [0, 6], "validation": [6, 8], "test": [8, 11]"#) == 2)
    #expect(try equalRows(values, #", "train": [0, 6], "validation": [8, 11]"#) == 0)
    #expect(try equalRows(values, #", "validation": 0.4"#) == 0)
  }

  @Test func shareOfNothingThatIsLeftIsAnError() {
    #expect(
      throws: DatasetError.emptyPart("validation", count: 2), performing: { try parts([1, 2], #", "validation": 0.0001"#) })
    let error = DatasetError.emptyPart("validation", count: 2)
    #expect(error.message == "no row is for the validation part, of 2 in all")
    #expect(error.help == "give more data or a larger share; \"stratify\" deals out exact shares")
  }

  @Test func overlappingRangesAreAnError() throws {
    let error = try #require(throws: DatasetError.self) { _ = try parts(Array(0..<10), #", "train": [0, 6], "test": [5, 10]"#) }
    #expect(error.message == "row 5 is both a training and a test row")
    #expect(error.help == "change the ranges in the manifest's train.data: what is tested on must not be trained on")
  }

  @Test func sharesOfMoreThanEverythingAreAnError() throws {
    let error = try #require(throws: DatasetError.self) { _ = try parts(Array(0..<10), #", "train": 0.75, "test": 0.5"#) }
    #expect(error.message == "the shares of the parts make up 1.25 together")
    #expect(error.help == "give train, validation and test shares that make up 1 at most")
  }

  // 30 rows of label 0 and 10 of label 1: 60 % of each are 18 and 6, 20 % are 6 and 2.
  @Test func stratifiedLabelsAreDealtOutExactly() throws {
    let values = (0..<40).map { "[\($0)]" }.joined(separator: ","), labels = (0..<40).map { $0 % 4 == 0 ? 1 : 0 }
    let data = """
      "inputs": {"x": {"values": [\(values)]}, "label": {"values": \(labels)}}, "train": 0.6, "validation": 0.2, "test": 0.2,
      "stratify": "label"
      """
    let manifest = """
      {"zoo": 1, "inputs": {\(Self.x)}, "graph": [{"layer": "core.dense", "name": "w", "units": 2}],
       "train": {"inputs": {"label": {"shape": ["N"], "dtype": "i64"}}, "graph": [{"layer": "core.cross_entropy", "name": "loss", "in": ["w", "label"]}],
         "steps": [{"minimize": "loss"}], "optimizer": {"layer": "core.sgd", "rate": 0.1}, "data": {\(data)}}}
      """
    let parts = try trainingJob(manifest).parts
    #expect(all(parts).map { part in part.filter { labels[Int($0)] == 1 }.count } == [6, 2, 2])
    #expect(all(parts).map { part in part.filter { labels[Int($0)] == 0 }.count } == [18, 6, 6])
  }

  @Test func groupsStayTogether() throws {
    let folder = try TemporaryFolder()
    let lines = (0..<300).map { "\(Double($0) / 7),\($0 % 30)" }.joined(separator: "\n")
    _ = try folder.file("d.csv", "x,speaker\n\(lines)\n")
    let manifest = DataModels.sum(
      Self.x, data: #""file": "d.csv", "inputs": {"x": "x"}, "train": 0.5, "test": 0.5, "group": "speaker""#)
    let parts = try DataModels.job(manifest, in: folder.path).parts
    let seen = all(parts).map { Set($0.map { $0 % 30 }) }
    #expect(seen[0].isDisjoint(with: seen[2]))
    #expect(parts.training.count + parts.test.count == 300 && !parts.training.isEmpty && !parts.test.isEmpty)
  }

  // Windows of 4 at 0, 2, 4 ... 16: nine of them. Shares 0.6 and 0.4 are windows 0 to 4 and 5 to 8; window 4 is at 8 to 11 and reaches
  // into window 5 at 10, so it is left out.
  @Test func windowsThatReachIntoTheNextPartAreLeftOut() throws {
    let values = (0..<20).map(String.init).joined(separator: ",")
    let data = #""inputs": {"x": {"values": [\#(values)], "window": 4, "stride": 2}}, "test": 0.4"#
    let parts = try trainingJob(DataModels.sum(#""x": {"shape": ["N", 4]}"#, data: data)).parts
    #expect(all(parts) == [[0, 1, 2, 3], [], [5, 6, 7, 8]])
  }

  @Test func unknownStrataAndBothAtOnceAreErrors() throws {
    let data = #""inputs": {"x": {"values": [[1], [2]]}}"#
    let unknown = try #require(throws: ManifestError.self) {
      _ = try trainingJob(DataModels.sum(Self.x, data: data + #", "stratify": "y""#))
    }
    #expect(unknown.message.hasSuffix("data is given for 'y', which is no input"))
    let float = try #require(throws: DatasetError.self) {
      _ = try trainingJob(DataModels.sum(Self.x, data: data + #", "test": 0.5, "stratify": "x""#))
    }
    #expect(float.message == "input 'x' cannot say what to stratify by: its rows are not single whole numbers")
    #expect(float.help == "name an input of labels, such as i64 [N]")
    let both = try #require(throws: ManifestError.self) {
      _ = try trainingJob(DataModels.sum(Self.x, data: data + #", "group": "g", "stratify": "x""#))
    }
    #expect(both.message.hasSuffix("'data' has both a 'group' and 'stratify'"))
    #expect(both.help == "leave one out: whole groups cannot be dealt out in exact shares")
  }
}
