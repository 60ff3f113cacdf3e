import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// LeNet-5 on real digits: what training reaches, and that it depends on the seed alone.
@Suite(.serialized) struct LeNetTests {
  private func job(_ change: (inout TrainingJob.Choices) -> Void, settings: [String: JSON] = [:]) throws -> TrainingJob {
    let folder = Repository.root + "/manifests/cnn"
    let model = try Manifest(contentsOf: MappedFile(folder + "/lenet5.json").contents, file: "lenet5.json", folder: folder)
      .expand(settings: settings, catalog: Repository.catalog)
    var choices = TrainingJob.Choices()
    change(&choices)
    return try TrainingJob(
      model, catalog: Repository.catalog, manifestFolder: folder, zooRoot: Repository.root + "/zoo", choices: choices)
  }

  private func bits(_ job: TrainingJob) -> [[UInt8]] { job.session.store.tensors.map { Array($0.bytes) } }

  @Test func theCommittedWeightsReadAtLeast96PercentOfTheHeldOutDigits() throws {
    let path = Repository.root + "/zoo/weights/lenet5.safetensors"
    let job = try job { $0.weights = (try? SafeTensors(MappedFile(path))).map { ($0, path) } }
    #expect(job.session.store.trainableCount == 61_706)
    #expect(job.validation.count == 1000)
    let numbers = try job.trainer.evaluate(job.validation)
    let accuracy = try #require(numbers.first { $0.name == "accuracy" })
    #expect(accuracy.value >= 0.96)
  }

  @Test func fullTrainingReachesAtLeast96Percent() throws {
    let start = monotonicSeconds()
    let summary = try job { _ in }.trainer.train()
    #expect(monotonicSeconds() - start < 60)
    let accuracy = try #require(summary.validation.first { $0.name == "accuracy" })
    #expect(accuracy.value >= 0.96, "\(accuracy.value)")
  }

  @Test func theNumberOfThreadsChangesNoBit() throws {
    var reference: [[UInt8]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let job = try job { $0.epochs = 2 }
      _ = try job.trainer.train()
      if let reference { #expect(bits(job) == reference, "\(threads) threads") } else { reference = bits(job) }
    }
  }

  @Test func theSeedChangesTheWeights() throws {
    let jobs = try [1, 2].map { seed in try job { ($0.epochs, $0.seed) = (1, seed) } }
    for job in jobs { _ = try job.trainer.train() }
    #expect(bits(jobs[0]) != bits(jobs[1]))
  }

  @Test func aCancelledRunStopsAfterItsStepAndSaves() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/w.safetensors"
    let job = try job { $0.output = path }
    let summary = try job.trainer.train { event in
      if case .step(_, 5, _, _, _, _) = event { job.session.run.cancel() }
    }
    #expect(summary.wasInterrupted)
    #expect(summary.steps == 5)
    let file = try SafeTensors(MappedFile(path))
    for tensor in job.session.store.tensors {
      let entry = try #require(file[tensor.name])
      #expect(Array(file.bytes(of: entry)) == Array(tensor.bytes))
    }
  }

  @Test func divergenceIsToldWhereItBeganAndKeepsTheLastWeights() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/w.safetensors"
    let manifest = """
      {"zoo": 1, "name": "boom", "inputs": {"x": {"shape": ["N", 2]}},
       "graph": [{"layer": "core.dense", "name": "d", "units": 1}], "outputs": {"y": "d"},
       "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["d", "t"]}],
         "data": {"inputs": {"x": {"values": [[1, 2], [3, 4]]}, "t": {"values": [[1], [0]]}}},
         "steps": [{"minimize": "loss"}], "optimizer": {"layer": "core.sgd", "rate": 1e12}, "batch": 2, "epochs": 50, "shuffle": false}}
      """
    let model = try Manifest(contentsOf: Array(manifest.utf8), file: "boom.json", folder: folder.path)
      .expand(settings: [:], catalog: Repository.catalog)
    var choices = TrainingJob.Choices()
    choices.output = path
    let job = try TrainingJob(model, catalog: Repository.catalog, manifestFolder: folder.path, zooRoot: folder.path, choices: choices)
    do {
      _ = try job.trainer.train()
      Issue.record("training did not diverge")
    } catch let error as TrainingError {
      #expect(error.message == "'loss' is inf at step 3, in epoch 3: it first appeared in layer 'loss' (core.mse): loss is inf")
      #expect(error.help == "lower the learning rate; \(path) holds the weights of the epoch before")
    }
    let saved = try SafeTensors(MappedFile(path))
    for entry in saved.entries {
      let floats = saved.bytes(of: entry).withMemoryRebound(to: Float.self) { Array($0) }
      #expect(floats.allSatisfy { $0.isFinite })
    }
  }
}
