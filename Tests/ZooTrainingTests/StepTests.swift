import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Opens the training of a manifest that is given as text.
func trainingJob(_ manifest: String, _ change: (inout TrainingJob.Choices) -> Void = { _ in }) throws -> TrainingJob {
  let model = try Manifest(contentsOf: Array(manifest.utf8), file: "m.json", folder: "/").expand(catalog: Repository.catalog)
  var choices = TrainingJob.Choices()
  change(&choices)
  return try TrainingJob(model, catalog: Repository.catalog, manifestFolder: "/", zooRoot: "/", choices: choices)
}

extension TrainingJob {
  /// The elements of a parameter.
  func floats(_ path: String) throws -> [Float] {
    let tensor = try #require(session.store.tensors.first { $0.name == path })
    return tensor.bytes.withMemoryRebound(to: Float.self) { Array($0) }
  }
}

/// The program of steps: graphs, repeats, what is updated, whole arrays, iterations.
struct TrainingStepTests {
  /// A dense layer with the one weight `value` and no bias.
  static func weight(_ name: String, _ value: Float, in input: String = "x") -> String {
    #"{"layer": "core.dense", "name": "\#(name)", "in": "\#(input)", "units": 1, "bias": false, "initialize": {"weight": {"values": [[\#(value)]]}}}"#
  }

  static let x = #""x": {"shape": ["N", 1]}, "t": {"shape": ["N", 1]}"#
  static let one = #""data": {"inputs": {"x": {"values": [[1]]}, "t": {"values": [[3]]}}}"#
  static let sgd = #""optimizer": {"layer": "core.sgd", "rate": 0.25}"#

  /// Two graphs, `a` and `b`, each with a weight of its own that is fitted to t.
  static func two(_ train: String) -> String {
    """
    {"zoo": 1, "graphs": {
      "a": {"inputs": {\(x)}, "graph": [\(weight("wa", 1)), {"layer": "core.mse", "name": "a_loss", "in": ["wa", "t"]}]},
      "b": {"inputs": {\(x)}, "graph": [\(weight("wb", 2)), {"layer": "core.mse", "name": "b_loss", "in": ["wb", "t"]}]},
      "unused": {"inputs": {"x": {"shape": ["N", 4]}}, "graph": [{"layer": "core.dense", "name": "extra", "units": 2}]}},
     "train": {\(train), \(one), \(sgd), "epochs": 1}}
    """
  }

  // The gradient of (w - 3)^2 is 2 (w - 3), so a step at rate 0.25 halves what is missing: 1 -> 2, 2 -> 2.5.
  @Test func everyStepUpdatesTheParametersOfItsOwnGraphOnly() throws {
    let job = try trainingJob(Self.two(#""steps": [{"graph": "a", "minimize": "a_loss"}, {"graph": "b", "minimize": "b_loss"}]"#))
    let summary = try job.trainer.train()
    #expect(try job.floats("wa.weight") == [2])
    #expect(try job.floats("wb.weight") == [2.5])
    #expect(summary.steps == 2)
    #expect(summary.training.map(\.name) == ["a_loss", "b_loss"])
    #expect(summary.training.map(\.value) == [4, 1])
  }

  // 1 -> 2 -> 2.5 -> 2.75; the losses are 4, 1 and 0.25.
  @Test func aRepeatedStepIsDoneThatOften() throws {
    let job = try trainingJob(
      Self.two(#""steps": [{"graph": "a", "minimize": "a_loss", "repeat": 3}, {"graph": "b", "minimize": "b_loss"}]"#))
    let summary = try job.trainer.train()
    #expect(try job.floats("wa.weight") == [2.75])
    #expect(try job.floats("wb.weight") == [2.5])
    #expect(summary.steps == 4)
    #expect(summary.training.map(\.value) == [1.75, 1])
  }

  @Test func metricsOfGraphsThatNoStepRunsAreReportedAfterEachEpoch() throws {
    let job = try trainingJob(
      Self.two(
        #""steps": [{"graph": "a", "minimize": "a_loss"}], "metrics": {"own": {"graph": "a", "value": "a_loss"}, "other": {"graph": "b", "value": "b_loss"}}"#
      ))
    var numbers: [[String]] = []
    let summary = try job.trainer.train { event in
      if case .step(_, _, _, let means, _, _) = event { numbers.append(means.map(\.name)) }
    }
    #expect(numbers == [["a_loss", "own"]])
    #expect(summary.training.map(\.name) == ["a_loss", "own", "other"])
    #expect(summary.training.map(\.value) == [4, 4, 1])
    #expect(try job.floats("wb.weight") == [2])
  }

  @Test func weightsHoldTheParametersOfEveryGraph() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/w.safetensors"
    let job = try trainingJob(Self.two(#""steps": [{"graph": "a", "minimize": "a_loss"}]"#)) { $0.output = path }
    _ = try job.trainer.train()
    let names = try SafeTensors(MappedFile(path)).entries.map(\.name).sorted()
    #expect(names == ["extra.bias", "extra.weight", "wa.weight", "wb.weight"])
  }

  @Test func aGraphThatCannotBePlannedIsNamed() throws {
    let manifest = """
      {"zoo": 1, "graphs": {"a": {"inputs": {\(Self.x)}, "graph": [\(Self.weight("wa", 1)), {"layer": "core.mse", "name": "loss", "in": ["wa", "t"]}]},
        "image": {"inputs": {"x": {"shape": ["N", "H", "W", 1]}}, "graph": [{"layer": "cnn.conv2d", "name": "c", "channels": 1, "kernel": 3}]}},
       "train": {"steps": [{"graph": "a", "minimize": "loss"}], \(Self.one), \(Self.sgd)}}
      """
    do {
      _ = try trainingJob(manifest)
      Issue.record("it was planned")
    } catch let error as TrainingError {
      #expect(error.message.hasPrefix("the parameters of graph 'image' are not known: "))
      #expect(error.help == "weights hold the parameters of every graph; it is planned with axes as long as in the data, or 1")
    }
  }

  @Test func frozenLayersStayWhateverTheOptimizerDoes() throws {
    let manifest = """
      {"zoo": 1, "inputs": {\(Self.x)}, "graph": [\(Self.weight("free", 1)), {"graph": [\(Self.weight("kept", 2, in: "free"))], "name": "g", "frozen": true}],
       "train": {"graph": [{"layer": "core.mse", "name": "loss", "in": ["g", "t"]}], "steps": [{"minimize": "loss"}], \(Self.one),
         "optimizer": {"layer": "core.adamw", "rate": 0.1, "weight_decay": 0.5}}}
      """
    let job = try trainingJob(manifest)
    _ = try job.trainer.train()
    #expect(try job.floats("g.kept.weight") == [2])
    #expect(try job.floats("free.weight") != [1])
  }

  // l.kept and m.still are frozen, l.judge only says when the loop ends, nothing takes from unused: decay must not reach them either.
  @Test func decayPassesByWhatNoGradientReachesInsideALoop() throws {
    let manifest = """
      {"zoo": 1, "inputs": {\(Self.x)},
       "graph": [{"loop": [\(Self.weight("kept", 2, in: "h").dropLast()), "frozen": true}, \(Self.weight("free", 0.5, in: "kept")),
                           \(Self.weight("judge", 3, in: "free")), {"layer": "core.scale", "name": "over", "factor": 1, "offset": -1e6}, {"layer": "core.relu", "name": "done"},
                           {"layer": "core.sum", "name": "until"}],
                  "name": "l", "carry": {"h": "x"}, "next": {"h": "free"}, "until": "until", "times": 2},
                 {"loop": [\(Self.weight("still", 4, in: "g"))], "name": "m", "carry": {"g": "l"}, "times": 1, "frozen": true},
                 {"cond": "x", "name": "c", "then": [\(Self.weight("then", 5, in: "m"))], "else": [{"layer": "core.identity", "in": "m"}]},
                 \(Self.weight("unused", 6, in: "x"))],
       "outputs": {"y": "c"},
       "train": {"graph": [{"layer": "core.mse", "name": "loss", "in": ["c", "t"]}], "steps": [{"minimize": "loss"}], \(Self.one),
         "optimizer": {"layer": "core.adamw", "rate": 0.1, "weight_decay": 0.5}}}
      """
    let job = try trainingJob(manifest)
    _ = try job.trainer.train()
    for (path, value) in [("l.kept.weight", 2), ("l.judge.weight", 3), ("m.still.weight", 4), ("unused.weight", 6)] as [(String, Float)] {
      #expect(try job.floats(path) == [value], "\(path)")
    }
    for (path, value) in [("l.free.weight", 0.5), ("c.then.then.weight", 5)] as [(String, Float)] {
      #expect(try job.floats(path) != [value], "\(path)")
    }
  }

  // Every element is 2 or 0, each with probability 1/2: a mean tells which numbers were drawn.
  static func dropped(_ others: String) -> String {
    let ones = Array(repeating: "1", count: 64).joined(separator: ", ")
    return """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 64]}}, "graph": [{"layer": "core.dropout", "name": "drop", "probability": 0.5}, {"layer": "core.dense", "name": "w",
         "units": 1, "bias": false, "initialize": {"weight": {"constant": 1}}}],
       "train": {"graph": [{"layer": "core.mean", "name": "loss"}],
         "data": {"inputs": {"x": {"values": [[\(ones)]], "rows": false}}}, "optimizer": {"layer": "core.sgd", "rate": 0}, \(others)}}
      """
  }

  @Test func everyExecutionOfAStepDrawsNumbersOfItsOwn() throws {
    func mean(_ others: String) throws -> Double { try trainingJob(Self.dropped(others)).trainer.train().training[0].value }
    let first = try mean(#""steps": [{"minimize": "loss"}]"#)
    let repeated = try mean(#""steps": [{"minimize": "loss", "repeat": 2}]"#)
    #expect(first != repeated)
    #expect(try mean(#""steps": [{"minimize": "loss"}], "iterations": 2"#) == repeated)
  }

  // 1 -> 2 -> 2.5 -> 2.75 -> 2.875: two epochs of two iterations on an array that is given whole.
  @Test func wholeArraysAreGivenAtEveryIteration() throws {
    let manifest = """
      {"zoo": 1, "inputs": {\(Self.x)}, "graph": [\(Self.weight("w", 1))],
       "train": {"graph": [{"layer": "core.mse", "name": "loss", "in": ["w", "t"]}], "steps": [{"minimize": "loss"}], \(Self.sgd), "iterations": 2, "epochs": 2,
         "data": {"inputs": {"x": {"values": [[1], [-1], [1]], "rows": false}, "t": {"values": [[6], [-6], [6]], "rows": false, "scale": 0.5}}}}}
      """
    let job = try trainingJob(manifest)
    let summary = try job.trainer.train()
    #expect(summary.steps == 4)
    #expect(try job.floats("w.weight") == [2.875])
    #expect(summary.training.map(\.value) == [(0.25 + 0.0625) / 2])
  }

  // The edges are given whole, the examples by rows: 4 rows in batches of 3 are two iterations.
  @Test func wholeArraysAndRowsGoTogether() throws {
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}, "shift": {"shape": [1, 1]}}, "graph": [{"layer": "core.add", "name": "sum", "in": ["x", "shift"]}, \(Self.weight("w", 1, in: "sum"))],
       "train": {"graph": [{"layer": "core.mean", "name": "loss"}], "steps": [{"minimize": "loss"}], "optimizer": {"layer": "core.sgd", "rate": 0}, "batch": 3, "shuffle": false,
         "data": {"inputs": {"x": {"values": [[1], [2], [3], [8]]}, "shift": {"values": [[10]], "rows": false}}}}}
      """
    var means: [Double] = []
    _ = try trainingJob(manifest).trainer.train { event in
      if case .step(_, _, _, let numbers, _, _) = event { means.append(numbers[0].value) }
    }
    #expect(means == [12, 13.5])
  }

  @Test func withoutDataTrainingTakesAsManyIterationsAsItSays() throws {
    let manifest = """
      {"zoo": 1, "inputs": {"h": {"shape": [1, 1]}}, "graph": [\(Self.weight("w", 1, in: "h"))],
       "train": {"graph": [{"layer": "core.mean", "name": "loss"}], "steps": [{"minimize": "loss"}], "carry": {"h": "h"}, "iterations": 3, "epochs": 2, \(Self.sgd)}}
      """
    let summary = try trainingJob(manifest).trainer.train()
    #expect(summary.steps == 6)
    #expect(summary.training.map(\.value) == [0])
  }
}
