import ZooRuntime
import ZooTypes

/// What training carries from one iteration to the next.
///
/// All steps of an iteration see what the iteration before left.
final class CarriedValues {
  private struct Value {
    let carry: TrainingCarry
    var now: TensorBuffer
    var next: TensorBuffer
  }

  private let carries: [TrainingCarry]
  private let graphs: [Graph]
  private var values: [Value] = []

  init(_ section: TrainingSection) {
    carries = section.carried
    graphs = section.graphs.map(\.graph)
  }

  /// The values that a step of that graph has to compute.
  func wanted(in graph: Int) -> [Source] { carries.filter { $0.graph == graph }.map(\.source) }

  /// Zeros, for batches of some size: `specs` has the inputs of each graph.
  func restart(_ specs: [[Spec]]) throws(TrainingError) {
    values = []
    for carry in carries {
      var first: Spec?
      for (graph, specs) in zip(graphs, specs) {
        guard let i = graph.inputs.firstIndex(where: { $0.name == carry.input }) else { continue }
        if let first, first != specs[i] { throw .carried(input: carry.input, takes: specs[i], value: carry.name, is: first) }
        first = specs[i]
      }
      let spec = first ?? Spec([])
      values.append(Value(carry: carry, now: TensorBuffer(spec), next: TensorBuffer(spec)))
    }
  }

  /// Writes them into the inputs of a program of that graph.
  func fill(_ program: Program, graph: Int) {
    for value in values {
      guard let i = graphs[graph].inputs.firstIndex(where: { $0.name == value.carry.input }) else { continue }
      program.inputs[i].bytes.copyMemory(from: UnsafeRawBufferPointer(value.now.bytes))
    }
  }

  /// Keeps what a program of that graph has computed; its outputs from `first` on are those that `wanted` lists.
  func take(_ program: Program, graph: Int, from first: Int) throws(TrainingError) {
    var output = first
    for i in values.indices where values[i].carry.graph == graph {
      let (next, spec) = (values[i].next, program.outputSpecs[output])
      guard spec == next.spec else {
        throw .carried(input: values[i].carry.input, takes: next.spec, value: values[i].carry.name, is: spec)
      }
      next.bytes.copyMemory(from: program.output(output))
      output += 1
    }
  }

  /// What the next iteration takes, by the inputs' names.
  ///
  /// Not to be kept: an iteration exchanges their memory.
  var tensors: [(input: String, tensor: TensorBuffer)] { values.map { ($0.carry.input, $0.now) } }

  /// Ends an iteration.
  func advance() {
    for i in values.indices { (values[i].now, values[i].next) = (values[i].next, values[i].now) }
  }
}
