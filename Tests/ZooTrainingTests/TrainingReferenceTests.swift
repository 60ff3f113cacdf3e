import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Ten steps of a small network against PyTorch's, which Tests/Reference/training_program.py has computed in double precision.
struct TrainingReferenceTests {
  private let file: SafeTensors
  private let norms: JSON

  init() throws {
    file = try SafeTensors(MappedFile(Repository.fixtures + "/training/program.safetensors"))
    let text = try #require(file.metadata.first { $0.name == "norms" }).value
    norms = try JSONDocument(Array(text.utf8), file: "norms").root
  }

  private func floats(_ name: String) throws -> [Float] {
    let entry = try #require(file[name])
    return (0..<entry.spec.count).map { file.bytes(of: entry).loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
  }

  /// Numbers as a manifest has them, in rows.
  private func rows(_ name: String) throws -> String {
    let entry = try #require(file[name]), floats = try floats(name)
    guard entry.spec.rank == 2 else { return "\(floats)" }
    let width = entry.spec.shape[1]
    return "[\(stride(from: 0, to: floats.count, by: width).map { "\(Array(floats[$0..<$0 + width]))" }.joined(separator: ", "))]"
  }

  private func dense(_ name: String, _ units: Int) throws -> String {
    let (weight, bias) = (try rows("initial/\(name).weight"), try rows("initial/\(name).bias"))
    return
      #"{"layer": "core.dense", "name": "\#(name)", "units": \#(units), "initialize": {"weight": {"values": \#(weight)}, "bias": {"values": \#(bias)}}}"#
  }

  private func job(_ train: String, _ change: (inout TrainingJob.Choices) -> Void = { _ in }) throws -> TrainingJob {
    try trainingJob(
      """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 3]}}, "graph": [\(try dense("hidden", 5)), {"layer": "core.tanh"}, \(try dense("out", 1))],
       "train": {"inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["out", "t"]}],
         "data": {"inputs": {"x": {"values": \(try rows("x"))}, "t": {"values": \(try rows("t"))}}}, "steps": [{"minimize": "loss"}],
         "shuffle": false, "epochs": 5, \(train)}}
      """, change)
  }

  private func check(_ tensors: [NamedTensor], _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(tensors.map(\.name).sorted() == ["hidden.bias", "hidden.weight", "out.bias", "out.weight"], sourceLocation: sourceLocation)
    for tensor in tensors {
      let got = tensor.bytes.withMemoryRebound(to: Float.self) { Array($0) }
      let differences = zip(got, try floats("\(name)/\(tensor.name)")).map { ($0 - $1).magnitude }
      #expect((differences.max() ?? 1) < 1e-6, "\(tensor.name)", sourceLocation: sourceLocation)
    }
  }

  /// Trains, and gives the norms of the gradients as they were reported.
  private func train(_ job: TrainingJob) throws -> [Double?] {
    var norms: [Double?] = []
    _ = try job.trainer.train { event in
      if case .updated(_, let steps) = event { norms.append(steps[0].gradientNorm) }
    }
    return norms
  }

  static let schedule =
    #""schedule": [{"layer": "core.linear_warmup", "start": 0.25, "for_epochs": 2}, {"layer": "core.cosine_decay"}]"#

  @Test func groupsAScheduleAndClippingByTheNorm() throws {
    let job = try job(
      #""batch": 12, "optimizer": {"layer": "core.adamw", "rate": 0.02, "weight_decay": 0.1, \#(Self.schedule), "clip": {"norm": 0.3}, "groups": [{"update": "*.bias", "rate": 0.01, "weight_decay": 0}]}"#
    )
    let measured = try train(job)
    try check(job.session.store.tensors, "groups")
    let expected = try #require(norms["groups"]?.array).map(\.number)
    #expect(measured.count == 10)
    for (a, b) in zip(measured, expected) {
      let (a, b) = (try #require(a), try #require(b))
      #expect((a - b).magnitude < 1e-5)
    }
  }

  @Test("clipping by value, and averages", arguments: [("running", #""decay": 0.8"#), ("arithmetic", #""arithmetic": true"#)])
  func averages(_ name: String, _ average: String) throws {
    let folder = try TemporaryFolder()
    let job = try job(
      #""batch": 12, "optimizer": {"layer": "core.momentum", "rate": 0.1, "clip": {"value": 0.05}}, "average": {\#(average)}"#
    ) { $0.output = folder.path + "/w.safetensors" }
    _ = try job.trainer.train()
    try check(job.session.store.tensors, "value")
    let saved = try SafeTensors(MappedFile(folder.path + "/w-average.safetensors"))
    try check(saved.entries.map { NamedTensor($0.name, $0.spec, saved.bytes(of: $0)) }, name)
  }

  @Test func threeBatchesOfFourAreOneOfTwelve() throws {
    let momentum = #""optimizer": {"layer": "core.momentum", "rate": 0.1}"#
    let parts = try job(#""batch": 4, "accumulate": 3, \#(momentum)"#)
    #expect(try parts.trainer.train().steps == 10)
    try check(parts.session.store.tensors, "accumulate")
    let whole = try job(#""batch": 12, \#(momentum)"#)
    _ = try whole.trainer.train()
    try check(whole.session.store.tensors, "accumulate")
  }

  // 24 rows in batches of 7, two at a time: 14, then 7 and a rest of 3; in batches of 5: 10, 10 and a rest of 4 in one batch.
  @Test("what is left of an epoch counts by its rows", arguments: [(7, 10), (5, 15)])
  func rest(_ batch: Int, _ steps: Int) throws {
    let sgd = #""optimizer": {"layer": "core.sgd", "rate": 0.1}"#
    let parts = try job(#""batch": \#(batch), "accumulate": 2, \#(sgd)"#), whole = try job(#""batch": \#(2 * batch), \#(sgd)"#)
    let summaries = [try parts.trainer.train(), try whole.trainer.train()]
    #expect(summaries.map(\.steps) == [steps, steps])
    #expect((summaries[0].training[0].value - summaries[1].training[0].value).magnitude < 1e-6)
    for path in ["hidden.weight", "out.bias"] {
      for (a, b) in zip(try parts.floats(path), try whole.floats(path)) { #expect((a - b).magnitude < 1e-6, "\(path)") }
    }
  }

  // A power of 2 changes no bit on the way there and back.
  @Test func aLossScaleChangesNothingWhereNothingOverflows() throws {
    let momentum = #""batch": 12, "optimizer": {"layer": "core.momentum", "rate": 0.1}"#
    let plain = try job(momentum)
    _ = try plain.trainer.train()
    for scale in ["1024", "\"dynamic\""] {
      let scaled = try job(#"\#(momentum), "loss_scale": \#(scale)"#)
      #expect(try scaled.trainer.train().skipped == 0)
      for path in ["hidden.weight", "hidden.bias", "out.weight", "out.bias"] {
        #expect(try scaled.floats(path) == plain.floats(path), "\(scale) \(path)")
      }
    }
  }
}
