import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Training that goes on from a checkpoint as if it had never stopped, bit for bit.
struct ResumeTests {
  private static func rows(_ count: Int, _ width: Int) -> String {
    let rows = (0..<count).map { r in "[\((0..<width).map { c in "\(Double((r * 37 + c * 101) % 97) / 48.5 - 1)" }.joined(separator: ","))]"
    }
    return "[\(rows.joined(separator: ","))]"
  }

  /// Shuffling, dropout, running statistics, noise on weights, two batches an update, groups, a schedule, loss scaling, averages.
  static let shuffled = """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 4]}},
     "graph": [{"layer": "core.dense", "name": "a", "units": 8}, {"layer": "core.batch_norm", "name": "norm"}, {"layer": "core.relu"}, {"layer": "core.dropout", "probability": 0.3},
               {"layer": "core.dense", "name": "b", "units": 1}],
     "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["b", "t"]}, {"layer": "core.mean", "name": "m", "in": "b"}],
       "data": {"inputs": {"x": {"values": \(rows(41, 4))}, "t": {"values": \(rows(41, 1))}}, "validation": 0.2}, "metrics": {"m": "m"},
       "steps": [{"minimize": "loss", "repeat": 2}, {"minimize": {"loss": 0.5}, "update": "b.*", "optimizer": {"layer": "core.nesterov", "rate": 0.01}}],
       "optimizer": {"layer": "core.adam", "rate": 0.01, "schedule": [{"layer": "core.linear_warmup", "for": 5}, {"layer": "core.cosine_decay"}], "clip": {"norm": 0.5},
                     "groups": [{"update": "*.bias", "rate": 0.02}]},
       "average": {"decay": 0.9}, "weight_noise": 0.01, "loss_scale": "dynamic", "accumulate": 2, "batch": 5, "epochs": 3,
       "stop": {"value": "loss_1", "patience": 9}, "keep": {"best": "loss_1"}}}
    """

  /// State that is carried from batch to batch.
  static let streamed = """
    {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}, "s": {"shape": ["N", 2]}},
     "graph": [{"layer": "core.add", "name": "sum", "in": ["x", "s"]}, {"layer": "core.dense", "name": "d", "units": 2}, {"layer": "core.tanh", "name": "next"}],
     "train": {"inputs": {"t": {"shape": ["N", 2]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["next", "t"]}], "carry": {"s": "next"},
       "data": {"inputs": {"x": {"values": \(rows(30, 2))}, "t": {"values": \(rows(30, 2))}}}, "steps": [{"minimize": "loss"}],
       "optimizer": {"layer": "core.momentum", "rate": 0.05}, "batch": 4, "accumulate": 2, "epochs": 3, "average": {"arithmetic": true}}}
    """

  /// What a run leaves: its parameters, and every number that it has told.
  private struct Outcome: Equatable {
    var parameters: [[UInt8]] = []
    var average: [UInt8] = []
    var numbers: [String: [Double]] = [:]
    var rates: [Int: [Double]] = [:]
    var epochs = 0
    var steps = 0
  }

  /// Trains in a folder until so many iterations are done; nil: to the end.
  private func train(_ manifest: String, in folder: String, resuming: Bool = false, until last: Int? = nil, into outcome: inout Outcome)
    throws
  {
    let job = try trainingJob(manifest) {
      $0.checkpoints = folder
      $0.output = folder + "/weights.safetensors"
      $0.resumes = resuming
    }
    let summary = try job.trainer.train { event in
      switch event {
      case .updated(let iteration, let steps):
        outcome.rates[iteration] = steps.flatMap { [$0.rate, $0.gradientNorm ?? 0, $0.lossScale ?? 0] }
        if iteration == last { job.trainer.interruption.cancel() }
      case .step(let epoch, let step, _, let numbers, _, _): outcome.numbers["\(epoch) \(step)"] = numbers.map(\.value)
      case .epoch(let epoch, _, let training, let validation, _, _, _): outcome.numbers["\(epoch)"] = (training + validation).map(\.value)
      default: break
      }
    }
    outcome.parameters = job.session.store.tensors.map { Array($0.bytes) }
    outcome.average = try MappedFile(folder + "/weights-average.safetensors").contents
    (outcome.epochs, outcome.steps) = (summary.epochs, summary.steps)
    #expect(summary.wasInterrupted == (last != nil))
  }

  // 33 rows in batches of 5: 7 batches, 4 iterations an epoch. 7 batches of streams: also 4.
  @Test("a run that was stopped ends as one that was not", arguments: [shuffled, streamed])
  func goesOn(_ manifest: String) throws {
    let whole = try TemporaryFolder()
    var expected = Outcome()
    try train(manifest, in: whole.path, into: &expected)
    #expect(expected.epochs == 3)
    #expect(expected.rates.count == 12)
    for stops in [[1], [4], [6, 7], [3, 8, 11], [12]] {
      let folder = try TemporaryFolder()
      var outcome = Outcome()
      for (i, stop) in stops.enumerated() { try train(manifest, in: folder.path, resuming: i > 0, until: stop, into: &outcome) }
      try train(manifest, in: folder.path, resuming: true, into: &outcome)
      #expect(outcome == expected, "\(stops)")
    }
  }

  @Test func aRunThatHasEndedHasNothingLeftToDo() throws {
    let folder = try TemporaryFolder()
    var outcome = Outcome()
    try train(Self.streamed, in: folder.path, into: &outcome)
    var again = Outcome()
    try train(Self.streamed, in: folder.path, resuming: true, into: &again)
    #expect(again.parameters == outcome.parameters)
    #expect(again.rates.isEmpty)
    #expect(again.steps == outcome.steps)
    // Longer than it was, it goes on: no schedule knew how long it would be.
    try train(Self.streamed.replacing(#""epochs": 3"#, with: #""epochs": 4"#), in: folder.path, resuming: true, into: &again)
    #expect(again.rates.keys.sorted() == [13, 14, 15, 16])
  }

  // MARK: What is kept

  private func files(_ folder: String) -> [String] { Repository.files(in: folder).filter { $0.hasPrefix("checkpoint") }.sorted() }

  @Test func theLastOnesAndTheBestAreKept() throws {
    let folder = try TemporaryFolder()
    var outcome = Outcome()
    try train(
      Self.shuffled.replacing(#""best": "loss_1""#, with: #""last": 1, "best": {"value": "m", "better": "higher"}"#), in: folder.path,
      into: &outcome)
    #expect(files(folder.path) == ["checkpoint-12.safetensors", "checkpoint-best.safetensors"])
    // The best epoch's own parameters.
    let best = try SafeTensors(MappedFile(folder.path + "/checkpoint-best.safetensors"))
    let weights = try SafeTensors(MappedFile(folder.path + "/weights-best.safetensors"))
    for entry in weights.entries {
      let own = try #require(best[entry.name])
      #expect(Array(best.bytes(of: own)) == Array(weights.bytes(of: entry)), "\(entry.name)")
    }
    #expect(weights.entries.count == 8)
    let other = try TemporaryFolder()
    try train(Self.streamed, in: other.path, into: &outcome)
    #expect(files(other.path) == ["checkpoint-12.safetensors", "checkpoint-8.safetensors"])
  }

  /// A process may be killed between any two files.
  @Test func weightsAreWrittenBeforeTheCheckpointTheyBelongTo() throws {
    let folder = try TemporaryFolder()
    let weights = folder.path + "/weights.safetensors"
    let job = try trainingJob(Self.streamed) {
      $0.checkpoints = folder.path
      $0.output = weights
    }
    var compared = 0
    _ = try job.trainer.train { event in
      guard case .checkpointed(let path, _) = event, let saved = try? SafeTensors(MappedFile(weights)),
        let checkpoint = try? SafeTensors(MappedFile(path))
      else { return }
      for entry in saved.entries {
        guard let own = checkpoint[entry.name] else { continue }
        #expect(Array(checkpoint.bytes(of: own)) == Array(saved.bytes(of: entry)), "\(path): \(entry.name)")
        compared += 1
      }
    }
    #expect(compared == 3 * 2)
  }

  @Test func theBestIsKeptEvenIfItsProcessWasKilledBefore() throws {
    let folder = try TemporaryFolder()
    var outcome = Outcome()
    let manifest = Self.streamed.replacing(#""epochs": 3"#, with: #""epochs": 3, "keep": {"best": "loss"}"#)
    try train(manifest, in: folder.path, into: &outcome)
    let last = try MappedFile(folder.path + "/checkpoint-12.safetensors").contents
    #expect(try MappedFile(folder.path + "/checkpoint-best.safetensors").contents == last)
    unlink(folder.path + "/checkpoint-best.safetensors")
    try train(manifest, in: folder.path, resuming: true, into: &outcome)
    #expect(try MappedFile(folder.path + "/checkpoint-best.safetensors").contents == last)
  }

  @Test func checkpointsAreWrittenWithinEpochsIfThatIsWanted() throws {
    let folder = try TemporaryFolder()
    let job = try trainingJob(Self.streamed) {
      $0.checkpoints = folder.path
      $0.saveEvery = .iterations(3)
    }
    var saved: [Int] = []
    _ = try job.trainer.train { if case .checkpointed(_, let iterations) = $0 { saved.append(iterations) } }
    #expect(saved == [3, 4, 6, 8, 9, 12])
  }

  // MARK: What is refused

  private func refusal(_ manifest: String, _ folder: String, _ change: (inout TrainingJob.Choices) -> Void = { _ in }) throws
    -> CheckpointError?
  {
    #expect(throws: CheckpointError.self) {
      try trainingJob(manifest) {
        $0.checkpoints = folder
        $0.resumes = true
        change(&$0)
      }
    }
  }

  @Test func anotherTrainingIsRefusedByName() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/checkpoint-4.safetensors"
    var outcome = Outcome()
    try train(Self.shuffled, in: folder.path, until: 4, into: &outcome)
    let batch = try refusal(Self.shuffled, folder.path) { $0.batch = 7 }
    #expect(batch?.message == "\(path): it is of another training: 'batch' was 5, and is 7")
    #expect(batch?.help == "go on with batch as it was, or start again without --resume")
    let rate = try refusal(Self.shuffled.replacing(#""core.adam", "rate": 0.01"#, with: #""core.adam", "rate": 0.02"#), folder.path)
    #expect(rate?.message == "\(path): it is of another training: 'optimizer' differs")
    #expect(rate?.help == "go on with the manifest and options that it was begun with, or start again without --resume")
    let epochs = try refusal(Self.shuffled, folder.path) { $0.epochs = 5 }
    #expect(epochs?.message == "\(path): it is of another training: 'epochs' was 3, and is 5")
    let seed = try refusal(Self.shuffled, folder.path) { $0.seed = 1 }
    #expect(seed?.message == "\(path): it is of another training: 'seed' was 0, and is 1")
    let units = Self.shuffled.replacing(#""units": 8"#, with: #""units": 9"#)
    #expect(try refusal(units, folder.path)?.message == "\(path): it is of another training: 'graph' differs")
    let data = Self.shuffled.replacing(#""validation": 0.2"#, with: #""validation": 0.3"#)
    #expect(try refusal(data, folder.path)?.message == "\(path): it is of another training: 'data.train' differs")
  }

  @Test func anEmptyFolderHasNothingToGoOnFrom() throws {
    let folder = try TemporaryFolder()
    let error = try refusal(Self.streamed, folder.path)
    #expect(error?.message == "'\(folder.path)' has no checkpoint to go on from")
    #expect(error?.help == "give the folder of a run that was stopped; without --resume training starts from the beginning")
  }

  private func write(_ bytes: [UInt8], _ path: String) throws { try AtomicFile.write(bytes, to: path) }

  @Test func aDamagedCheckpointIsNamedAndTheOneBeforeItGoesOn() throws {
    let folder = try TemporaryFolder()
    var outcome = Outcome()
    try train(Self.streamed, in: folder.path, into: &outcome)
    let (path, before) = (folder.path + "/checkpoint-12.safetensors", folder.path + "/checkpoint-8.safetensors")
    let whole = try MappedFile(path).contents
    let help = "remove it to go on from the one before, '\(before)': rm '\(path)'"

    try write(Array(whole.dropLast(9)), path)
    let short = try refusal(Self.streamed, folder.path)
    #expect(short?.message.hasPrefix("\(path): the checkpoint is damaged: ") == true)
    #expect(short?.help == help)

    // One bit of the data, and one of the state.
    let key = Array("iterations".utf8)
    let state = try #require(whole.indices.first { whole[$0...].starts(with: key) }) + key.count + 3
    for place in [whole.count - 5, state] {
      var bytes = whole
      bytes[place] ^= 1
      try write(bytes, path)
      let flipped = try refusal(Self.streamed, folder.path)
      #expect(flipped?.message == "\(path): the checkpoint is damaged: its bytes do not have its checksum")
      #expect(flipped?.help == help)
    }

    unlink(path)
    var again = Outcome()
    try train(Self.streamed, in: folder.path, resuming: true, into: &again)
    #expect(again.parameters == outcome.parameters)

    unlink(before)
    try write(Array(whole.prefix(5)), path)
    #expect(try refusal(Self.streamed, folder.path)?.help == "there is none before it: start again without --resume")
  }

  @Test func weightsAreNoCheckpoint() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/checkpoint-1.safetensors"
    try write(SafeTensorsWriter.encode([]), path)
    let error = try refusal(Self.streamed, folder.path)
    #expect(error?.message == "\(path): it is no checkpoint")
    #expect(error?.help == "checkpoints are called checkpoint-NUMBER.safetensors; weights alone are given with --weights")
  }

  @Test func wordsForWhatCannotBeMadeHere() {
    let version = CheckpointError.version(path: "c", has: 2, supported: 1)
    #expect(version.message == "c: it is a checkpoint of version 2, and this zoo reads version 1")
    #expect(version.help == "go on with the zoo that wrote it, or start again without --resume")
    let tensor = CheckpointError.otherTensor(path: "c", tensor: "t", wants: Spec([2]), has: nil)
    #expect(tensor.message == "c: it is of another training: 't' must be \(Spec([2])), but is not there")
    #expect(tensor.help == "go on with the manifest that it was begun with, or start again without --resume")
  }
}
