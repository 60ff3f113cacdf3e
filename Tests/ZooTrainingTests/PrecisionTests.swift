import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// LeNet-5 in bf16 and int8 against f32, on the 1,000 digits that are held out.
@Suite(.serialized) struct PrecisionTests {
  private func job(_ precision: Precision, trained: Bool, epochs: Int? = nil) throws -> TrainingJob {
    let folder = Repository.root + "/manifests/cnn"
    let model = try Manifest(contentsOf: MappedFile(folder + "/lenet5.json").contents, file: "lenet5.json", folder: folder)
      .expand(settings: [:], catalog: Repository.catalog)
    var choices = TrainingJob.Choices()
    let path = Repository.root + "/zoo/weights/lenet5.safetensors"
    if trained { choices.weights = (try SafeTensors(MappedFile(path)), path) }
    choices.epochs = epochs
    choices.precision = precision
    return try TrainingJob(
      model, catalog: Repository.catalog, manifestFolder: folder, zooRoot: Repository.root + "/zoo", choices: choices)
  }

  private func accuracy(_ numbers: TrainingEvent.Numbers) throws -> Double {
    try #require(numbers.first { $0.name == "accuracy" }).value
  }

  @Test("the held-out digits are read as well as in f32", arguments: [Precision(activations: .bf16), Precision(weights: .i8)])
  func accuracyIsKept(_ precision: Precision) throws {
    let full = try job(Precision(), trained: true)
    let less = try job(precision, trained: true)
    let (wanted, got) = (
      try accuracy(full.trainer.evaluate(full.validation)), try accuracy(less.trainer.evaluate(less.validation))
    )
    #expect(wanted >= 0.96)
    #expect(abs(got - wanted) <= 0.003, "\(got) against \(wanted)")
    // They differ where they should: in their probabilities.
    #expect(try scores(less) != scores(full))
  }

  /// The output for the first sample's shape, of numbers that no digit has.
  private func scores(_ job: TrainingJob) throws -> [Float] {
    let program = try job.session.program(job.session.graph.inputSpecs(lengths: ["N": 7]))
    let floats = program.inputs[0].pointer.assumingMemoryBound(to: Float.self)
    for i in 0..<program.inputs[0].spec.count { floats[i] = Float((i * 389) % 997) / 997 }
    try program.forward()
    return program.copyOutput(0).floats
  }

  @Test func trainingInBF16LearnsToRead() throws {
    let job = try job(Precision(activations: .bf16), trained: false, epochs: 3)
    let full = try self.job(Precision(), trained: false, epochs: 3)
    let (got, wanted) = (try accuracy(job.trainer.train().validation), try accuracy(full.trainer.train().validation))
    #expect(got >= 0.92, "\(got)")
    #expect(abs(got - wanted) <= 0.01, "\(got) against \(wanted)")
    // Parameters stay f32: after updates they are no numbers of bf16.
    let weights = job.session.store.tensors.flatMap { Array($0.bytes.bindMemory(to: UInt32.self)) }
    #expect(weights.filter { $0 & 0xFFFF != 0 }.count > weights.count / 2)
  }
}
