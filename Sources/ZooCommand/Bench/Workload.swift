import ZooRuntime
import ZooTraining
import ZooTypes

/// What is measured: one forward, or one step of training, on random inputs.
struct Workload {
  /// What runs.
  let program: Program
  /// The arithmetic of one run.
  ///
  /// A backward takes twice a forward's: one product for the inputs' gradients, one for the parameters'.
  let flops: Double
  /// Runs it.
  let once: () throws -> Void

  /// One forward of one of the model's graphs.
  init(running open: OpenModel, graph index: Int, axes: AxisOptions) throws {
    let session = try open.session(weights: nil, seed: 0)
    let lengths = try axes.lengths(open, graph: index)
    let graph = open.model.graphs[index].graph
    program = try session.program(graph.inputSpecs(lengths: lengths), graph: index)
    flops = program.flops
    try RandomInputs(graph).fill(program) {
      try session.program(graph.inputSpecs(lengths: graph.withBatchOfOne(lengths)), graph: index)
    }
    once = { [program] in try program.forward() }
  }

  /// One update of the first step of the model's training.
  init(training open: OpenModel, axes: AxisOptions) throws {
    guard let section = open.model.training else { throw TrainingJobError.noTraining(model: open.model.name) }
    guard let step = section.steps.first else { throw TrainingJobError.noTraining(model: open.model.name) }
    let session = Session(open.model.graphs, weights: try open.weights(nil), inPlace: false, foreign: open.foreign)
    let lengths = try axes.lengths(open)
    let graph = section.graphs[step.graph].graph
    func makeProgram(_ lengths: [String: Int]) throws -> Program {
      try session.trainingProgram(
        graph, inputs: graph.inputSpecs(lengths: lengths), minimise: step.minimized, patterns: step.updated)
    }
    program = try makeProgram(lengths)
    flops = 3 * program.flops
    let updater = try Updater(
      step.optimizer.kind, attributes: step.optimizer.attributes, parameters: program.trained, store: session.store,
      run: session.run, place: step.optimizer.place)
    try RandomInputs(graph).fill(program) { try makeProgram(open.model.graph.withBatchOfOne(lengths)) }
    var number = 0
    once = { [program] in
      number += 1
      session.run.step = UInt64(number)
      try program.forward()
      try program.backward()
      try updater.update(rate: step.optimizer.rate, step: number)
    }
  }
}

extension Graph {
  /// The same lengths for one example.
  fileprivate func withBatchOfOne(_ lengths: [String: Int]) -> [String: Int] {
    var lengths = lengths
    if let batchAxis { lengths[batchAxis] = 1 }
    return lengths
  }
}

/// Inputs that a graph accepts, made from a fixed seed: numbers in [0, 1), and indices that no layer refuses.
private struct RandomInputs {
  let graph: Graph

  init(_ graph: Graph) { self.graph = graph }

  /// Fills a program's inputs.
  ///
  /// `small` makes a program for one example, on which the range of indices is tried out.
  func fill(_ program: Program, small: () throws -> Program) throws {
    let hasIndices = graph.inputs.contains { Self.isIndex($0.dtype) }
    let trial = hasIndices ? try small() : nil
    if let trial { for tensor in trial.inputs { fill(tensor, below: 1) } }
    for (i, tensor) in program.inputs.enumerated() {
      fill(tensor, below: try trial.map { try bound(of: i, in: $0) } ?? 1)
    }
  }

  private static func isIndex(_ dtype: DType) -> Bool { dtype == .i32 || dtype == .i64 }

  /// A power of two below which input `i` may hold any index: what an embedding has rows, a loss classes.
  private func bound(of i: Int, in program: Program) throws -> Int {
    let tensor = program.inputs[i]
    guard Self.isIndex(tensor.spec.dtype) else { return 1 }
    defer { fill(tensor, below: 1) }
    var bound = 1
    while bound < 1 << 16 {
      set(tensor, to: 2 * bound - 1)
      do throws(LayerFailure) {
        try program.forward()
      } catch {
        guard error.isAboutData else { throw error }
        break
      }
      bound *= 2
    }
    return bound
  }

  private func set(_ tensor: TensorBuffer, to index: Int) {
    for i in 0..<tensor.spec.count { store(index, in: tensor, at: i) }
  }

  private func store(_ index: Int, in tensor: TensorBuffer, at i: Int) {
    if tensor.spec.dtype == .i64 {
      tensor.pointer.storeBytes(of: Int64(index), toByteOffset: 8 * i, as: Int64.self)
    } else {
      tensor.pointer.storeBytes(of: Int32(index), toByteOffset: 4 * i, as: Int32.self)
    }
  }

  private func fill(_ tensor: TensorBuffer, below bound: Int) {
    var random = SplitMix(state: 1)
    for i in 0..<tensor.spec.count {
      switch tensor.spec.dtype {
      case .f32: tensor.pointer.storeBytes(of: Float.random(in: 0..<1, using: &random), toByteOffset: 4 * i, as: Float.self)
      case .f64: tensor.pointer.storeBytes(of: Double.random(in: 0..<1, using: &random), toByteOffset: 8 * i, as: Double.self)
      case .i32, .i64: store(Int.random(in: 0..<bound, using: &random), in: tensor, at: i)
      default: return  // zeros: valid in every type
      }
    }
  }
}

/// Steele, Lea and Flood's SplitMix64 (2014, doi:10.1145/2714064.2660195).
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension LayerFailure {
  /// Whether a value in its inputs is out of range (`ZOO_BAD_DATA`).
  fileprivate var isAboutData: Bool { status == 8 }
}
