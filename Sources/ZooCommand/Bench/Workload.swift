import ZooRuntime
import ZooTraining
import ZooTypes

/// What is measured: one forward, or one step of training.
final class Workload {
  /// What the user chooses about it.
  struct Choices {
    let axes: AxisOptions
    /// Files for inputs; the others are random.
    let inputs: [String]
    /// A file of weights.
    let weights: String?
    let fuse: Bool
    let precision: Precision
  }

  /// What runs.
  let program: Program
  /// How many examples at once.
  let batch: Int
  let isTraining: Bool
  /// The arithmetic of one run.
  ///
  /// A backward takes twice a forward's: one product for the inputs' gradients, one for the parameters'.
  let flops: Double
  /// What is read of weights in one run: by forward, and in training by backward and update as well.
  let weightBytes: Int
  /// What the first runs of a training step minimised.
  private(set) var losses: [Float] = []

  /// (of a forward) The same program in f32.
  let full: () throws -> Program

  private let step: ((_ number: Int) throws -> Void)?
  private let random: Run?
  private var number = 0

  /// One forward of one of the model's graphs.
  init(running open: OpenModel, graph index: Int, _ choices: Choices) throws {
    let session = try open.session(weights: choices.weights, seed: 0, fuse: choices.fuse, precision: choices.precision)
    let graph = open.model.graphs[index].graph
    let inputs = try Inputs(graph, choices, lengths: choices.axes.lengths(open, graph: index), in: open)
    let program = try session.program(inputs.specs, graph: index)
    try inputs.fill(program) { try session.program($0, graph: index) }
    self.program = program
    batch = inputs.batch
    isTraining = false
    (flops, weightBytes) = (program.flops, program.listing.parameterBytes)
    (step, random) = (nil, nil)
    full = { try open.session(weights: choices.weights, seed: 0, fuse: choices.fuse).program(inputs.specs, graph: index) }
  }

  /// One update of the first step of the model's training.
  init(training open: OpenModel, _ choices: Choices) throws {
    guard let section = open.model.training else { throw TrainingJobError.noTraining(model: open.model.name) }
    guard let step = section.steps.first else { throw TrainingJobError.noTraining(model: open.model.name) }
    let session = Session(
      open.model.graphs, weights: try open.weights(choices.weights), inPlace: false, foreign: open.foreign, precision: choices.precision)
    let graph = section.graphs[step.graph].graph
    let inputs = try Inputs(graph, choices, lengths: choices.axes.lengths(open), in: open)
    func makeProgram(_ specs: [Spec]) throws -> Program {
      try session.trainingProgram(graph, inputs: specs, minimise: step.terms, patterns: step.updated)
    }
    let program = try makeProgram(inputs.specs)
    let optimizer = step.optimizer
    let updater = try Updater(
      optimizer.kind, groups: optimizer.groups(of: program.trained, in: session.store), store: session.store, run: session.run,
      place: optimizer.place)
    for (group, rate) in (optimizer.groups.map(\.rate) + [optimizer.rate]).enumerated() { updater.setRate(rate, group: group) }
    let gradients = GradientMemory(program.trained, of: session.store, accumulates: false)
    let measuresNorm = optimizer.clip?.isByNorm ?? false
    try inputs.fill(program, small: makeProgram)
    self.program = program
    full = { program }
    batch = inputs.batch
    isTraining = true
    (flops, weightBytes) = (3 * program.flops, 3 * program.listing.parameterBytes)
    random = session.run
    self.step = { number in
      try program.backward()
      gradients.scale(1, clip: optimizer.clip, norm: measuresNorm ? gradients.norm() : nil)
      try updater.update(step: number)
    }
  }

  /// Runs it.
  func once() throws {
    number += 1
    // Backward draws what forward has drawn.
    random?.step = UInt64(number)
    try program.forward()
    guard let step else { return }
    if losses.count < 3 { losses.append(program.output(0).loadUnaligned(as: Float.self)) }
    try step(number)
  }
}

/// What a graph is given: files, and random numbers where there are none.
private struct Inputs {
  /// Types and shapes.
  let specs: [Spec]
  /// The length of the axis that counts examples.
  let batch: Int

  private let graph: Graph
  private let lengths: [String: Int]
  private let given: [Int: TensorBuffer]

  /// Reads the files; axes that they do not have are as long as `lengths` says.
  init(_ graph: Graph, _ choices: Workload.Choices, lengths: [String: Int], in open: OpenModel) throws {
    self.graph = graph
    let files = try FileArgument.read(choices.inputs, option: .input, names: graph.inputs.map(\.name))
    var lengths = lengths
    var given: [Int: TensorBuffer] = [:]
    for (i, input) in graph.inputs.enumerated() {
      guard let words = files.first(where: { $0.name == input.name })?.file else { continue }
      let tensor = try open.read(argument: words, for: input)
      for case (.named(let name), let length) in zip(input.shape, tensor.spec.shape) { lengths[name] = length }
      given[i] = tensor
    }
    (self.lengths, self.given) = (lengths, given)
    specs = graph.inputSpecs(lengths: lengths).enumerated().map { given[$0]?.spec ?? $1 }
    batch = graph.batchAxis.flatMap { lengths[$0] } ?? 1
  }

  /// Fills a program's inputs; `small` makes one for a single example.
  func fill(_ program: Program, small: ([Spec]) throws -> Program) throws {
    for (i, tensor) in given { program.inputs[i].bytes.copyMemory(from: UnsafeRawBufferPointer(tensor.bytes)) }
    try RandomInputs(graph).fill(program, except: Set(given.keys)) {
      var lengths = lengths
      if let axis = graph.batchAxis { lengths[axis] = 1 }
      return try small(graph.inputSpecs(lengths: lengths))
    }
  }
}
