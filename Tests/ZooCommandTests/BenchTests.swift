import Testing
import ZooCommand
import ZooFormats
import ZooTestSupport

/// What `zoo bench` measures and how it says so.
@Suite struct BenchTests {
  private static let names = [
    "model", "batch", "mode", "threads", "median_ms", "minimum_ms", "p10_ms", "p90_ms", "runs", "gflops", "arena_bytes", "packed_bytes",
    "peak_rss_bytes",
  ]

  @Test func scriptsFindTheNamesThatTheyRelyOn() throws {
    let result = try zoo("bench two-three-one --batch 3 --threads 1 --seconds 0.05 --json")
    #expect(result.errors == "")
    let json = try #require(try JSONDocument(Array(result.output.utf8), file: "output").root.object)
    #expect(json.names == Self.names)
    #expect(json["model"] == "two-three-one")
    #expect(json["batch"] == 3)
    #expect(json["mode"] == "inference")
    #expect(json["threads"] == 1)
    let times = ["minimum_ms", "p10_ms", "median_ms", "p90_ms"].compactMap { json[$0]?.number }
    #expect(times.count == 4 && times == times.sorted() && times[0] > 0)
    #expect(try #require(json["runs"]?.integer) > 10)
    #expect(try #require(json["peak_rss_bytes"]?.integer) > 1 << 20)
  }

  @Test func layersAreMeasuredOneByOne() throws {
    let result = try zoo("bench chain-rule --seconds 0.05 --json --layers")
    let json = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(json.object?.names == Self.names + ["layers"])
    #expect(json["layers"]?.array?.compactMap { $0["layer"]?.string } == ["v3", "y", "L"])
    #expect(json["layers"]?.array?.compactMap { $0["kind"]?.string } == ["core.add", "core.multiply", "core.multiply"])
  }

  /// Forward once and backward twice that, of the model and of its loss.
  @Test func aTrainingStepCountsThreeTimesTheArithmetic() throws {
    func operations(_ mode: String, _ arguments: String) throws -> Double {
      let result = try zoo("bench two-three-one --batch 4 --seconds 0.05 --json" + arguments)
      #expect(result.errors == "")
      #expect(result.status == 0)
      let json = try JSONDocument(Array(result.output.utf8), file: "output").root
      #expect(json["mode"]?.string == mode)
      return try #require(json["gflops"]?.number) * (try #require(json["median_ms"]?.number)) * 1e6
    }
    let (run, step) = (try operations("inference", ""), try operations("training", " --train"))
    #expect((3...6).contains(step / run), "\(step) and \(run)")
  }

  /// An embedding of five rows: with any index from 5 on, its forward fails.
  @Test func integerInputsAreWithinWhatTheLayersTake() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "words",
      """
      {"zoo": 1, "inputs": {"word": {"shape": ["N", "T"], "dtype": "i64"}}, "graph": [{"layer": "core.embedding", "count": 5, "width": 3}]}
      """)
    let result = try zoo.run("bench", "words", "--batch", "100", "--axis", "T=7", "--seconds", "0.05", "--json")
    #expect(result.errors == "")
    #expect(result.status == 0)
  }

  @Test func anyGraphCanBeMeasured() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "two",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}}, "graph": [{"layer": "core.tanh", "name": "a"}],
       "graphs": {"other": {"inputs": {"id": {"shape": ["N"], "dtype": "i64"}},
         "graph": [{"layer": "core.embedding", "name": "b", "count": 5, "width": 3}]}}}
      """)
    let result = try zoo.run("bench", "two", "--graph", "other", "--batch", "7", "--seconds", "0.05", "--layers", "--json")
    #expect(result.errors == "")
    let json = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(json.object?.names == Self.names + ["graph", "layers"])
    #expect(json["graph"] == "other")
    #expect(json["layers"]?.array?.compactMap { $0["layer"]?.string } == ["b"])
    let words = try zoo.run("bench", "two", "--graph", "other", "--threads", "1", "--seconds", "0.05").output
    #expect(words.hasPrefix("two, other: inference, batch 1, 1 thread\n"))
  }

  @Test func peopleReadTheSameNumbersInWords() throws {
    let result = try zoo("bench two-three-one --batch 4 --threads 1 --seconds 0.05")
    let lines = result.output.split(separator: "\n")
    #expect(lines.first == "two-three-one: inference, batch 4, 1 thread")
    #expect(lines.dropFirst().map { $0.prefix(7) }.prefix(4) == ["median ", "spread ", "rate   ", "memory "])
    for line in lines { #expect(line.count <= 80, "\(line)") }
  }

  @Test func quantilesLieBetweenNeighbours() {
    let timings = Timings([4, 1, 3, 2, 10])
    #expect(timings.minimum == 1)
    #expect(timings.median == 3)
    #expect(timings.quantile(0.125) == 1.5)  // half-way from the first to the second
    #expect(timings.quantile(0.875) == 7)  // half-way from 4 to 10
    #expect(timings.count == 5)
    #expect(Timings([7]).quantile(0.9) == 7)
  }

  @Test func timingEndsWithTheTimeAndLeavesTheFirstRunsOut() {
    var runs = 0
    let timings = Timings.take(limit: 0.02) { runs += 1 }
    #expect(timings.count <= runs - 3)
    #expect(timings.count > 0)
  }
}
