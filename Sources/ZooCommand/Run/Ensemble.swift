import ZooRuntime
import ZooTypes

/// Runs of one graph with several sets of weights, each carrying its own: outputs are the means of theirs.
struct Ensemble {
  /// The runs with the first weights.
  let first: Stream
  private let others: [Stream]

  /// Runs of one graph of these sessions, one for each set of weights.
  init(_ sessions: [Session], graph index: Int) {
    guard let session = sessions.first else { preconditionFailure("there is one session at least") }
    first = Stream(session, graph: index)
    others = sessions.dropFirst().map { Stream($0, graph: index) }
  }

  /// Runs once with each set of weights.
  ///
  /// `given` has one tensor for each input of the graph; nil: what the last run carried, or zeros in the first.
  func run(_ given: [TensorBuffer?]) throws -> [TensorBuffer] {
    let outputs = try first.run(given)
    guard !others.isEmpty else { return outputs }
    let all = try [outputs] + others.map { try $0.run(given) }
    return outputs.indices.map { o in
      let mean = TensorBuffer(outputs[o].spec)
      writeMean(of: all.map { UnsafeRawBufferPointer($0[o].bytes) }, into: mean.bytes)
      return mean
    }
  }

  /// Refuses outputs that have no mean: whole numbers, such as the index of a class.
  func check(_ outputs: [GraphOutput], _ specs: [Spec]) throws(UsageError) {
    guard !others.isEmpty else { return }
    for (output, spec) in zip(outputs, specs) where spec.dtype != .f32 { throw .noMean(output: output.name, type: "\(spec.dtype)") }
  }
}
