import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The convolutional networks that learned here, against PyTorch on the same weights: Tests/Reference/unet.py, wavenet.py and text_cnn.py.
@Suite(.serialized) struct NetworkTests {
  /// What a model's graph makes of an input, and which inputs and outputs there are in the fixture.
  struct Case: CustomTestStringConvertible {
    let model: String
    let graph: String
    let input: String
    let parameters: Int

    var testDescription: String { model }
  }

  static let cases = [
    Case(model: "unet", graph: "tell", input: "image", parameters: 120_690),
    Case(model: "wavenet", graph: "read", input: "samples", parameters: 150_432),
    Case(model: "text-cnn", graph: "main", input: "words", parameters: 484_233),
  ]

  private func program(_ session: Session, _ graph: String, _ specs: [Spec]) throws -> Program {
    try session.program(specs, graph: try #require(session.graphs.firstIndex { $0.name == graph }))
  }

  /// What a program's first output is for this input.
  private func run<Element: BitwiseCopyable>(_ program: Program, _ input: [Element]) throws -> [Float] {
    input.withUnsafeBytes { program.inputs[0].bytes.copyMemory(from: $0) }
    try program.forward()
    return program.copyOutput(0).floats
  }

  @Test("outputs are PyTorch's", arguments: cases)
  func outputs(_ network: Case) throws {
    let file = try SafeTensors(MappedFile("\(Repository.fixtures)/models/\(network.model).safetensors"))
    let (input, expected) = (try #require(file[network.input]), try #require(file["logits"]))
    let session = try ZooModels.session(network.model)
    let program = try program(session, network.graph, [input.spec])
    #expect(session.store.trainableCount == network.parameters)
    program.inputs[0].bytes.copyMemory(from: file.bytes(of: input))
    try program.forward()
    let logits = program.copyOutput(0)
    // WaveNet's fixture has the last samples of each sound alone.
    let (rows, kept) = (expected.spec.shape[0], expected.spec.count / expected.spec.shape[0])
    let found = (0..<rows).flatMap { row in logits.floats.prefix((row + 1) * logits.floats.count / rows).suffix(kept) }
    expectClose(found, file.bytes(of: expected).withMemoryRebound(to: Float.self) { Array($0) }, tolerance: 1e-5, network.model)
  }

  // MARK: U-Net

  // The paper's widths and depth: 31,030,658 with one channel, two classes, and zeros around each convolution.
  @Test func theUNetOfThePaperHas31MillionParameters() throws {
    let settings = ["levels": 4, "width": 64].mapValues { JSON(.integer($0)) }
    let graph = try ZooModels.model("unet", settings: settings).graph
    #expect(try ModelSummary(graph, inputs: [Spec([1, 64, 64, 1])]).trainableCount == 31_030_658)
  }

  @Test func sidesMayDifferAndMustBeMultiplesOf8() throws {
    let session = try ZooModels.session("unet")
    #expect(try program(session, "main", [Spec([2, 24, 40, 1])]).copyOutput(0).spec == Spec([2, 24, 40, 1]))
    #expect(throws: (any Error).self) { try program(session, "main", [Spec([1, 20, 24, 1])]) }
  }

  // MARK: WaveNet

  private static let samples: [Int64] = (0..<600).map { (i: Int) -> Int64 in
    let value = i * 97 + i * i / 7
    return Int64(value % 256)
  }

  @Test("an output depends on exactly the samples of the receptive field", arguments: [(2, 8), (3, 4), (1, 1)])
  func receptiveField(_ stacks: Int, _ dilations: Int) throws {
    // The sample itself, the one before it for the first convolution, and each layer's dilation more.
    let field = 2 + stacks * (1 << dilations - 1)
    let settings = ["stacks": stacks, "dilations": dilations].mapValues { JSON(.integer($0)) }
    let graphs = try ZooModels.model("wavenet", settings: settings).graphs
    // Fresh weights let everything through; those learned may have learned not to.
    let program = try program(Session(graphs, seed: 1), "read", [Spec([1, 600], .i64)])
    let before = try run(program, Self.samples)
    var samples = Self.samples
    let changed = 40
    samples[changed] = (samples[changed] + 128) % 256
    let after = try run(program, samples)
    let differing = (0..<600).filter { (i: Int) -> Bool in
      let step = i * 256..<i * 256 + 256
      return before[step] != after[step]
    }
    #expect(differing.first == changed)
    #expect(differing.last == changed + field - 1)
  }

  @Test("pieces with a state are the whole sound", arguments: [[Int](repeating: 1, count: 60), [7, 1, 300, 2, 211]])
  func streaming(_ pieces: [Int]) throws {
    let session = try ZooModels.session("wavenet")
    let total = pieces.reduce(0, +)
    let whole = try run(program(session, "read", [Spec([1, total], .i64)]), Array(Self.samples.prefix(total)))
    var state = [Float](repeating: 0, count: 511 * 32)
    var (programs, end): ([Int: Program], Int) = ([:], 0)
    for piece in pieces {
      let program = try programs[piece] ?? self.program(session, "step", [Spec([1, piece], .i64), Spec([1, 511, 32])])
      programs[piece] = program
      state.withUnsafeBytes { program.inputs[1].bytes.copyMemory(from: $0) }
      let logits = try run(program, Array(Self.samples[end..<end + piece]))
      state = program.copyOutput(1).floats
      end += piece
      expectClose(logits, Array(whole[(end - 1) * 256..<end * 256]), tolerance: 1e-5, "sample \(end)")
    }
  }

  // MARK: Text CNN

  @Test func whatFillsUpARowChangesNothing() throws {
    let session = try ZooModels.session("text-cnn")
    for words in [[17], [5, 123, 6000, 44], (100..<120).map { Int64($0) }] as [[Int64]] {
      let alone = try run(program(session, "main", [Spec([1, words.count], .i64)]), words)
      let filled = words + [Int64](repeating: 0, count: 48 - words.count)
      expectClose(try run(program(session, "main", [Spec([1, 48], .i64)]), filled), alone, tolerance: 1e-6)
    }
  }
}
