package import ZooRuntime
import ZooTypes

/// Pictures of what a model makes while it is trained: always from the same random numbers, so that they can be compared.
package final class SamplePictures {
  private let session: Session
  private let graph: Int
  private let output: Int
  private let codec: CodecRunner
  private let inputs: [TensorBuffer?]
  private let every: Int
  /// What the picture is called.
  package let name: String

  /// The pictures that `samples` asks for; `sample` reads the file that the manifest gives an input.
  ///
  /// - Parameters:
  ///   - session: the session that is trained.
  ///   - sample: the sample of an input; nil: it has none.
  package init(_ samples: TrainingSamples, session: Session, sample: (GraphInput) throws -> TensorBuffer?) throws {
    let index = session.graphs.firstIndex { $0.name == samples.graph } ?? 0
    let entry = session.graphs[index]
    let outputs = entry.graph.outputs
    let pictures = outputs.indices.filter { outputs[$0].codec?.codec.extensions.contains("png") ?? false }
    let chosen = samples.output.map { name in outputs.indices.filter { outputs[$0].name == name } } ?? pictures
    guard let output = chosen.first, pictures.contains(output), let choice = outputs[output].codec else {
      throw SampleError.noPicture(graph: entry.name, output: samples.output, known: pictures.map { outputs[$0].name })
    }
    (self.session, graph, self.output, every) = (session, index, output, samples.every)
    codec = CodecRunner(choice)
    name = outputs[output].name
    var inputs: [TensorBuffer?] = []
    for (i, input) in entry.graph.inputs.enumerated() {
      let tensor = try sample(input)
      guard tensor != nil || entry.carried.contains(where: { $0.input == i }) else {
        throw SampleError.noInput(graph: entry.name, input: input.name)
      }
      inputs.append(tensor)
    }
    self.inputs = inputs
  }

  /// A PNG file of what the model makes after an epoch; nil: it is not time for one.
  package func picture(after epoch: Int) throws -> [UInt8]? {
    guard epoch % every == 0 else { return nil }
    let stream = Stream(session, graph: graph)
    var outputs: [TensorBuffer] = []
    let entry = session.graphs[graph]
    for run in 0..<max(entry.runs, 1) {
      // What is carried comes from the run before.
      let given = inputs.enumerated().map { i, tensor in run > 0 && entry.carried.contains { $0.input == i } ? nil : tensor }
      outputs = try stream.run(given)
    }
    return try codec.encode(outputs[output], as: .file, file: name + ".png")
  }
}

/// Pictures that cannot be made.
package enum SampleError: ExplainedError, Hashable {
  /// An output that is no picture, or none that is.
  case noPicture(graph: String, output: String?, known: [String])
  /// An input that nothing is given for.
  case noInput(graph: String, input: String)

  package var message: String {
    switch self {
    case .noPicture(let graph, let output?, _): "'samples' wants output '\(output)' of graph '\(graph)', which is no picture"
    case .noPicture(let graph, nil, _): "'samples' wants a picture, but graph '\(graph)' puts out none"
    case .noInput(let graph, let input): "'samples' runs graph '\(graph)', whose input '\(input)' has no sample"
    }
  }

  package var help: String {
    switch self {
    case .noPicture(_, _, let known):
      known.isEmpty ? "give an output of the graph \"codec\": \"image\"" : "its pictures are \(known.joined(separator: ", "))"
    case .noInput: "give the input a \"sample\" in the manifest, or name a graph that takes nothing"
    }
  }
}
