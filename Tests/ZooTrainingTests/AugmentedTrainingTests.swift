import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Layers that do something by chance, inside of training.
struct AugmentedTrainingTests {
  /// Images of 4 by 4 through every augmentation, to logits whose weights start as they are told.
  static func images(_ augmentations: String) -> String {
    func pixel(_ place: Int) -> String {
      let value = place * 7 % 11
      return "[\(Double(value) / 8)]"
    }
    let rows = (0..<12).map { (row: Int) -> String in "[" + (0..<4).map { pixel(4 * row + $0) }.joined(separator: ", ") + "]" }
    let images = (0..<3).map { (n: Int) -> String in "[" + rows[4 * n..<4 * n + 4].joined(separator: ", ") + "]" }
    let pixels = "[" + images.joined(separator: ", ") + "]"
    return """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 4, 4, 1]}}, "graph": [\(augmentations){"layer": "core.flatten"},
         {"layer": "core.dense", "name": "logits", "units": 2, "initialize": {"weight": {"constant": 0.125}, "bias": {"constant": 0}}}],
       "train": {"inputs": {"label": {"shape": ["N"], "dtype": "i64"}},
         "graph": [{"layer": "core.label_noise", "name": "noisy", "in": "label", "classes": 2, "probability": 0.25},
                   {"layer": "core.cross_entropy", "name": "loss", "in": ["logits", "noisy"]}],
         "data": {"inputs": {"x": {"values": \(pixels)}, "label": {"values": [0, 1, 0]}}}, "steps": [{"minimize": "loss"}],
         "optimizer": {"layer": "core.sgd", "rate": 0.5}, "batch": 3, "epochs": 4}}
      """
  }

  static let augmentations = """
    {"layer": "core.random_rotate"}, {"layer": "core.random_crop", "padding": 1}, {"layer": "core.random_shift"},
    {"layer": "core.random_flip"}, {"layer": "core.gaussian_noise"},
    """

  @Test func whatIsLearnedDependsOnTheSeedAndNothingElse() throws {
    func learned(seed: UInt64) throws -> [Float] {
      let job = try trainingJob(Self.images(Self.augmentations)) { $0.seed = seed }
      _ = try job.trainer.train()
      return try job.floats("logits.weight")
    }
    let first = try learned(seed: 1)
    #expect(try learned(seed: 1) == first)
    #expect(try learned(seed: 2) != first)
    #expect(first.contains { $0 != 0.125 })
  }

  @Test func inInferenceImagesAreWhatTheyAre() throws {
    func logits(_ augmentations: String) throws -> [Float] {
      let program = try trainingJob(Self.images(augmentations)).session.program([Spec([2, 4, 4, 1])])
      (0..<32).map { Float($0) }.withUnsafeBytes { program.inputs[0].bytes.copyMemory(from: $0) }
      try program.forward()
      return program.copyOutput(0).floats
    }
    #expect(try logits(Self.augmentations) == logits(""))
  }

  // Logits of zeros say 1/5 to each of the five tokens: the loss of what is asked for is log 5, and 0 where nothing is.
  @Test("the masked are asked for, in training or always", arguments: [false, true])
  func maskedTokens(_ isAlways: Bool) throws {
    let manifest = """
      {"zoo": 1, "inputs": {"tokens": {"shape": ["N", 6], "dtype": "i64"}},
       "graph": [{"layer": "core.random_mask", "name": "mask", "vocabulary": 5, "mask_token": 4, "probability": 0.5, "always": \(isAlways)},
                 {"layer": "core.embedding", "name": "embed", "in": "mask.masked", "count": 5, "width": 3},
                 {"layer": "core.dense", "name": "logits", "units": 5, "initialize": {"weight": {"constant": 0}, "bias": {"constant": 0}}}],
       "train": {"graph": [{"layer": "core.cross_entropy", "name": "loss", "in": ["logits", "mask.targets"]}],
         "data": {"inputs": {"tokens": {"values": [[0, 1, 2, 3, 2, 1], [3, 3, 0, 0, 1, 1], [0, 1, 0, 1, 2, 2], [3, 2, 1, 0, 3, 2]]}},
           "train": [0, 2], "validation": [2, 4]},
         "steps": [{"minimize": "loss"}], "optimizer": {"layer": "core.sgd", "rate": 0}}}
      """
    let summary = try trainingJob(manifest).trainer.train()
    #expect(abs(summary.training[0].value - log(5)) < 1e-6)
    #expect(abs(summary.validation[0].value - (isAlways ? log(5) : 0)) < 1e-6)
  }
}
