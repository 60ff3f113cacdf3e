import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Worked examples as manifests.
///
/// Expected numbers: Tests/Reference/worked_examples.py, in double precision.
@Suite struct WorkedExampleTests {
  private func model(_ name: String) throws -> Model {
    let path = Repository.root + "/manifests/basics/\(name).json"
    let file = try MappedFile(path)
    return try Manifest(contentsOf: file.contents, file: path, folder: Repository.root + "/manifests/basics")
      .expand(settings: [:], catalog: Repository.catalog)
  }

  // x1 = 2, x2 = 3; v3 = x1 + x2 = 5; y = v3 x1 = 10; L = y^2 = 100.
  // dL/dy = 2 y = 20; dL/dv3 = 20 x1 = 40; dL/dx1 = 20 v3 + 40 = 140; dL/dx2 = 40.
  @Test func adjointsOfAValueWithTwoConsumersAddUp() throws {
    let graph = try model("chain-rule").graph
    let session = Session(graph)
    let program = try session.trainingProgram(
      graph, inputs: graph.inputSpecs(), minimise: graph.outputs[0].source, patterns: [], inputGradients: [0, 1])
    program.inputs[0].pointer.storeBytes(of: 2, as: Float.self)
    program.inputs[1].pointer.storeBytes(of: 3, as: Float.self)
    try program.forward()
    #expect(program.copyOutput(0).floats == [100])
    try program.backward()
    #expect(program.copyInputGradient(0)?.floats == [140])
    #expect(program.copyInputGradient(1)?.floats == [40])
    try program.forward()
    try program.backward()  // adjoints start afresh
    #expect(program.copyInputGradient(0)?.floats == [140])
  }

  @Test func theSmallNetworkPredictsWhatIsWorkedOutByHand() throws {
    let graph = try model("two-three-one").graph
    let program = try Session(graph).program([Spec([4, 2])])
    program.inputs[0].bytes.copyBytes(
      from: [0.5, 0.2, 0.9, 0.8, 0.1, 0.3, 0.8, 0.9].flatMap { withUnsafeBytes(of: Float($0)) { Array($0) } })
    try program.forward()
    expectClose(program.copyOutput(0).floats, [0.674_805_272_6, 0.836_716_862_1, 0.628_549_693_3, 0.839_969_344_1], tolerance: 1e-6)
  }

  @Test func itsGradientsAndFirstStepAreRight() throws {
    let model = try model("two-three-one")
    var choices = TrainingJob.Choices()
    choices.epochs = 1
    let job = try TrainingJob(model, catalog: Repository.catalog, manifestFolder: "/", zooRoot: "/", choices: choices)
    let summary = try job.trainer.train()
    #expect(abs(summary.training[0].value - 0.616_582_682_0) < 1e-6)
    // After one step of gradient descent at 0.1 with the batch's gradients
    // dW1 = [[0.02192, 0.00855], [0.02506, 0.00977], [0.02819, 0.01100]], db1 = [0.17151, 0.19601, 0.22051],
    // dW2 = [0.00803, 0.01918, 0.03034], db2 = 0.24501.
    let expected: [String: [Float]] = [
      "hidden.weight": [0.097_807_630_5, 0.199_144_742_4, 0.297_494_434_9, 0.399_022_562_8, 0.497_181_239_2, 0.598_900_383_1],
      "hidden.bias": [-0.007_150_720_5, 0.000_399_176_6, 0.007_949_073_6],
      "logit.weight": [0.699_197_434_8, 0.798_081_673_9, 0.896_965_913_0],
      "logit.bias": [0.075_498_970_7],
    ]
    for (path, values) in expected {
      let entry = try #require(job.session.store[path])
      let floats = try #require(entry.pointer).assumingMemoryBound(to: Float.self)
      expectClose(Array(UnsafeBufferPointer(start: floats, count: entry.spec.count)), values, tolerance: 1e-6, path)
    }
  }

  @Test func itsLossFallsAsTheReferenceSays() throws {
    var losses: [Double] = []
    let job = try TrainingJob(
      model("two-three-one"), catalog: Repository.catalog, manifestFolder: "/", zooRoot: "/")
    _ = try job.trainer.train { event in
      if case .epoch(_, _, let training, _, _, _, _) = event { losses.append(training[0].value) }
    }
    let expected = [
      0.616_582_682_0, 0.599_176_394_5, 0.583_950_563_8, 0.570_540_622_7, 0.558_640_575_2, 0.547_994_150_0, 0.539_236_671_5,
      0.531_583_061_5,
      0.524_401_188_1, 0.517_611_704_3,
    ]
    expectClose(losses.map(Float.init), expected.map(Float.init), tolerance: 2e-6)
  }
}
