import CHost
import Glibc
public import ZooFormats
public import ZooTypes

/// A model ready to be used: its graphs, its parameters, and a program for each combination of shapes that it has met.
public final class Session {
  /// The graphs, all over the same parameters; the first is the default one.
  public let graphs: [EntryPoint]
  /// The parameters.
  public let store: ParameterStore
  /// Seed, step, cancellation.
  public let run: Run
  /// Whether layers are folded into one another.
  public let fuses: Bool

  private let weights: (file: SafeTensors, name: String, inPlace: Bool)?
  private var programs: [ProgramKey: Program] = [:]
  // Of the layers that no plan has asked about yet.
  private var unplannedPaths: Set<String>

  private struct ProgramKey: Hashable {
    let graph: Int
    let inputs: [Spec]
  }

  /// A session over a model's graphs.
  ///
  /// Its parameters come from `weights`, or start from the seed.
  ///
  /// With `inPlace`, weights stay where their file is mapped, and cannot be trained. `foreign` are the libraries that layers may call.
  public init(
    _ graphs: [EntryPoint], weights: (file: SafeTensors, name: String)? = nil, inPlace: Bool = true, seed: UInt64 = 0, fuse: Bool = true,
    foreign: ForeignLibraries = .none, precision: Precision = Precision()
  ) {
    precondition(!graphs.isEmpty, "a model has one graph at least")
    self.graphs = graphs
    self.weights = weights.map { ($0.file, $0.name, inPlace) }
    store = ParameterStore()
    run = Run(seed: seed, foreign: foreign, precision: precision)
    fuses = fuse
    unplannedPaths = Set(graphs.flatMap { $0.graph.parameterPaths })
  }

  /// A session over a single graph.
  public convenience init(
    _ graph: Graph, weights: (file: SafeTensors, name: String)? = nil, inPlace: Bool = true, seed: UInt64 = 0, fuse: Bool = true,
    foreign: ForeignLibraries = .none, precision: Precision = Precision()
  ) {
    self.init(
      [EntryPoint(name: "main", graph: graph)], weights: weights, inPlace: inPlace, seed: seed, fuse: fuse, foreign: foreign,
      precision: precision)
  }

  /// The default graph.
  public var graph: Graph { graphs[0].graph }

  /// The program of one of the graphs for inputs of these types and shapes, in the order of its inputs.
  public func program(_ inputs: [Spec], graph index: Int = 0) throws -> Program {
    let key = ProgramKey(graph: index, inputs: inputs)
    if let program = programs[key] { return program }
    let graph = graphs[index].graph
    try graph.check(inputs)
    let planned = try PlannedGraph(
      graph, inputs: inputs, wanted: graph.outputs.map(\.source), training: false, fuse: fuses, store: store, run: run)
    try prepareParameters(of: graph)
    let program = try Program(planned, store: store)
    programs[key] = program
    return program
  }

  /// A program that also runs backwards: afterwards the gradients of `minimise` are in the store.
  ///
  /// `graph` extends this session's graph, with losses for example; `wanted` are values to be kept (metrics); parameters are
  /// those whose path matches one of `patterns`. The caller keeps the program.
  public func trainingProgram(
    _ graph: Graph, inputs: [Spec], minimise: Source, patterns: [String] = ["*"], wanted: [Source] = [], inputGradients: Set<Int> = []
  ) throws -> Program {
    try trainingProgram(
      graph, inputs: inputs, minimise: [TrainingTerm(name: graph.name(of: minimise), source: minimise)], patterns: patterns, wanted: wanted,
      inputGradients: inputGradients)
  }

  /// A program that also runs backwards: afterwards the gradients of the sum of `terms`, each with its weight, are in the store.
  ///
  /// The terms are its first outputs, then come those of `wanted`.
  public func trainingProgram(
    _ graph: Graph, inputs: [Spec], minimise terms: [TrainingTerm], patterns: [String] = ["*"], wanted: [Source] = [],
    inputGradients: Set<Int> = []
  ) throws -> Program {
    try graph.check(inputs)
    let planned = try PlannedGraph(
      graph, inputs: inputs, wanted: terms.map(\.source) + wanted, training: true, fuse: false, store: store, run: run)
    var planning = terms
    for i in terms.indices {
      planning[i].source = planned.outputs[i]
      let loss = planned.spec(planned.outputs[i])
      guard loss.dtype == .f32, loss.count == 1 else { throw GraphError.notScalar(name: terms[i].name, got: loss) }
    }
    try prepareParameters(of: graph)
    let differentiation = try Differentiation(
      planned, minimise: planning, parameters: Set(trainable(matching: patterns)), inputs: inputGradients,
      pattern: patterns.joined(separator: " "))
    return try Program(planned, store: store, differentiation: differentiation)
  }

  /// A program of `graph`, which extends this session's graph, without backward: for losses and metrics on held-out data.
  public func evaluationProgram(_ graph: Graph, inputs: [Spec], wanted: [Source]) throws -> Program {
    try graph.check(inputs)
    let planned = try PlannedGraph(graph, inputs: inputs, wanted: wanted, training: false, fuse: fuses, store: store, run: run)
    try prepareParameters(of: graph)
    return try Program(planned, store: store)
  }

  /// The indices in the store of the parameters whose path matches one of `patterns`, buffers left out.
  public func trainable(matching patterns: [String]) -> [Int] { store.trainable(matching: patterns) }

  /// Gives values to the parameters that the plan of `graph` has asked for and no plan before it.
  ///
  /// A file may hold more than they: those of the graphs that are not planned yet.
  func prepareParameters(of graph: Graph) throws(ParameterError) {
    unplannedPaths.subtract(graph.parameterPaths)
    if let weights { try store.load(weights.file, name: weights.name, inPlace: weights.inPlace, others: unplannedPaths) }
    store.materialise(seed: run.seed)
  }
}

extension Graph {
  /// The types and shapes of the inputs when every named axis has the length that `lengths` says, or 1.
  public func inputSpecs(lengths: [String: Int] = [:]) -> [Spec] {
    inputs.map { input in
      Spec(
        input.shape.map { dimension in
          switch dimension {
          case .fixed(let n): n
          case .named(let name): lengths[name] ?? 1
          }
        }, input.dtype)
    }
  }

  /// Whether these may be the inputs: types, ranks, fixed axes, and named axes that agree with one another.
  func check(_ specs: [Spec]) throws(GraphError) {
    var lengths: [String: (length: Int, input: String)] = [:]
    for (input, spec) in zip(inputs, specs) {
      let expected = "\(input.dtype) [\(input.shape.map(\.description).joined(separator: ", "))]"
      guard spec.dtype == input.dtype, spec.rank == input.shape.count, spec.isSane(limit: 1 << 46) else {
        throw .input(name: input.name, got: spec, expected: expected)
      }
      for (length, dimension) in zip(spec.shape, input.shape) {
        switch dimension {
        case .fixed(let n): if n != length { throw .input(name: input.name, got: spec, expected: expected) }
        case .named(let name):
          if let known = lengths[name], known.length != length {
            throw .dimension(name: name, first: known.length, firstInput: known.input, second: length, secondInput: input.name)
          }
          lengths[name] = (length, input.name)
        }
      }
    }
  }
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters and `?` for one.
public func glob(_ pattern: String, matches text: String) -> Bool {
  fnmatch(pattern, text, 0) == 0
}
