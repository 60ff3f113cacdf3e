import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Weights that do not fit, each with its exact words; and the way through a file and back.
@Suite struct WeightsTests {
  private func model() throws -> Model {
    let folder = Repository.root + "/manifests/basics"
    return try Manifest(contentsOf: MappedFile(folder + "/two-three-one.json").contents, file: "two-three-one.json", folder: folder)
      .expand(settings: [:], catalog: Repository.catalog)
  }

  private static let right: [(String, Spec)] = [
    ("hidden.weight", Spec([3, 2])), ("hidden.bias", Spec([3])), ("logit.weight", Spec([1, 3])), ("logit.bias", Spec([1])),
  ]

  /// What opening a session with a file of these tensors says.
  private func words(_ tensors: [(String, Spec)]) throws -> String {
    let buffers = tensors.map { ($0.0, TensorBuffer($0.1)) }
    let bytes = try SafeTensorsWriter.encode(buffers.map { NamedTensor($0.0, $0.1.spec, UnsafeRawBufferPointer($0.1.bytes)) })
    let graph = try model().graph
    return try bytes.withUnsafeBytes { bytes in
      let session = Session(graph, weights: (try SafeTensors(bytes), "w.safetensors"))
      do {
        _ = try session.program([Spec([1, 2])])
        return "nothing is wrong"
      } catch let error as ParameterError {
        return error.description
      }
    }
  }

  /// Plans both graphs of a manifest: `main` has layer `a`, `other` layer `b`, both named `x`.
  private func plan(_ a: String, _ b: String) throws {
    let text = """
      {"zoo": 1, "inputs": {"in": {"shape": [1, 2]}}, "graph": [{"layer": "\(a)", "name": "x"}],
       "graphs": {"other": {"inputs": {"in": {"shape": [1, 2]}}, "graph": [{"layer": "\(b)", "name": "x"}]}}}
      """
    let model = try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: "/").expand(catalog: Repository.catalog)
    let session = Session(model.graphs)
    for graph in 0...1 { _ = try session.program([Spec([1, 2])], graph: graph) }
  }

  @Test func layersOfOnePathInTwoGraphsMayDifferIfTheyShareNothing() throws {
    try plan("core.tanh", "core.relu")
    try plan("core.layer_norm", "core.relu")
    let error = #expect(throws: ParameterError.self) { try plan("core.layer_norm", "core.rms_norm") }
    #expect(
      error?.description == """
        m.json:2:70: at /graphs/other/graph/0: layer 'x' is of kind 'core.rms_norm' here and 'core.layer_norm' in another graph, and both \
        have 'weight'
          help: layers of one path have the same parameters in every graph: give one of them another name
        """)
  }

  @Test func weightsThatFitAreTaken() throws {
    #expect(try words(Self.right) == "nothing is wrong")
  }

  @Test func aMissingTensorIsNamedWithTheNearest() throws {
    #expect(
      try words(Self.right.dropLast() + [("logits.bias", Spec([1]))]) == """
        w.safetensors: has no tensor 'logit.bias', which the model needs
          help: did you mean its 'logits.bias'? 'zoo info' of the model lists every parameter
        """)
  }

  @Test func anExtraTensorIsNamed() throws {
    #expect(
      try words(Self.right + [("extra.weight", Spec([1])), ("extra.bias", Spec([1]))]) == """
        w.safetensors: has a tensor 'extra.bias' (and one more), which the model has no place for
          help: these weights are of another model; 'zoo info' of this one lists every parameter
        """)
  }

  @Test func aWrongShapeShowsBothSides() throws {
    var tensors = Self.right
    tensors[0].1 = Spec([2, 3])
    #expect(
      try words(tensors) == """
        w.safetensors: tensor 'hidden.weight' is [2, 3] in the file, but [3, 2] in the model
          help: use weights of this model, or '--set' the setting that changes the shape
        """)
  }

  @Test func aWrongTypeIsNeverCast() throws {
    var tensors = Self.right
    tensors[2].1 = Spec([1, 3], .f16)
    #expect(
      try words(tensors) == """
        w.safetensors: tensor 'logit.weight' is f16 in the file, but f32 in the model
          help: convert the file to f32 first: f16 is never cast silently
        """)
  }

  // PyTorch's batch normalisation counts batches, which zoo's does not.
  @Test func whatALayerIgnoresIsReadPastAndNeverMissed() throws {
    let text = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 2]}}, "graph": [
        {"layer": "core.batch_norm", "name": "bn"}, {"loop": [{"layer": "core.batch_norm", "name": "bn"}], "name": "again", "times": 2,
         "carry": {"h": "bn"}}]}
      """
    let graph = try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: "/").expand(catalog: Repository.catalog).graph
    let names = ["weight", "bias", "running_mean", "running_var"]
    let trained = ["bn", "again.bn"].flatMap { layer in names.map { ("\(layer).\($0)", Spec([2])) } }
    let counts = [("bn.num_batches_tracked", Spec([], .i64)), ("again.bn.num_batches_tracked", Spec([1, 3], .u8))]
    for tensors in [trained, trained + counts, counts + trained] {
      let buffers = tensors.map { ($0.0, TensorBuffer($0.1)) }
      let bytes = try SafeTensorsWriter.encode(buffers.map { NamedTensor($0.0, $0.1.spec, UnsafeRawBufferPointer($0.1.bytes)) })
      try bytes.withUnsafeBytes { bytes in
        let session = Session(graph, weights: (try SafeTensors(bytes), "w.safetensors"))
        try session.program([Spec([3, 2])]).forward()
        #expect(session.store.entries.map(\.path) == trained.map(\.0))
        #expect(session.store.tensors.map(\.name) == trained.map(\.0))
      }
    }
    let summary = try ModelSummary(graph, inputs: [Spec([3, 2])])
    #expect(summary.parameters.map(\.path) == trained.map(\.0))
    #expect((summary.trainableCount, summary.bufferCount) == (8, 8))

    let stray = TensorBuffer(Spec([], .i64))
    let file = try SafeTensorsWriter.encode([NamedTensor("num_batches_tracked", stray.spec, UnsafeRawBufferPointer(stray.bytes))])
    try file.withUnsafeBytes { file in
      let session = Session(graph, weights: (try SafeTensors(file), "w.safetensors"))
      let error = #expect(throws: ParameterError.self) { _ = try session.program([Spec([3, 2])]) }
      #expect(error?.message == "w.safetensors: has no tensor 'bn.weight' (and 7 more), which the model needs")
    }
  }

  @Test func whatIsWrittenIsReadBackBitForBit() throws {
    let graph = try model().graph
    let first = Session(graph, seed: 3)
    let program = try first.program([Spec([1, 2])])
    let folder = try TemporaryFolder()
    let path = folder.path + "/w.safetensors"
    try SafeTensorsWriter.write(first.store.tensors, to: path)
    let second = Session(graph, weights: (try SafeTensors(MappedFile(path)), path), seed: 4)
    let again = try second.program([Spec([1, 2])])
    for (a, b) in zip(first.store.tensors, second.store.tensors) {
      #expect(a.name == b.name)
      #expect(Array(a.bytes) == Array(b.bytes))
    }
    for p in [program, again] { try p.forward() }
    #expect(program.copyOutput(0).floats == again.copyOutput(0).floats)
  }

  // probability = sigmoid(logit); a bias of 100 makes it 1 in f32, whatever the rest was.
  @Test func aProgramPacksAgainWhenParametersHaveChanged() throws {
    let session = Session(try model().graph, seed: 3)
    let program = try session.program([Spec([1, 2])])
    try program.forward()
    #expect(program.copyOutput(0).floats[0] < 0.9)
    let bias = try #require(session.store["logit.bias"]?.pointer)
    bias.storeBytes(of: 100, as: Float.self)
    session.store.touch()
    try program.forward()
    #expect(program.copyOutput(0).floats == [1])
    bias.storeBytes(of: 0, as: Float.self)
    let weight = try #require(session.store["logit.weight"]?.pointer)
    for i in 0..<3 { weight.storeBytes(of: 0, toByteOffset: 4 * i, as: Float.self) }
    session.store.touch()
    try program.forward()
    #expect(program.copyOutput(0).floats == [0.5])
  }
}

/// How parameters start.
@Suite struct InitializerTests {
  private func weights(_ initialize: String, units: Int, inputs: Int, seed: UInt64 = 1) throws -> [Float] {
    let manifest = """
      {"zoo": 1, "name": "m", "inputs": {"x": {"shape": ["N", \(inputs)]}}, "outputs": {"y": "d"},
       "graph": [{"layer": "core.dense", "name": "d", "units": \(units), "initialize": {"weight": \(initialize)}}]}
      """
    let model = try Manifest(contentsOf: Array(manifest.utf8), file: "m.json", folder: "/").expand(
      settings: [:], catalog: Repository.catalog)
    let session = Session(model.graph, seed: seed)
    _ = try session.program([Spec([1, inputs])])
    let tensor = try #require(session.store.tensors.first { $0.name == "d.weight" })
    return tensor.bytes.withMemoryRebound(to: Float.self) { Array($0) }
  }

  private func deviation(_ values: [Float]) -> Double {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    return (values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)).squareRoot()
  }

  // 200 x 300 = 60,000 numbers: the deviation's own relative error is 1/sqrt(2n) = 0.003.
  @Test(
    "the deviation is the method's",
    arguments: [
      ("{\"normal\": [0, 0.02]}", 0.02),
      ("{\"uniform\": [-0.3, 0.3]}", 0.173_205_1),  // 0.3 / sqrt(3)
      ("\"xavier_uniform\"", 0.063_245_6),  // sqrt(2 / 500)
      ("\"xavier_normal\"", 0.063_245_6),
      ("\"he_uniform\"", 0.081_649_7),  // sqrt(2 / 300)
      ("{\"he_normal\": 2}", 0.163_299_3),
    ] as [(String, Double)])
  func deviations(_ initialize: String, _ expected: Double) throws {
    let values = try weights(initialize, units: 200, inputs: 300)
    #expect(abs(deviation(values) / expected - 1) < 0.015)
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    #expect(abs(mean) < 5 * expected / 245)  // sqrt(60,000) = 245
  }

  @Test func constantsAreConstant() throws {
    #expect(try weights("\"zeros\"", units: 2, inputs: 2) == [0, 0, 0, 0])
    #expect(try weights("\"ones\"", units: 2, inputs: 2) == [1, 1, 1, 1])
    #expect(try weights("{\"constant\": -2.5}", units: 1, inputs: 3) == [-2.5, -2.5, -2.5])
  }

  @Test("orthogonal rows or columns are orthonormal, times the gain", arguments: [(5, 8), (8, 5), (6, 6)])
  func orthogonal(units: Int, inputs: Int) throws {
    let w = try weights("{\"orthogonal\": 3}", units: units, inputs: inputs)
    let count = min(units, inputs)
    for a in 0..<count {
      for b in 0..<count {
        var dot = 0.0
        for i in 0..<max(units, inputs) {
          let (left, right) = units <= inputs ? (w[a * inputs + i], w[b * inputs + i]) : (w[i * inputs + a], w[i * inputs + b])
          dot += Double(left) * Double(right)
        }
        let expected = a == b ? 9.0 : 0.0
        #expect(abs(dot - expected) < 1e-5)
      }
    }
  }

  @Test func theSeedDecides() throws {
    let first = try weights("{\"normal\": [0, 1]}", units: 4, inputs: 5)
    #expect(try weights("{\"normal\": [0, 1]}", units: 4, inputs: 5) == first)
    #expect(try weights("{\"normal\": [0, 1]}", units: 4, inputs: 5, seed: 2) != first)
  }
}
