import Testing
import ZooCommand
import ZooFormats
import ZooTestSupport

/// What `zoo bench` measures and how it says so.
@Suite struct BenchTests {
  private static let names = [
    "model", "batch", "mode", "fused", "threads", "median_ms", "median_low_ms", "median_high_ms", "minimum_ms", "p10_ms", "p90_ms",
    "spread", "runs", "ended", "flops", "gflops", "weight_bytes_read", "activation_bytes_written", "arena_bytes", "packed_bytes",
    "peak_rss_bytes", "ceiling", "ceiling_share", "floor_ms", "floors",
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
    #expect(["settled", "time limit"].contains(json["ended"]?.string))
    #expect(json["flops"]?.number == 54)  // 3 rows of 2 * 3 and of 3 * 1 products, each with a sum
    #expect(json["weight_bytes_read"] == 52)
    let ceiling = try #require(json["ceiling"]?.object)
    #expect(ceiling.names == ["gflops", "read_gb_per_s", "vector_bits", "dtype"])
    // Slower than this is no machine that the tests run on.
    #expect(try #require(ceiling["gflops"]?.number) > 0.5)
    #expect(try #require(ceiling["read_gb_per_s"]?.number) > 0.1)
    #expect([128, 256, 512].contains(try #require(ceiling["vector_bits"]?.integer)))
    #expect(try #require(json["peak_rss_bytes"]?.integer) > 1 << 20)
  }

  @Test func layersAreMeasuredOneByOne() throws {
    let result = try zoo("bench chain-rule --seconds 0.05 --json --layers")
    let json = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(json.object?.names == Self.names + ["layers"])
    #expect(json["layers"]?.array?.compactMap { $0["layer"]?.string } == ["v3", "y", "L"])
    #expect(json["layers"]?.array?.compactMap { $0["kind"]?.string } == ["core.add", "core.multiply", "core.multiply"])
    let shares = try #require(json["layers"]?.array).compactMap { $0["share"]?.number }
    #expect(shares.count == 3 && (shares.reduce(0, +) - 1).magnitude < 1e-9)
    #expect(
      json["layers"]?.array?.first?.object?.names == [
        "layer", "kind", "fused", "minimum_ms", "share", "gflops", "ceiling_share", "floor_ms", "weight_bytes_read",
        "activation_bytes_written",
      ])
  }

  @Test func foldingCanBeSwitchedOff() throws {
    func layers(_ arguments: String) throws -> [String] {
      let result = try zoo("bench lenet5 --seconds 0.05 --json --layers" + arguments)
      #expect(result.errors == "")
      let json = try JSONDocument(Array(result.output.utf8), file: "output").root
      #expect(json["fused"] == (arguments.isEmpty ? true : false))
      return json["layers"]?.array?.compactMap { $0["layer"]?.string } ?? []
    }
    let (folded, apart) = (try layers(""), try layers(" --no-fuse"))
    #expect(apart.count == 12)
    #expect(folded.count < 12 && Set(folded).isSubset(of: apart))
  }

  @Test func inputsAndWeightsCanBeGiven() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "double",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}}, "graph": [{"layer": "core.scale", "factor": 2}]}
      """)
    _ = try zoo.folder.file("x.csv", "1,2\n3,4\n5,6\n")
    let result = try zoo.run("bench", "double", "--input", "x=x.csv", "--seconds", "0.05", "--json")
    #expect(result.errors == "")
    #expect(try JSONDocument(Array(result.output.utf8), file: "output").root["batch"] == 3)
    let missing = try zoo.run("bench", "double", "--weights", "none.safetensors", "--seconds", "0.05")
    #expect(missing.status == 1 && missing.errors.contains("none.safetensors"))
    let wrong = try zoo.run("bench", "double", "--input", "y=x.csv")
    #expect(wrong.status == 64 && wrong.errors.contains("there is no input 'y'"))
  }

  /// With a rate of 0 every step has the same loss, and those of different inputs differ.
  @Test func aTrainingStepReportsWhatItsFirstRunsMinimised() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "still",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}},
       "graph": [{"layer": "core.dense", "name": "y", "units": 1, "bias": false,
                  "initialize": {"weight": {"values": [[2, -1]]}}}],
       "train": {"data": {"file": "none.npz", "inputs": {"x": "x"}},
         "graph": [{"layer": "core.mean", "name": "loss", "axes": [0, 1]}], "steps": [{"minimize": "loss"}],
         "optimizer": {"layer": "core.sgd", "rate": 0}}}
      """)
    _ = try zoo.folder.file("x.csv", "1,2\n3,4\n5,7\n")
    let result = try zoo.run("bench", "still", "--train", "--input", "x=x.csv", "--seconds", "0.05", "--json")
    #expect(result.errors == "")
    let json = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(json.object?.names == Self.names + ["losses"])
    // (2 - 2 + 6 - 4 + 10 - 7) / 3
    let losses = try #require(json["losses"]?.array).compactMap(\.number)
    #expect(losses.count == 3 && losses.allSatisfy { ($0 - 5.0 / 3).magnitude < 1e-6 }, "\(losses)")
  }

  // The gradient is (3, 4), of norm 5: clipping leaves (1.5, 2), so that each step of rate 1 takes 1.5 * 3 + 2 * 4 off the loss 2 * 3 - 4.
  @Test func aTrainingStepHasItsGroupsAndClips() throws {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "clipped",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}},
       "graph": [{"layer": "core.dense", "name": "y", "units": 1, "bias": false, "initialize": {"weight": {"values": [[2, -1]]}}}],
       "train": {"data": {"file": "none.npz", "inputs": {"x": "x"}}, "graph": [{"layer": "core.mean", "name": "loss"}], "steps": [{"minimize": "loss"}],
         "optimizer": {"layer": "core.sgd", "rate": 0, "clip": {"norm": 2.5}, "groups": [{"update": "y.*", "rate": 1}]}}}
      """)
    _ = try zoo.folder.file("x.csv", "3,4\n")
    let result = try zoo.run("bench", "clipped", "--train", "--input", "x=x.csv", "--seconds", "0.05", "--json")
    #expect(result.errors == "")
    let json = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(json["losses"]?.array?.compactMap(\.number) == [2, -10.5, -23])
  }

  // Dropout draws the same numbers when it runs again for backward.
  @Test func whatIsComputedAgainLearnsTheSame() throws {
    let zoo = try ZooFixture()
    func losses(_ recompute: String) throws -> [Double] {
      try zoo.manifest(
        "dropped",
        """
        {"zoo": 1, "inputs": {"x": {"shape": ["N", 8]}},
         "graph": [{"graph": [{"layer": "core.dense", "name": "d", "units": 64}, {"layer": "core.dropout", "probability": 0.5}, {"layer": "core.tanh"}], "name": "block"},
                   {"layer": "core.dense", "name": "y", "units": 1}],
         "train": {"data": {"file": "none.npz", "inputs": {"x": "x"}}, "graph": [{"layer": "core.multiply", "in": ["y", "y"]}, {"layer": "core.mean", "name": "loss"}],
           "steps": [{"minimize": "loss"}], "optimizer": {"layer": "core.sgd", "rate": 0.1}\(recompute)}}
        """)
      let result = try zoo.run("bench", "dropped", "--train", "--batch", "16", "--seconds", "0.05", "--json")
      #expect(result.errors == "")
      return try JSONDocument(Array(result.output.utf8), file: "output").root["losses"]?.array?.compactMap(\.number) ?? []
    }
    let kept = try losses("")
    #expect(Set(kept).count == 3)
    #expect(try losses(#", "recompute": "block""#) == kept)
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
    let facts = lines.dropFirst().filter { !$0.hasPrefix(" ") }.map { $0.prefix(9) }
    #expect(facts == ["median   ", "spread   ", "rate     ", "floor    ", "ceiling  ", "traffic  ", "memory   "])
    for line in lines { #expect(line.count <= 80, "\(line)") }
  }

  @Test func theTableOfLayersFitsEightyColumns() throws {
    let result = try zoo("bench lenet5 --layers --seconds 0.05")
    let lines = result.output.split(separator: "\n")
    let heading = try #require(lines.firstIndex { $0.hasPrefix("LAYER") })
    #expect(lines[heading].split(separator: " ") == ["LAYER", "KIND", "TIME", "SHARE", "GFLOP/S", "CEILING", "FLOOR"])
    #expect(lines[heading + 1].hasPrefix("c1 ") && lines[heading + 1].contains("cnn.conv2d"))
    #expect(lines[heading + 2] == "+ tanh")
    for line in lines { #expect(line.count <= 80, "\(line)") }
  }
}
