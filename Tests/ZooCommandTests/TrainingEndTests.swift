import Testing
import ZooFormats
import ZooTestSupport

/// What `zoo train` says at its end beside its numbers.
struct TrainingEndTests {
  /// One weight w = 1, fitted to 3.
  private static func manifest(_ train: String) -> String {
    """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}},
     "graph": [{"layer": "core.dense", "name": "w", "units": 1, "bias": false, "initialize": {"weight": {"values": [[1]]}}}],
     "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "near", "in": ["w", "t"]}, {"layer": "core.mean", "name": "mean", "in": "w"}],
       \(train)}}
    """
  }

  private static let rows = #""data": {"inputs": {"x": {"values": [[1]]}, "t": {"values": [[3]]}}}, "steps": [{"minimize": "near"}]"#

  private func train(_ manifest: String, _ arguments: String...) throws -> String {
    let zoo = try ZooFixture()
    try zoo.manifest("m", manifest)
    let result = try zoo.run(["train", "m"] + arguments)
    #expect(result.errors == "")
    #expect(result.status == 0)
    return result.output
  }

  // The gradient 1e36 overflows until 65536 is halved eight times.
  @Test func updatesThatAreLeftOutAreCounted() throws {
    let manifest = Self.manifest(
      #""data": {"inputs": {"x": {"values": [[1e36]]}, "t": {"values": [[3]]}}}, "steps": [{"minimize": "mean"}], "epochs": 10, "loss_scale": "dynamic", "optimizer": {"layer": "core.sgd", "rate": 1e-36}"#
    )
    let output = try train(manifest)
    #expect(output.contains("Trained for 10 epochs, 2 steps, "))
    #expect(output.contains("\nLeft out: 8 updates whose gradients were not finite.\n"))
    let end = try JSONDocument(Array(#require(try train(manifest, "--json").split(separator: "\n").last).utf8), file: "end").root
    #expect(end["skipped"] == 8)
    #expect(end["stopped_early"] == false)
  }

  @Test func whyTrainingStoppedEarlyIsSaid() throws {
    let manifest = Self.manifest(
      Self.rows + #", "epochs": 50, "stop": {"value": "near", "patience": 2}, "optimizer": {"layer": "core.sgd", "rate": 0}"#)
    let output = try train(manifest)
    #expect(output.contains("Trained for 3 epochs, 3 steps, "))
    #expect(output.contains("\nStopped early: near was best in epoch 1, 4.0000.\n"))
    #expect(!output.contains("Left out"))
    let end = try JSONDocument(Array(#require(try train(manifest, "--json").split(separator: "\n").last).utf8), file: "end").root
    #expect(end["stopped_early"] == true)
  }

  @Test func theTableHasNewTitlesWhereAnAverageBegins() throws {
    let output = try train(
      Self.manifest(
        Self.rows
          + #", "epochs": 3, "average": {"decay": 0.5, "from_epoch": 2}, "keep": {"best": "average.near"}, "optimizer": {"layer": "core.sgd", "rate": 0.25}"#
      ))
    let lines = output.split(separator: "\n").prefix(5).map { $0.split(separator: " ").map(String.init) }
    #expect(lines.map(\.count) == [3, 3, 4, 4, 4])
    #expect(lines[2] == ["EPOCH", "NEAR", "AVERAGE.NEAR", "SAMPLES/S"])
    // w is 2.5 after the second epoch, from which on it counts.
    #expect(lines[3][2] == "0.2500")
  }
}
