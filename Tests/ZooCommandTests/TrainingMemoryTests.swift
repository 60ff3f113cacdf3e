import Testing
import ZooFormats
import ZooTestSupport

/// What `zoo info --training` and `zoo train` say of computing blocks again.
struct TrainingMemoryTests {
  private static func model(_ recompute: String) -> String {
    let block =
      #"{"layer": "core.dense", "name": "wide", "units": 512}, {"layer": "core.gelu"}, {"layer": "core.dense", "name": "narrow", "units": 8}"#
    return """
      {"zoo": 1, "title": "Deep", "inputs": {"x": {"shape": ["N", 8]}},
       "graph": [{"repeat": 4, "name": "blocks", "graph": [\(block)]}],
       "train": {"inputs": {"t": {"shape": ["N", 8]}}, "data": {"inputs": {"x": {"values": [[1, 2, 3, 4, 5, 6, 7, 8]]}, "t": {"values": [[1, 0, 1, 0, 1, 0, 1, 0]]}}},
         "graph": [{"layer": "core.mse", "name": "loss", "in": ["blocks.3", "t"]}], "steps": [{"minimize": "loss"}],
         "optimizer": {"layer": "core.sgd", "rate": 0.01}, "epochs": 2, "batch": 64\(recompute)}}
      """
  }

  @Test func infoShowsWhatIsSaved() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("deep", Self.model(#", "recompute": ["blocks.*"]"#))
    let result = try zoo.run("info", "deep", "--training", "--json")
    #expect(result.errors == "")
    let json = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(json["axes"] == ["N": 64])
    let step = try #require(json["steps"]?.array?.first)
    let (again, kept) = (try #require(step["activation_bytes"]?.integer), try #require(step["activation_bytes_if_kept"]?.integer))
    #expect(step["step"] == "loss")
    #expect(again * 2 < kept)
    #expect(step["saved_bytes"]?.integer == kept - again)
    // In each of 4 blocks, two weights and two biases.
    let block = 8 * 512 + 512 + 512 * 8 + 8
    #expect(step["gradient_bytes"]?.integer == 4 * 4 * block)
    let lines = try zoo.run("info", "deep", "--training").output.split(separator: "\n")
    #expect(lines[0] == "Deep: what training takes, N = 64")
    #expect(lines[1].hasPrefix("STEP  ACTIVATIONS  IF ALL WERE KEPT"))

    try zoo.manifest("deep", Self.model(""))
    let plain = try zoo.run("info", "deep", "--training", "--batch", "2").output.split(separator: "\n")
    #expect(plain[0] == "Deep: what training takes, N = 2")
    #expect(plain[1] == "STEP  ACTIVATIONS  GRADIENTS")
  }

  @Test func trainingSaysSoAndLearnsTheSame() throws {
    let zoo = try ZooFixture()
    for (name, recompute) in [("kept", ""), ("again", #", "recompute": "blocks.?""#)] { try zoo.manifest(name, Self.model(recompute)) }
    let kept = try zoo.run("train", "kept"), again = try zoo.run("train", "again")
    #expect(kept.errors == "")
    #expect(again.errors.hasPrefix("Computing blocks again for backward, activations take "))
    #expect([kept.status, again.status] == [0, 0])
    let weights = try ["kept", "again"].map { try MappedFile("\(zoo.path)/runs/\($0)/weights.safetensors").contents }
    #expect(weights[0] == weights[1])
  }

  @Test func aPatternThatNamesNothingIsAnError() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("deep", Self.model(#", "recompute": ["blocks.*", "block.0"]"#))
    let result = try zoo.run("info", "deep", "--training")
    #expect(result.status == 1)
    #expect(result.errors.hasSuffix(": 'recompute' names 'block.0', which no layer or block is called\n  help: did you mean 'blocks.0'?\n"))
    let many = (0..<101).map { "\"blocks.\($0)\"" }.joined(separator: ", ")
    try zoo.manifest("deep", Self.model(", \"recompute\": [\(many)]"))
    #expect(try zoo.run("info", "deep", "--training").errors.contains("help: give 100 patterns at most"))
  }

  @Test func aModelThatIsNotTrainedSaysSo() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("still", #"{"zoo": 1, "inputs": {"x": {"shape": [4]}}, "graph": [{"layer": "core.tanh"}]}"#)
    let result = try zoo.run("info", "still", "--training")
    #expect(result.status == 1)
    #expect(result.errors.hasPrefix("zoo: "))
  }
}
