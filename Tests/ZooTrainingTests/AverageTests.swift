import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Averages of parameters over the iterations: what they are evaluated on, what they decide, where they are saved.
///
/// One weight w goes from 1 towards 3 and is 2, 2.5, 2.75 after three epochs: at rate 0.25, half of what is missing.
struct AverageTests {
  private static func manifest(_ others: String, holdsOut: Bool = false, epochs: Int = 3, rate: Double = 0.25) -> String {
    """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [\(TrainingStepTests.weight("w", 1))],
     "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "near", "in": ["w", "t"]}],
       "data": {"inputs": {"x": {"values": [[1], [1]]}, "t": {"values": [[3], [3]]}}, "train": [0, 1]\(holdsOut ? #", "validation": [1, 2]"# : "")},
       "steps": [{"minimize": "near"}], "epochs": \(epochs), "optimizer": {"layer": "core.sgd", "rate": \(rate)}, \(others)}}
    """
  }

  // Running: 2, 2.25, 2.5; from the second epoch: 2.5, 2.625. Arithmetic: 7.25 / 3. Losses at those on the held-out row: (average - 3)^2.
  @Test(
    "held-out numbers with averages",
    arguments: [
      (#""decay": 0.5"#, 2.5), (#""decay": 0.5, "from_epoch": 2"#, 2.625), (#""arithmetic": true"#, 7.25 / 3),
    ])
  func averagesAreEvaluated(_ average: String, _ wanted: Double) throws {
    let job = try trainingJob(Self.manifest(#""average": {\#(average)}"#, holdsOut: true))
    let summary = try job.trainer.train()
    #expect(try job.floats("w.weight") == [2.75])
    #expect(summary.validation.map(\.name) == ["near", "average.near"])
    #expect(summary.validation[0].value == 0.0625)
    #expect((summary.validation[1].value - (wanted - 3) * (wanted - 3)).magnitude < 1e-6)
  }

  // The average is 2.5 at the end, whose loss is 0.25.
  @Test func withNothingHeldOutTheyAreEvaluatedWhereTheyDecide() throws {
    let average = #""average": {"decay": 0.5}"#
    #expect(try trainingJob(Self.manifest(average)).trainer.train().training.map(\.name) == ["near"])
    for rule in [#""stop": {"value": "average.near", "patience": 1}"#, #""keep": {"best": "average.near"}"#] {
      let summary = try trainingJob(Self.manifest("\(average), \(rule)")).trainer.train()
      #expect(summary.training.map(\.name) == ["near", "average.near"])
      #expect(summary.training.map(\.value) == [0.25, 0.25])
      #expect(summary.epochs == 3 && !summary.wasStoppedEarly)
    }
  }

  // Weights 2.75, their average 2.5: what is best is the average.
  @Test func theBestAverageIsSavedAndNotTheParametersOfItsEpoch() throws {
    for (best, wanted) in [("average.near", 2.5), ("near", 2.75)] as [(String, Float)] {
      let folder = try TemporaryFolder()
      let job = try trainingJob(Self.manifest(#""average": {"decay": 0.5}, "keep": {"best": "\#(best)"}"#)) {
        $0.output = folder.path + "/w.safetensors"
      }
      _ = try job.trainer.train()
      for (file, value) in [("w", 2.75), ("w-average", 2.5), ("w-best", wanted)] as [(String, Float)] {
        let saved = try SafeTensors(MappedFile("\(folder.path)/\(file).safetensors"))
        let entry = try #require(saved["w.weight"])
        #expect(saved.bytes(of: entry).loadUnaligned(as: Float.self) == value, "\(file)")
      }
      #expect(try job.floats("w.weight") == [2.75])
    }
  }

  // At rate 0 the third epoch is the first with an average and the fourth is not better; at 0.25 every epoch is.
  @Test("an average that begins later is not waited for", arguments: [(0, 4), (0.25, 6)], [false, true])
  func later(_ rule: (rate: Double, epochs: Int), holdsOut: Bool) throws {
    let summary = try trainingJob(
      Self.manifest(
        #""average": {"decay": 0.5, "from_epoch": 3}, "stop": {"value": "average.near", "patience": 1}"#, holdsOut: holdsOut, epochs: 6,
        rate: rule.rate)
    ).trainer.train()
    #expect(summary.epochs == rule.epochs)
  }
}
