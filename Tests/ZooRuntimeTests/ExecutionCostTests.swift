import CAllocations
import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// What running costs beside the arithmetic.
@Suite(.serialized) struct ExecutionCostTests {
  private func model(_ path: String) throws -> Model {
    let file = try MappedFile(Repository.root + "/manifests/" + path)
    return try Manifest(contentsOf: file.contents, file: path, folder: Repository.root + "/manifests")
      .expand(settings: [:], catalog: Repository.catalog)
  }

  @Test func aDispatchCostsLessThan200NanosecondsALayer() throws {
    let count = 1000
    let layers = (0..<count).map { "{\"layer\": \"core.identity\", \"name\": \"n\($0)\"}" }.joined(separator: ",")
    let text =
      "{\"zoo\": 1, \"name\": \"chain\", \"inputs\": {\"x\": {\"shape\": [1]}}, \"graph\": [\(layers)], \"outputs\": {\"y\": \"n\(count - 1)\"}}"
    let model = try Manifest(contentsOf: Array(text.utf8), file: "chain.json", folder: "/").expand(
      settings: [:], catalog: Repository.catalog)
    let program = try Session(model.graph, fuse: false).program([Spec([1])])
    program.inputs[0].pointer.storeBytes(of: 7, as: Float.self)
    var best = Double.infinity
    for _ in 0..<200 {
      let start = monotonicSeconds()
      try program.forward()
      best = min(best, monotonicSeconds() - start)
    }
    #expect(program.copyOutput(0).floats == [7])
    let nanoseconds = best / Double(count) * 1e9
    #expect(nanoseconds < 200, "\(nanoseconds) ns a layer")
  }

  @Test func theCounterCounts() {
    zoo_count_allocations()
    zoo_allocate_once()
    #expect(zoo_allocations() == 1)
  }

  @Test("running allocates nothing", arguments: [1, 64]) func inferenceAllocatesNothing(batch: Int) throws {
    Threads.count = 1  // the counter sees this thread's allocations: let there be no other
    defer { Threads.count = 0 }
    let program = try Session(model("cnn/lenet5.json").graph).program([Spec([batch, 28, 28, 1])])
    try program.forward()
    zoo_count_allocations()
    let result = Result { try program.forward() }
    let allocations = zoo_allocations()
    try result.get()
    #expect(allocations == 0)
  }

  @Test func trainingAllocatesNothing() throws {
    Threads.count = 1
    defer { Threads.count = 0 }
    let model = try model("cnn/lenet5.json")
    let training = try #require(model.training)
    let session = Session(model.graph, inPlace: false)
    let program = try session.trainingProgram(
      training.graphs[0].graph, inputs: training.graphs[0].graph.inputSpecs(lengths: ["N": 64]), minimise: training.steps[0].minimized)
    let step = training.steps[0]
    let updater = try Updater(
      step.optimizer.kind, attributes: step.optimizer.attributes, parameters: program.trained, store: session.store,
      run: session.run, place: nil)
    func once(_ number: Int) throws {
      try program.forward()
      try program.backward()
      try updater.update(rate: 0.001, step: number)
    }
    try once(1)
    zoo_count_allocations()
    let result = Result { try once(2) }
    let allocations = zoo_allocations()
    try result.get()
    #expect(allocations == 0)
  }

  // Groups, a schedule, clipping, two batches an update, noise, loss scaling and an average: four iterations an epoch.
  @Test("an iteration of training allocates nothing", arguments: [#"{"norm": 0.1}"#, #"{"value": 0.1}"#])
  func aTrainingProgramAllocatesNothing(clip: String) throws {
    Threads.count = 1
    defer { Threads.count = 0 }
    let rows = "[\((0..<32).map { "[\($0 % 7), \($0 % 5)]" }.joined(separator: ", "))]"
    let text = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}}, "graph": [{"layer": "core.dense", "units": 8}, {"layer": "core.tanh"}, {"layer": "core.dense", "name": "d", "units": 2}],
       "train": {"graph": [{"layer": "core.mse", "name": "loss", "in": ["d", "x"]}, {"layer": "core.mean", "name": "m", "in": "d"}], "metrics": {"m": "m"},
         "data": {"inputs": {"x": {"values": \(rows)}}}, "steps": [{"minimize": {"loss": 1, "m": 0.1}, "repeat": 2}], "batch": 4, "accumulate": 2, "epochs": 3,
         "optimizer": {"layer": "core.adamw", "rate": 0.01, "clip": \(clip), "groups": [{"update": "*.bias", "weight_decay": 0, "rate": 0.02}],
                       "schedule": [{"layer": "core.linear_warmup", "for": 6}, {"layer": "core.cosine_decay"}]},
         "average": {"decay": 0.9}, "weight_noise": 0.01, "loss_scale": "dynamic"}}
      """
    let model = try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: "/").expand(catalog: Repository.catalog)
    let job = try TrainingJob(model, catalog: Repository.catalog, manifestFolder: "/", zooRoot: "/")
    var counted: [UInt64] = []
    _ = try job.trainer.train { event in
      switch event {
      case .updated(let iteration, _):
        let allocations = zoo_allocations()
        // The first of an epoch comes after an evaluation and a shuffle.
        if iteration > 4, iteration % 4 != 1 { counted.append(UInt64(allocations)) }
      case .step: zoo_count_allocations()
      default: break
      }
    }
    #expect(counted == [0, 0, 0, 0, 0, 0])
  }
}
