import ZooTypes

/// Runs of one graph that belong together: what one carries, the next one takes.
///
/// A recurrent network reads a long text in pieces, a Transformer continues a prompt. Each stream has carried values of its own; the
/// parameters and programs are the session's.
public final class Stream {
  /// How many runs there have been.
  public private(set) var runs = 0
  /// How long their layers have computed, in seconds.
  public private(set) var seconds = 0.0

  /// Whose programs run.
  public let session: Session

  private let index: Int
  private let entry: EntryPoint
  // By input; nil: nothing has been carried to it yet.
  private var carried: [TensorBuffer?]

  /// A stream of one of the session's graphs, at its beginning.
  public init(_ session: Session, graph index: Int = 0) {
    self.session = session
    self.index = index
    entry = session.graphs[index]
    carried = entry.graph.inputs.map { _ in nil }
  }

  /// Runs once.
  ///
  /// `given` has one tensor for each input of the graph; nil: what the last run carried, or zeros in the first.
  public func run(_ given: [TensorBuffer?]) throws -> [TensorBuffer] {
    let inputs = try inputs(given)
    let program = try session.program(inputs.map(\.spec), graph: index)
    for (tensor, into) in zip(inputs, program.inputs) { into.bytes.copyMemory(from: UnsafeRawBufferPointer(tensor.bytes)) }
    session.run.step = UInt64(runs)
    let begin = monotonicSeconds()
    try program.forward()
    seconds += monotonicSeconds() - begin
    runs += 1
    let outputs = entry.graph.outputs.indices.map(program.copyOutput)
    for pair in entry.carried { carried[pair.input] = outputs[pair.output] }
    return outputs
  }

  /// What the next run will compute with, if it is given this.
  public func program(_ given: [TensorBuffer?]) throws -> Program { try session.program(try inputs(given).map(\.spec), graph: index) }

  /// Forgets what was carried.
  public func restart() {
    (runs, seconds) = (0, 0)
    carried = carried.map { _ in nil }
  }

  private func inputs(_ given: [TensorBuffer?]) throws -> [TensorBuffer] {
    try entry.graph.inputs.indices.map { i in try given[i] ?? carried[i] ?? start(of: i) }
  }

  /// Zeros for an input that is carried; named axes count as 1.
  private func start(of input: Int) throws(GraphError) -> TensorBuffer {
    guard entry.carried.contains(where: { $0.input == input }) else {
      let missing = entry.graph.inputs[input]
      throw .missingInput(name: missing.name, shape: "[\(missing.shape.map(\.description).joined(separator: ", "))]")
    }
    return TensorBuffer(entry.graph.inputSpecs()[input])
  }
}
