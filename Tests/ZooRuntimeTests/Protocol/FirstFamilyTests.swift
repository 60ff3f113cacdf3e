import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTraining
import ZooTypes

/// Families of other versions than this host's: the first one, which must work for ever, and one that is younger.
@Suite struct FirstFamilyTests {
  private static let first = Repository.fixtures + "/protocol/1.0"

  /// The family of version 1.0, compiled with its own headers, or others; beside it the family with losses and optimisers.
  private func zooWithFirstFamily(headers: String = first + "/include") throws -> (folder: TemporaryFolder, catalog: Catalog) {
    let folder = try TemporaryFolder()
    symlink(Repository.plugins + "/core.so", folder.path + "/core.so")
    try compile(Self.first + "/first.c", headers: headers, into: folder)
    let catalog = Catalog(folder: folder.path)
    #expect(catalog.problems.map(\.message) == [])
    return (folder, catalog)
  }

  private func compile(_ source: String, headers: String, into folder: TemporaryFolder) throws {
    let name = source.split(separator: "/").last?.dropLast(2) ?? ""
    let result = try Command.run([
      "cc", "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-I", headers, source,
      "-o", "\(folder.path)/\(name).so",
    ])
    guard result.status == 0 else { throw TestProblem(result.errors) }
  }

  /// Weights [[1, 2], [3, -4]] and bias [0.5, -1], then max(y, y / 4).
  private static let manifest = """
    {"zoo": 1, "name": "first", "inputs": {"x": {"shape": ["N", 2]}},
     "graph": [
       {"layer": "first.linear", "name": "map", "units": 2, "initialize": {
         "weight": {"values": [[1, 2], [3, -4]]}, "bias": {"values": [0.5, -1]}}},
       {"layer": "first.leak", "name": "bent"}],
     "outputs": {"y": "bent"}}
    """

  private func model(_ manifest: String, _ catalog: Catalog) throws -> Model {
    try Manifest(contentsOf: Array(manifest.utf8), file: "first.json", folder: "/").expand(settings: [:], catalog: catalog)
  }

  private func fill(_ program: Program, _ values: [Float]) {
    values.withUnsafeBytes { program.inputs[0].bytes.copyMemory(from: $0) }
  }

  // [1, 2]: 1 + 4 + 0.5 = 5.5, and 3 - 8 - 1 = -6, a fourth of which is -1.5.
  // [-2, 1]: -2 + 2 + 0.5 = 0.5, and -6 - 4 - 1 = -11, a fourth of which is -2.75.
  @Test(arguments: [true, false]) func itComputes(fuse: Bool) throws {
    let (folder, catalog) = try zooWithFirstFamily()
    defer { withExtendedLifetime(folder) {} }
    let program = try Session(try model(Self.manifest, catalog).graph, fuse: fuse).program([Spec([2, 2])])
    fill(program, [1, 2, -2, 1])
    try program.forward()
    #expect(program.copyOutput(0).floats == [5.5, -1.5, 0.5, -2.75])
    // Packed: 4 floats, once.
    #expect(program.packedBytes == 16)
    #expect(program.flops == (fuse ? 16 : 20))
  }

  // The sum of the outputs above: the derivatives by what is bent are 1 and 1/4, so by x they are
  // [1 + 3/4, 2 - 4/4] = [1.75, 1]; by the weight [[1 - 2, 2 + 1], [-1/4, 3/4]]; by the bias [2, 1/2].
  @Test func itsGradientsAreRight() throws {
    let (folder, catalog) = try zooWithFirstFamily()
    defer { withExtendedLifetime(folder) {} }
    let summed = Self.manifest.replacing(#""name": "bent"}"#, with: #""name": "bent"}, {"layer": "core.sum", "name": "sum"}"#)
      .replacing(#""y": "bent""#, with: #""y": "sum""#)
    let graph = try model(summed, catalog).graph
    let session = Session(graph, inPlace: false)
    let program = try session.trainingProgram(graph, inputs: [Spec([2, 2])], minimise: graph.outputs[0].source, inputGradients: [0])
    fill(program, [1, 2, -2, 1])
    try program.forward()
    #expect(program.copyOutput(0).floats == [1.75])
    try program.backward()
    #expect(program.copyInputGradient(0)?.floats == [1.75, 1, 1.75, 1])

    let runner = try KindRunner(
      try #require(catalog.kind("first.linear")), [.integer(2), .boolean(true)], inputs: [TensorBuffer([1, 2, -2, 1], shape: [2, 2])],
      training: true)
    try runner.set("weight", TensorBuffer([1, 2, 3, -4], shape: [2, 2]))
    try runner.set("bias", TensorBuffer([0.5, -1]))
    try runner.forward()
    for start in [nil, 100] as [Float?] {
      let gradients = try runner.backward([TensorBuffer([1, 0.25, 1, 0.25], shape: [2, 2])], accumulateOnto: start)
      func from(_ start: Float?, _ values: [Float]) -> [Float] { values.map { $0 + (start ?? 0) } }
      #expect(gradients.inputs[0]?.floats == from(start, [1.75, 1, 1.75, 1]))
      #expect(gradients.parameters.map { $0?.floats } == [from(start, [-1, 3, -0.25, 0.75]), from(start, [2, 0.5])])
    }
  }

  /// t = 2 x - 1, which one weight and a bias can learn.
  @Test func itTrainsInAManifest() throws {
    let (folder, catalog) = try zooWithFirstFamily()
    defer { withExtendedLifetime(folder) {} }
    let manifest = """
      {"zoo": 1, "inputs": {"x": {"shape": ["N", 1]}}, "graph": [{"layer": "first.linear", "name": "map", "units": 1}],
       "outputs": {"y": "map"},
       "train": {
         "inputs": {"t": {"shape": ["N", 1]}}, "graph": [{"layer": "core.mse", "name": "loss", "in": ["map", "t"]}],
         "steps": [{"minimize": "loss"}], "batch": 4, "epochs": 200, "optimizer": {"layer": "core.sgd", "rate": 0.2},
         "data": {"inputs": {"x": {"values": [[-1], [0], [0.5], [1]]}, "t": {"values": [[-3], [-1], [0], [1]]}}}}}
      """
    let job = try TrainingJob(
      try model(manifest, catalog), catalog: catalog, manifestFolder: "/", zooRoot: "/", choices: TrainingJob.Choices())
    _ = try job.trainer.train()
    let learned = job.session.store.tensors.map { tensor in tensor.bytes.withMemoryRebound(to: Float.self) { $0[0] } }
    #expect(zip(learned, [2, -1]).allSatisfy { abs($0 - $1) < 1e-3 }, "\(learned)")
  }

  @Test func itsCodecReadsAndWrites() throws {
    let (folder, catalog) = try zooWithFirstFamily()
    defer { withExtendedLifetime(folder) {} }
    let codec = try #require(catalog.codec(forExtension: "i8"))
    #expect(codec.name == "octets")
    let minus = CodecRunner(CodecChoice(codec: codec, attributes: [.text("minus")]))
    let tensor = try ([3, 0, 0xFF] as [UInt8]).withUnsafeBytes { try CodecRunner(codec).decode($0, file: "x.i8", for: nil) }
    #expect(tensor.floats == [3, 0, -1])
    #expect(try minus.encode(tensor, as: .file) == [0xFD, 0, 1])
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    let error = #expect(throws: CodecFailure.self) { try minus.decode(nothing, file: "x.i8", for: nil) }
    #expect(error?.message == "x.i8: it is empty")
  }

  @Test func whatItRefusesIsSaidInItsWords() throws {
    let (folder, catalog) = try zooWithFirstFamily()
    defer { withExtendedLifetime(folder) {} }
    let graph = try model(Self.manifest.replacing(#"["N", 2]"#, with: #"["N", 2, 1]"#), catalog).graph
    let error = #expect(throws: LayerFailure.self) { try Session(graph).program([Spec([1, 2, 1])]) }
    #expect(error?.message.contains("layer 'map' (first.linear): x must be [N, width]") == true)
  }

  // MARK: Younger families

  /// The headers after every struct that may grow has grown.
  private func futureHeaders() throws -> TemporaryFolder {
    let source = Repository.root + "/Sources/CZoo/include"
    let folder = try copyOfHeaders(source)
    let growing = try ProtocolLayout(headers: source).structs.filter(\.grows).map(\.name)
    var grown: [String] = []
    for file in Repository.files(in: source + "/zoo") {
      var text = String(decoding: try MappedFile("\(source)/zoo/\(file)").contents, as: UTF8.self)
      text = text.replacing("#define ZOO_ABI_MINOR 1u", with: "#define ZOO_ABI_MINOR 7u")
      for name in growing {
        guard let start = text.firstRange(of: "struct \(name) {") else { continue }
        let end = try #require(text[start.upperBound...].firstRange(of: "\n}"))
        text.replaceSubrange(end, with: "\n  uint64_t later[3];\n  const void *latest;\n}")
        grown.append(name)
      }
      _ = try folder.file("include/zoo/" + file, text)
    }
    #expect(grown.sorted() == growing.sorted() && growing.count > 10)
    return folder
  }

  @Test func aFamilyOfALaterVersionRunsOnThisHost() throws {
    let headers = try futureHeaders()
    let (folder, catalog) = try zooWithFirstFamily(headers: headers.path + "/include")
    defer { withExtendedLifetime(folder) {} }
    #expect(catalog.families.first { $0.name == "first" }?.protocolVersion.minor == 7)
    let program = try Session(try model(Self.manifest, catalog).graph).program([Spec([2, 2])])
    fill(program, [1, 2, -2, 1])
    try program.forward()
    #expect(program.copyOutput(0).floats == [5.5, -1.5, 0.5, -2.75])
  }

  /// Of what the host makes, a later family sees that the later fields are not there: Tests/Fixtures/families/later.c asks.
  @Test func aFamilyOfALaterVersionSeesWhatThisHostLacks() throws {
    let headers = try futureHeaders()
    let folder = try TemporaryFolder()
    try compile(Repository.fixtures + "/families/later.c", headers: headers.path + "/include", into: folder)
    let catalog = Catalog(folder: folder.path)
    #expect(catalog.problems.map(\.message) == [])
    let manifest = """
      {"zoo": 1, "name": "later", "inputs": {"x": {"shape": ["N"]}},
       "graph": [{"layer": "later.same", "name": "y"}], "outputs": {"y": "y"}}
      """
    let graph = try model(manifest, catalog).graph
    let program = try Session(graph).program([Spec([3])])
    fill(program, [1, 2, 3])
    try program.forward()
    #expect(program.copyOutput(0).floats == [1, 2, 3])
    let codec = CodecRunner(try #require(catalog.codec("later")))
    #expect(try codec.encode(TensorBuffer([7]), as: .file) == [])
  }
}
