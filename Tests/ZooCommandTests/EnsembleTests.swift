import Testing
import ZooFormats
import ZooTestSupport
import ZooTypes

/// `zoo run` with several sets of weights.
struct EnsembleTests {
  /// y = max(w x, 0), and where its largest element is.
  private static let model = """
    {"zoo": 1, "graph": [{"layer": "core.dense", "name": "d", "units": 1, "bias": false}, {"layer": "core.relu", "name": "r"}, {"layer": "core.argmax", "name": "i"}],
     "inputs": {"x": {"shape": ["N", 1]}}, "outputs": {"y": "r", "i": "i"}}
    """

  private func zoo(_ outputs: String) throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest("m", Self.model.replacing(#"{"y": "r", "i": "i"}"#, with: outputs))
    _ = try zoo.folder.file("x.csv", "2\n")
    for (name, weight) in [("a", -1), ("b", 3)] as [(String, Float)] {
      try withUnsafeBytes(of: weight) { bytes in
        try SafeTensorsWriter.write([NamedTensor("d.weight", Spec([1, 1]), bytes)], to: "\(zoo.path)/\(name).safetensors")
      }
    }
    return zoo
  }

  // max(-2, 0) and max(6, 0): their mean is 3, where the mean of the weights would make 2.
  @Test func outputsAreTheMeanOfWhatEachMakes() throws {
    let result = try zoo(#"{"y": "r"}"#)
      .run("run", "m", "--input", "x.csv", "--weights", "a.safetensors", "--weights", "b.safetensors", "--json")
    #expect(result.errors == "")
    let document = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(document["outputs"]?["y"]?.text().contains("3") == true, "\(result.output)")
    #expect(result.status == 0)
  }

  @Test func wholeNumbersHaveNoMean() throws {
    let result = try zoo(#"{"y": "r", "i": "i"}"#)
      .run("run", "m", "--input", "x.csv", "--weights", "a.safetensors", "--weights", "b.safetensors")
    #expect(
      result.errors == """
        zoo: output 'i' is i64, of which several sets of weights have no mean
          help: give --weights once, or run a graph whose outputs are f32

        """)
    #expect(result.status == 64)
  }
}
