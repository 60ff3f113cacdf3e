import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Tables, texts, sounds and edges as rows.
struct DataSourceTests {
  /// The loss of each row of `x`, which is the mean of its elements: what the rows hold.
  private func means(_ shape: String, _ feed: String, _ data: String = "", in folder: TemporaryFolder) throws -> [Double] {
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": \(shape)}}, "graph": [{"layer": "core.identity", "name": "same"}], "outputs": {"y": "same"},
       "train": {"graph": [{"layer": "core.reshape", "shape": [-1, 1]}, {"layer": "core.dense", "name": "w", "units": 1}, {"layer": "core.mean", "name": "loss"}, {"layer": "core.mean", "name": "mean", "in": "x"}],
         "steps": [{"minimize": "loss"}], "metrics": {"mean": "mean"}, "optimizer": {"layer": "core.sgd", "rate": 0},
         "data": {"inputs": {"x": \(feed)}\(data)}}}
      """
    let job = try DataModels.job(manifest, in: folder.path)
    return try job.parts.training.map { row in
      try #require(job.trainer.evaluate([row]).first { $0.name == "mean" }).value
    }
  }

  @Test func columnsOfATableAreFoundByTheirNames() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("d.csv", "a,b,c\n1,10,100\n2,20,200\n")
    // The mean of columns c and a: (100 + 1) / 2 and (200 + 2) / 2.
    #expect(try means(#"["N", 2]"#, #"{"file": "d.csv", "key": "c,a"}"#, in: folder) == [50.5, 101])
    #expect(try means(#"["N"]"#, #"{"file": "d.csv", "key": "b", "scale": 0.5}"#, in: folder) == [5, 10])
    #expect(
      DataModels.words(
        DataModels.sum(#""x": {"shape": ["N", 1]}"#, data: #""file": "d.csv", "inputs": {"x": "bb"}"#), in: folder.path)
        == ["HERE/d.csv: the first row names no column 'bb'", "the codec 'csv' reads it; try to open the file with another program"])
  }

  @Test func wordsOfATableStandForNumbers() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("d.csv", "size,kind\n1,setosa\n2,virginica\n3,setosa\n")
    let feed = #"{"file": "d.csv", "codec": {"kind": "csv", "key": "kind", "classes": ["virginica", "setosa"]}}"#
    #expect(try means(#"["N"]"#, feed, in: folder) == [1, 0, 1])
    let manifest = DataModels.sum(
      #""x": {"shape": ["N", 1]}"#,
      data: #""inputs": {"x": {"file": "d.csv", "codec": {"kind": "csv", "key": "kind", "classes": ["virginica"]}}}"#)
    #expect(
      DataModels.words(manifest, in: folder.path).first == "HERE/d.csv: line 2, column 2: 'setosa' is neither a number nor a known word")
  }

  // The classes of "abcabcab" are 0 1 2 0 1 2 0 1. Windows of 3, each 2 behind the last, with those one further as targets, need 4: they
  // begin at 0, 2 and 4. Their means are (0+1+2)/3, (2+0+1)/3 and (1+2+0)/3; those of the targets too. By sums that weigh places they differ.
  @Test func aTextIsWindowsAndWhatFollows() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("t.txt", "abcabcab\n")
    let codec = #""codec": {"kind": "text", "alphabet": "abc"}"#
    let manifest = """
      {"zoo": 1, "inputs": {"given": {"shape": ["N", 3], "dtype": "i64"}, "next": {"shape": ["N", 3], "dtype": "i64"}},
       "graph": [{"layer": "core.embedding", "name": "e", "in": "given", "count": 3, "width": 3}, {"layer": "core.cross_entropy", "name": "loss", "in": ["e", "next"]},
                 {"layer": "core.one_hot", "name": "hot", "in": "next", "classes": 3}, {"layer": "core.slice", "name": "second", "in": "hot", "axes": [1], "starts": [1], "ends": [2]},
                 {"layer": "core.slice", "name": "isb", "in": "second", "axes": [2], "starts": [1], "ends": [2]}, {"layer": "core.mean", "name": "b"}],
       "train": {"steps": [{"minimize": "loss"}], "metrics": {"b": "b"}, "optimizer": {"layer": "core.sgd", "rate": 0},
         "data": {"file": "t.txt", "inputs": {"given": {\(codec), "window": 3, "stride": 2}, "next": {\(codec), "window": 3, "stride": 2, "shift": 1}}}}}
      """
    let job = try DataModels.job(manifest, in: folder.path)
    #expect(job.parts.training == [0, 1, 2])
    // Of the targets 1 2 0, 0 1 2 and 2 0 1 the second is b (class 1) in the second alone.
    let second = try job.parts.training.map { row in try #require(job.trainer.evaluate([row]).first { $0.name == "b" }).value }
    #expect(second == [0, 1, 0])
  }

  @Test func aTextThatIsTooShortIsAnError() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("t.txt", "ab\n")
    let manifest = DataModels.sum(
      #""x": {"shape": ["N", 3]}"#,
      data: #""file": "t.txt", "inputs": {"x": {"codec": {"kind": "text", "alphabet": "ab"}, "window": 3}}"#)
    #expect(DataModels.words(manifest, in: folder.path).first?.contains("text becomes classes of i32 or i64") == true)
    let values = DataModels.sum(#""x": {"shape": ["N", 3]}"#, data: #""inputs": {"x": {"values": [1, 2], "window": 3}}"#)
    #expect(
      DataModels.words(values, in: folder.path) == [
        "the rows of input 'x' are windows that need 3 elements, but the array is f64 [2]", "choose a shorter window, or give more data",
      ])
  }

  // 8-bit samples v become (v - 128) / 128. high: 192 256/2... 0.5 throughout; low: -0.25 throughout; 5 and 3 samples in windows of 2.
  @Test func soundsAreWindowsThatStayTogetherByFile() throws {
    let folder = try TemporaryFolder()
    try Self.sound(folder, "low/a.wav", [UInt8](repeating: 96, count: 5))
    try Self.sound(folder, "high/b.wav", [UInt8](repeating: 192, count: 3))
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2], "codec": "audio"}}, "graph": [{"layer": "core.dense", "name": "w", "units": 2}],
       "train": {"inputs": {"label": {"shape": ["N"], "dtype": "i64"}},
         "graph": [{"layer": "core.cross_entropy", "name": "loss", "in": ["w", "label"]}, {"layer": "core.mean", "name": "mean", "in": "x"}],
         "steps": [{"minimize": "loss"}], "metrics": {"mean": "mean"}, "optimizer": {"layer": "core.sgd", "rate": 0},
         "data": {"folder": ".", "inputs": {"x": {"key": "file", "window": 2}, "label": "class"}}}}
      """
    let job = try DataModels.job(manifest, in: folder.path) { $0.data = folder.path }
    #expect(job.classes == ["high", "low"])
    let means = try job.parts.training.map { row in try #require(job.trainer.evaluate([row]).first { $0.name == "mean" }).value }
    #expect(means == [0.5, -0.25, -0.25])
    #expect(
      DataModels.words(
        manifest.replacing(#""window": 2"#, with: #""window": 6"#).replacing(#"["N", 2]"#, with: #"["N", 6]"#), in: folder.path,
        data: folder.path)
        == ["no file of 'HERE' is long enough for a window of 6", "choose a shorter window, or longer files"])
  }

  private static func sound(_ folder: TemporaryFolder, _ path: String, _ samples: [UInt8]) throws {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let body =
      Array("WAVEfmt ".utf8) + bytes(16, 4) + bytes(1, 2) + bytes(1, 2) + bytes(8000, 4) + bytes(8000, 4) + bytes(1, 2) + bytes(8, 2)
    let data = Array("data".utf8) + bytes(samples.count, 4) + samples + (samples.count % 2 == 1 ? [0] : [])
    let file = Array("RIFF".utf8) + bytes(body.count + data.count, 4) + body + data
    _ = try folder.file(path, bytes: file)
  }

  @Test func edgesAreTwoRowsAndGivenWhole() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("g.edges", "# three nodes\n1 2\n2 3\n")
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}, "edges": {"shape": [2, "E"], "dtype": "i64", "codec": {"kind": "edges", "first": 1, "both_ways": true}}},
       "graph": [{"layer": "core.one_hot", "name": "hot", "in": "edges", "classes": 3}, {"layer": "core.slice", "name": "from", "axes": [0], "starts": [0], "ends": [1]},
                 {"layer": "core.slice", "name": "third", "axes": [2], "starts": [2]}, {"layer": "core.mean", "name": "share"},
                 {"layer": "core.dense", "name": "w", "in": "x", "units": 1}, {"layer": "core.mean", "name": "loss"}],
       "train": {"steps": [{"minimize": "loss"}], "metrics": {"share": "share"}, "optimizer": {"layer": "core.sgd", "rate": 0},
         "data": {"inputs": {"x": {"values": [[1]]}, "edges": {"file": "g.edges", "rows": false}}}}}
      """
    // From nodes 0, 1 and back from 1, 2: one of the four is the third node.
    let job = try DataModels.job(manifest, in: folder.path)
    #expect(try job.trainer.evaluate([0]).first { $0.name == "share" }?.value == 0.25)
    _ = try folder.file("g.edges", "0 1\n")
    #expect(DataModels.words(manifest, in: folder.path).first == "HERE/g.edges: edge 1 is from 0 to 1, but nodes are counted from 1")
  }
}
