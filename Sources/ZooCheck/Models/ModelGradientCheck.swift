package import ZooRuntime
import ZooTypes

/// The gradients of a whole model: reverse mode beside forward mode, and beside central differences.
///
/// Forward mode is made of the same backwards of layers, so it shows what the host makes of them: sums over several readers, shared
/// parameters, loops. Differences show whether those backwards are derivatives at all.
package struct ModelGradientCheck {
  /// What was found about one parameter, or one input.
  package struct Row: Sendable {
    package let name: String
    package let size: Int
    package let comparison: GradientComparison
    /// How far reverse and forward mode are apart, relative to the larger; nil: forward mode was too dear.
    package let forward: Double?
    /// Whether the loss says too little about it, but every layer's own differences agree with what forward mode is made of.
    package fileprivate(set) var isByLayers = false

    /// What came of it.
    package var verdict: GradientComparison.Verdict {
      if let forward, !(forward <= ModelGradientCheck.tolerance) { return .disagrees }
      return isByLayers ? .agrees : comparison.verdict
    }
  }

  /// A layer whose backward is not the derivative of its forward.
  package struct Culprit: Sendable {
    package let layer: String
    package let kind: String
    /// The input or parameter by which it is not.
    package let argument: String
    package let comparison: GradientComparison
  }

  /// One for each parameter, in the order of the graph.
  package let rows: [Row]
  /// Why there is no forward mode; nil: there is.
  package let withoutForward: TangentError?
  /// Who is to blame for what disagrees.
  package let culprits: [Culprit]

  // Of forward and reverse mode, which differ by rounding alone.
  private static let tolerance = 1e-3

  /// Compares every gradient of `objective`, whose inputs are set; forward mode may take so many seconds.
  package init(_ objective: GradientObjective, limit: Double, _ progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }) throws {
    objective.leaveStart()
    let places = objective.places()
    guard try objective.value().value.isFinite else { throw ModelGradientError.notFinite(objective: objective.name) }
    let gradients = try objective.gradients(of: places)
    let checks = zip(places, gradients).map { DirectionalCheck(values: $0.values, gradient: $1, function: objective.value) }
    let directions = checks.map { $0.direction(isAlong: $0.gradient.contains { $0 != 0 }, 0) }
    let (forward, obstacle) = try Self.forward(objective, zip(places, directions).map { ($0.argument, $1) }, limit: limit)
    withoutForward = obstacle

    let slopes = zip(gradients, directions).map { zip($0, $1).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } }
    // Beside the largest, a derivative that is 0 but for rounding is 0.
    let least = Self.tolerance * slopes.reduce(0) { max($0, $1.magnitude) }
    var rows: [Row] = []
    for (p, place) in places.enumerated() {
      let distance = forward.map { forward -> Double in
        let scale = max(slopes[p].magnitude, forward[p].magnitude, least)
        return scale > 0 ? (slopes[p] - forward[p]).magnitude / scale : 0
      }
      rows.append(Row(name: place.name, size: place.values.count, comparison: try checks[p].compare(), forward: distance))
      progress(p + 1, places.count)
    }
    culprits = rows.allSatisfy { $0.verdict == .agrees } ? [] : try Self.culprits(objective)
    for i in rows.indices where culprits.isEmpty && rows[i].forward != nil && rows[i].verdict == .unresolved { rows[i].isByLayers = true }
    self.rows = rows
  }

  /// The derivative of the objective along each direction by forward mode; nil: it would take too long.
  private static func forward(
    _ objective: GradientObjective, _ moves: [(LayerProgram.Argument.Place, [Float])], limit: Double
  ) throws -> (slopes: [Double]?, TangentError?) {
    let program = try Self.tangentProgram(objective)
    program.limit = limit
    let directions = moves.map { place, move -> TangentProgram.Direction in
      switch place {
      case .parameter(let index): TangentProgram.Direction(parameters: [index: move])
      case .input(let i): TangentProgram.Direction(inputs: [i: move])
      }
    }
    do {
      let slopes = try program.tangents(along: directions).map { outputs in
        zip(outputs, objective.cotangents).reduce(0.0) { sum, pair in
          sum + zip(pair.0, pair.1 ?? []).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        }
      }
      return (slopes, nil)
    } catch let error as TangentError {
      return (nil, error)
    }
  }

  private static func tangentProgram(_ objective: GradientObjective) throws -> TangentProgram {
    let inputs = objective.program.inputs
    let program = try objective.session.tangentProgram(objective.graph, inputs: inputs.map(\.spec), outputs: objective.outputs)
    for (from, into) in zip(inputs, program.inputs) { into.bytes.copyMemory(from: UnsafeRawBufferPointer(from.bytes)) }
    return program
  }

  /// Looks at each layer by itself.
  private static func culprits(_ objective: GradientObjective) throws -> [Culprit] {
    var culprits: [Culprit] = []
    try tangentProgram(objective).visit { _, layer in
      guard layer.hasCotangent.contains(true) else { return }
      var random = SplitMix(state: 17)
      // A little beside what comes before: zeros, of which a pool takes any, are where derivatives jump.
      for argument in layer.arguments {
        guard case .input = argument.place else { continue }
        let size = 0.05 * (argument.values.rootMeanSquare + 0.02)
        for (i, sign) in random.signs(argument.values.count).enumerated() { argument.values[i] += size * sign }
      }
      try layer.forward()
      let cotangents = layer.outputs.indices.map { layer.hasCotangent[$0] ? random.signs(layer.outputs[$0].count) : nil }
      try layer.backward(from: cotangents)
      let gradients = layer.arguments.map { Array(layer.gradient(of: $0)) }
      for (argument, gradient) in zip(layer.arguments, gradients) where !gradient.isEmpty {
        let check = DirectionalCheck(values: argument.values, gradient: gradient) {
          try layer.forward()
          return layer.product(with: cotangents)
        }
        let comparison = try check.compare()
        guard comparison.verdict == .disagrees else { continue }
        culprits.append(
          Culprit(layer: layer.node.path, kind: layer.node.kind.name, argument: argument.name, comparison: comparison))
      }
    }
    return culprits
  }
}

extension LayerProgram {
  /// The sum of the outputs times some weights, and how finely f32 tells it from others.
  fileprivate func product(with cotangents: [[Float]?]) -> (value: Double, rounding: Double) {
    var (sum, squares) = (0.0, 0.0)
    for (o, cotangent) in cotangents.enumerated() {
      guard let cotangent else { continue }
      for (u, y) in zip(cotangent, floats(o)) {
        let product = Double(u) * Double(y)
        sum += product
        squares += product * product
      }
    }
    return (sum, 0x1p-23 * squares.squareRoot())
  }
}

/// A model whose gradients cannot be checked.
package enum ModelGradientError: ExplainedError, Hashable {
  /// What is differentiated is NaN or infinite.
  case notFinite(objective: String)

  package var message: String {
    switch self {
    case .notFinite(let objective): "'\(objective)' is not finite for random inputs, so it has no gradient there"
    }
  }

  package var help: String {
    switch self {
    case .notFinite: "try another --seed, or --axis with other lengths"
    }
  }
}
