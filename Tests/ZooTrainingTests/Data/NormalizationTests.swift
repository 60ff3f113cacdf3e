import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Inputs that are normalised by the rows to train on, and weights that say by what.
struct NormalizationTests {
  // Tests/Reference/evaluation.py: scikit-learn's scalers, fitted to the first 500 of 700 rows.
  @Test(arguments: ["z_score", "min_max"])
  func theNumbersAreScikitLearns(_ method: String) throws {
    let fixture = try SafeTensors(MappedFile(Repository.fixtures + "/evaluation.safetensors"))
    let text = try #require(fixture.metadata.first { $0.name == "expected" }).value
    let expected = try #require(JSONDocument(Array(text.utf8), file: "").root[method])
    let folder = try TemporaryFolder()
    let entry = try #require(fixture["scaled.data"])
    try SafeTensorsWriter.write(
      [NamedTensor("x", entry.spec, fixture.bytes(of: entry))], to: folder.path + "/d.safetensors")

    let manifest = DataModels.sum(
      #""x": {"shape": ["N", 4]}"#,
      data: #""inputs": {"x": {"file": "d.safetensors", "normalize": "\#(method)"}}, "train": [0, 500], "validation": [500, 700]"#)
    let job = try DataModels.job(manifest, in: folder.path) { $0.epochs = 0 }
    try job.trainer.save(folder.path + "/w.safetensors")
    let saved = try WeightsNotes(SafeTensors(MappedFile(folder.path + "/w.safetensors")), name: "w")
    let found = try #require(saved.normalization["x"])
    for (key, numbers) in [("subtract", found.subtract), ("divide", found.divide)] {
      let wanted = try #require(expected[key]?.array).compactMap(\.number)
      #expect(numbers.count == 4)
      for (got, wanted) in zip(numbers, wanted) { #expect((got - wanted).magnitude <= 1e-12 * max(wanted.magnitude, 1), "\(key)") }
    }
  }

  // Rows 1, 3 and 8: mean 4, variance ((-3)^2 + (-1)^2 + 4^2) / 3 = 26 / 3. The held-out 100 is (100 - 4) / sqrt(26 / 3) = 32.6096.
  @Test func whatIsHeldOutIsNormalisedByWhatIsTrainedOn() throws {
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [{"layer": "core.dense", "name": "w", "units": 1}],
       "train": {"graph": [{"layer": "core.mean", "name": "loss"}, {"layer": "core.mean", "name": "mean", "in": "x"}], "steps": [{"minimize": "loss"}],
         "metrics": {"mean": "mean"}, "optimizer": {"layer": "core.sgd", "rate": 0},
         "data": {"inputs": {"x": {"values": [[1], [3], [8], [100]], "normalize": "z_score"}}, "validation": [3, 4]}}}
      """
    let job = try trainingJob(manifest)
    let mean = try #require(job.trainer.evaluate(job.validation).first { $0.name == "mean" }).value
    #expect((mean - 32.609_6).magnitude < 1e-4)
    let trained = try #require(job.trainer.evaluate(job.parts.training).first { $0.name == "mean" }).value
    #expect(trained.magnitude < 1e-6)
  }

  @Test func wholeNumbersCannotBeNormalised() {
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N"], "dtype": "i64"}}, "graph": [{"layer": "core.embedding", "name": "e", "count": 3, "width": 1}],
       "train": {"graph": [{"layer": "core.mean", "name": "loss"}], "steps": [{"minimize": "loss"}], "optimizer": {"layer": "core.sgd", "rate": 0},
         "data": {"inputs": {"x": {"values": [0, 1, 2], "normalize": "min_max"}}}}}
      """
    #expect(
      DataModels.words(manifest, in: "/") == [
        "input 'x' takes whole numbers, which cannot be normalised", "leave 'normalize' out, or make it f32",
      ])
  }

  @Test func notesThatAreDamagedOrOfOtherInputsAreRefused() throws {
    let folder = try TemporaryFolder()
    for (text, key) in [("{", "zoo.settings"), (#"{"x": {"subtract": [1], "divide": [0]}}"#, "zoo.normalize")] {
      try SafeTensorsWriter.write([], metadata: [(key, text)], to: folder.path + "/w.safetensors")
      let file = try SafeTensors(MappedFile(folder.path + "/w.safetensors"))
      let error = try #require(throws: WeightsNotesError.self) { _ = try WeightsNotes(file, name: "w") }
      #expect(error.message == "w: its '\(key)' cannot be read")
      #expect(error.help == "the file is damaged, or another program changed it; train again, or take a copy of it")
    }
    let error = try #require(throws: WeightsNotesError.self) {
      try InputNormalization(subtract: [1, 2], divide: [3, 4]).apply(to: TensorBuffer([1, 2, 3], shape: [1, 3]), input: "x")
    }
    #expect(error.message == "input 'x' was normalised in training, with 2 channels, but it is [1, 3]")
    #expect(error.help == "give the input as many channels, the last axis, as it was trained with")
  }
}
