import Testing
import ZooFormats
import ZooTestSupport
import ZooTypes

/// What `zoo eval` says.
@Suite struct EvalTests {
  // By hand: logits are 2x of rows 1, -1, 3 and -2 against labels 1, 1, 1 and 0, as one logit for two classes.
  // Taken for 1: rows 1 and 3, both right; taken for 0: rows -1 (wrong) and -2. So precision of 1 is 1, recall 2/3, F1 0.8;
  // precision of 0 is 1/2, recall 1, F1 2/3. The pairs of a 1 and a 0 are all ranked right: AUC 1.
  private static let manifest = """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [{"layer": "core.dense", "name": "w", "units": 1, "bias": false, "initialize": {"weight": {"values": [[2]]}}}],
     "outputs": {"class": {"from": "w"}},
     "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["w", "t"]}], "steps": [{"minimize": "loss"}],
       "data": {"inputs": {"x": {"values": [[1], [-1], [3], [-2]]}, "t": {"values": [[1], [1], [1], [0]]}}, "test": [2, 4]},
       "optimizer": {"layer": "core.sgd", "rate": 0}, "evaluate": {"predictions": "w", "labels": "t"}}}
    """

  @Test func aTableFitsTheTerminal() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("half", Self.manifest)
    let result = try zoo.run("eval", "half", "--part", "all")
    #expect(result.errors == "")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines[0].hasPrefix("Evaluated on 4 rows (all) in "))
    // The loss is ((2-1)^2 + (-2-1)^2 + (6-1)^2 + (-4-0)^2) / 4 = 12.75. softplus of -2, 2, -6 and -4: 0.126928, 2.126928, 0.002476, 0.018150.
    // The sureness is 0.880797 (right), 0.880797 (wrong), 0.997527 and 0.982014 (right): |0.761594| + ... by bins: the two of 0.88 are in one
    // bin, |1.761594 - 1| = 0.761594; those above 14/15 in the last, |1.979541 - 2| = 0.020459; together / 4 = 0.195513.
    #expect(
      lines[1...].joined(separator: "\n") == """

        loss               12.7500
        accuracy            0.7500
        cross-entropy       0.5686
        AUC                 1.0000
        calibration error   0.1955

        CLASS  ROWS  PRECISION  RECALL      F1     AUC
        0         1     0.5000  1.0000  0.6667  1.0000
        1         3     1.0000  0.6667  0.8000  1.0000
        mean      4     0.7500  0.8333  0.7333  1.0000

        Rows are labels, columns what they were taken for:

             0    1
        0    1    0
        1    1    2

        """)
  }

  @Test func jsonHasEverything() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("half", Self.manifest)
    // Without --part: the test rows, 3 and -2, both right.
    let root = try JSONDocument(Array(zoo.run("eval", "half", "--json").output.utf8), file: "output").root
    #expect(root["part"] == "test")
    #expect(root["rows"] == 2)
    #expect(root["numbers"]?["loss"]?.number == 20.5)
    #expect(root["predictions"]?["as"] == "classes")
    #expect(root["predictions"]?["accuracy"]?.number == 1)
    #expect(root["predictions"]?["confusion"]?.text() == "[[1,0],[0,1]]")
    #expect(root["predictions"]?["classes"]?.array?.count == 2)
  }

  /// r = max(w x, 0) of the same rows, and where its largest element is.
  private func ensemble(loss: String = "r", outputs: String = #"{"y": "r", "i": "i"}"#) throws -> ZooFixture {
    let zoo = try ZooFixture()
    try zoo.manifest(
      "m",
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}},
       "graph": [{"layer": "core.dense", "name": "w", "units": 1, "bias": false}, {"layer": "core.relu", "name": "r"}, {"layer": "core.argmax", "name": "i"}],
       "outputs": \(outputs),
       "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["\(loss)", "t"]}], "steps": [{"minimize": "loss"}],
         "data": {"inputs": {"x": {"values": [[1], [-1], [3], [-2]]}, "t": {"values": [[1], [1], [1], [0]]}}},
         "optimizer": {"layer": "core.sgd", "rate": 0}, "evaluate": {"predictions": "r", "labels": "t"}}}
      """)
    for (name, weight, metadata) in [("a", -1, ""), ("b", 3, ""), ("c", 3, #"{"x": {"subtract": [0], "divide": [2]}}"#)]
      as [(String, Float, String)]
    {
      try withUnsafeBytes(of: weight) { bytes in
        try SafeTensorsWriter.write(
          [NamedTensor("w.weight", Spec([1, 1]), bytes)], metadata: metadata.isEmpty ? [] : [("zoo.normalize", metadata)],
          to: "\(zoo.path)/\(name).safetensors")
      }
    }
    return zoo
  }

  // The outputs 0, 1, 0, 2 and 3, 0, 9, 0 have the means 1.5, 0.5, 4.5 and 1, which are (0.5² + 0.5² + 3.5² + 1²) / 4 = 3.4375 from the labels.
  // The losses of the two have the mean 9.375, and the mean of the weights would have the loss 1.25.
  @Test func severalSetsOfWeightsAreEvaluatedByTheMeanOfTheirOutputs() throws {
    let two = ["--weights", "a.safetensors", "--weights", "b.safetensors"]
    let result = try ensemble().run(["eval", "m", "--json"] + two)
    #expect(result.errors == "")
    let root = try JSONDocument(Array(result.output.utf8), file: "output").root
    #expect(root["numbers"]?["loss"]?.number == 3.4375)
    #expect(root["sets_of_weights"] == 2)
    // Every mean is above 0: all are taken for 1, of which 3 are.
    #expect(root["predictions"]?["accuracy"]?.number == 0.75)
    #expect(root["predictions"]?["confusion"]?.text() == "[[0,1],[0,3]]")
    let words = try ensemble().run(["eval", "m"] + two).output
    #expect(words.hasPrefix("Evaluated on 4 rows (all) by the mean of 2 sets of weights in "))
  }

  @Test func whatHasNoMeanIsRefused() throws {
    let two = ["--weights", "b.safetensors", "--weights", "a.safetensors"]
    let inner = try ensemble(loss: "w").run(["eval", "m"] + two)
    #expect(
      inner.errors == """
        zoo: losses and metrics are computed from the mean of the outputs, but they also need 'w.weight', which each set of weights has for itself
          help: give --weights once

        """)
    #expect(inner.status == 1)
    for command in ["run", "eval"] {
      let other = try ensemble(outputs: #"{"y": "r"}"#).run([command, "m", "--weights", "b.safetensors", "--weights", "c.safetensors"])
      #expect(
        other.errors == """
          zoo: 'c.safetensors' takes its inputs normalised otherwise than the first set of weights
            help: give weights that were trained on the same data

          """)
      #expect(other.status == 64)
    }
  }

  @Test func aPartWithoutRowsIsRefused() throws {
    let zoo = try ZooFixture()
    try zoo.manifest("half", Self.manifest)
    let result = try zoo.run("eval", "half", "--part", "validation")
    #expect(
      result.errors == """
        zoo: the data has no rows for the part 'validation'
          help: the data has train, test: choose with --part

        """)
    #expect(result.status == 1)
  }
}
