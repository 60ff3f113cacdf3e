import Testing
import ZooFormats
import ZooTestSupport

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
