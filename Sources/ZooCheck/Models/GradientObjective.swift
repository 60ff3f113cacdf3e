package import ZooRuntime
package import ZooTypes

/// A number that a graph makes of its parameters and inputs: a loss, or a sum of all that it puts out with random weights.
///
/// Every run has the same random numbers, so that it is a function.
package final class GradientObjective {
  /// What can move.
  struct Place {
    /// The parameter's path, or the input's name.
    let name: String
    /// Its index in the store, or among the graph's inputs.
    let argument: LayerProgram.Argument.Place
    let values: UnsafeMutableBufferPointer<Float>
  }

  /// What it is called: of a loss, its name.
  package let name: String
  /// Write the elements of its inputs here.
  package let program: Program
  let session: Session
  let graph: Graph
  let outputs: [Source]
  let cotangents: [[Float]?]

  /// A weighted sum of values of a graph that have one element each, by the parameters that match `patterns`.
  package init(
    _ session: Session, _ graph: Graph, inputs: [Spec], losses: [(source: Source, weight: Double)], name: String, patterns: [String]
  ) throws {
    (self.session, self.graph, self.name) = (session, graph, name)
    outputs = losses.map(\.source)
    cotangents = losses.map { [Float($0.weight)] }
    program = try session.gradientProgram(graph, inputs: inputs, outputs: outputs, patterns: patterns)
    session.run.step = 1
  }

  /// What a graph puts out, by all parameters; by the inputs where there are none.
  package init(_ session: Session, _ graph: Graph, inputs: [Spec]) throws {
    (self.session, self.graph, name) = (session, graph, "outputs")
    let outputs = graph.outputs.map(\.source)
    let floats = Set(inputs.indices.filter { inputs[$0].dtype == .f32 })
    do {
      program = try session.gradientProgram(graph, inputs: inputs, outputs: outputs)
    } catch GraphError.nothingToUpdate {
      program = try session.gradientProgram(graph, inputs: inputs, outputs: outputs, inputGradients: floats)
    }
    self.outputs = outputs
    var random = SplitMix(state: 5)
    let program = program
    cotangents = outputs.indices.map { o in
      program.hasCotangent(o) && program.outputSpecs[o].dtype == .f32 ? random.signs(program.outputSpecs[o].count) : nil
    }
    session.run.step = 1
  }

  /// What gradients flow to.
  func places() -> [Place] {
    let parameters = program.trained.compactMap { index -> Place? in
      let entry = session.store.entries[index]
      guard let start = entry.pointer?.assumingMemoryBound(to: Float.self) else { return nil }
      return Place(name: entry.path, argument: .parameter(index), values: UnsafeMutableBufferPointer(start: start, count: entry.spec.count))
    }
    let inputs = program.inputs.indices.compactMap { i -> Place? in
      guard program.copyInputGradient(i) != nil else { return nil }
      return Place(name: graph.inputs[i].name, argument: .input(i), values: program.inputs[i].bytes.bindMemory(to: Float.self))
    }
    return parameters + inputs
  }

  /// Its value, and how finely f32 tells it from others.
  func value() throws -> (value: Double, rounding: Double) {
    session.store.touch()
    try program.forward()
    var (sum, squares) = (0.0, 0.0)
    for (o, cotangent) in cotangents.enumerated() {
      guard let cotangent else { continue }
      for (u, y) in zip(cotangent, program.output(o).bindMemory(to: Float.self)) {
        let product = Double(u) * Double(y)
        sum += product
        squares += product * product
      }
    }
    return (sum, 0x1p-23 * squares.squareRoot())
  }

  /// Its gradient by each place.
  func gradients(of places: [Place]) throws -> [[Float]] {
    try program.forward()
    try program.backward(from: cotangents)
    return places.map { place in
      switch place.argument {
      case .parameter(let index): session.store.gradientValues(of: index)
      case .input(let i): program.copyInputGradient(i)?.floats ?? []
      }
    }
  }

  /// Moves every parameter a little, so that none is at a point where the derivative jumps or is 0 for a reason: zeros, ones.
  func leaveStart() {
    var random = SplitMix(state: 11)
    for place in places() {
      guard case .parameter = place.argument else { continue }
      let size = 0.05 * (place.values.rootMeanSquare + 0.02)
      for (i, sign) in random.signs(place.values.count).enumerated() { place.values[i] += size * sign }
    }
    session.store.touch()
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// The root of the mean of the squares.
  var rootMeanSquare: Float {
    isEmpty ? 0 : Float((reduce(0.0) { $0 + Double($1) * Double($1) } / Double(count)).squareRoot())
  }
}

extension SplitMix {
  /// Numbers of either sign, from 0.5 to 1 in magnitude.
  mutating func signs(_ count: Int) -> [Float] {
    (0..<count).map { _ in
      let number = Float(next())
      return number < 0.5 ? -0.5 - number : number
    }
  }
}
