import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// A manifest's graph, run forward and backward on numbers of which no two are alike.
///
/// A parameter's numbers depend only on the last two parts of its path, so that layers of one name have the same ones wherever they are.
final class Trial {
  let graph: Graph
  let session: Session
  let program: Program
  private let wanted: [String]
  private let trained: Bool

  /// Inputs and nodes as in a manifest; `wanted` are values of the graph.
  ///
  /// With `minimise` it can also run backward, which is then asked for the gradients of all `f32` inputs. Blocks that `recompute` names are
  /// computed again for it.
  init(
    inputs: String, _ nodes: String, _ others: String = "", minimise: String? = nil, wanted: [String], seed: UInt64 = 1,
    lengths: [String: Int] = [:], recompute: [String] = []
  ) throws {
    let names = (minimise.map { [$0] } ?? []) + wanted
    let outputs = names.enumerated().map { "\"o\($0)\": \"\($1)\"" }.joined(separator: ", ")
    let text = "{\"zoo\": 1, \"inputs\": {\(inputs)}, \"graph\": [\n\(nodes)\n], \"outputs\": {\(outputs)}\(others)}"
    graph = try Manifest(contentsOf: Array(text.utf8), file: "trial.json", folder: "/").expand(settings: [:], catalog: Repository.catalog)
      .graph.recomputing(recompute)
    session = Session(graph, seed: seed)
    self.wanted = names
    trained = minimise != nil
    let specs = graph.inputSpecs(lengths: lengths)
    program =
      trained
      ? try session.trainingProgram(
        graph, inputs: specs, minimise: graph.outputs[0].source, wanted: graph.outputs[1...].map(\.source),
        inputGradients: Set(specs.indices.filter { specs[$0].dtype == .f32 }))
      : try session.program(specs)
    for index in session.store.entries.indices {
      set(parameter: index, Self.numbers(named: name(index), session.store.entries[index].spec))
    }
    for (input, spec) in zip(graph.inputs, specs) where spec.dtype == .f32 { set(input.name, Self.numbers(named: input.name, spec)) }
  }

  // MARK: Giving

  /// Numbers between -1 and 1; further apart from one another the fewer there are.
  static func numbers(named name: String, _ spec: Spec) -> [Float] {
    let start = name.utf8.reduce(7) { ($0 * 31 + Int($1)) % 9973 }
    return (0..<spec.count).map { Float((start + $0 * 389) % 997 - 498) / 500 }
  }

  func set(_ input: String, _ values: [Float]) { give(input, values) }
  func set(_ input: String, _ values: [Int64]) { give(input, values) }

  private func give<Element>(_ input: String, _ values: [Element]) {
    guard let index = graph.inputs.firstIndex(where: { $0.name == input }) else { preconditionFailure("no input \(input)") }
    values.withUnsafeBytes { program.inputs[index].bytes.copyMemory(from: $0) }
  }

  /// Sets a parameter by the last two parts of its path.
  func set(parameter name: String, _ values: [Float]) {
    for index in session.store.entries.indices where self.name(index) == name { set(parameter: index, values) }
  }

  private func set(parameter index: Int, _ values: [Float]) {
    session.store.entries[index].pointer?.assumingMemoryBound(to: Float.self).update(from: values, count: values.count)
    session.store.touch()
  }

  private func name(_ index: Int) -> String { session.store.entries[index].path.split(separator: ".").suffix(2).joined(separator: ".") }

  // MARK: Running

  func forward() throws { try program.forward() }

  /// Forward and backward, twice: the second time, nothing of the first may be left.
  func run() throws {
    for _ in 0..<2 {
      try program.forward()
      if trained { try program.backward() }
    }
  }

  func output(_ name: String) throws -> [Float] { program.copyOutput(try #require(wanted.firstIndex(of: name))).floats }
  func integers(_ name: String) throws -> [Int64] { program.copyOutput(try #require(wanted.firstIndex(of: name))).array(of: Int64.self) }

  /// The gradient of an input.
  func gradient(_ input: String) throws -> [Float] {
    let index = try #require(graph.inputs.firstIndex { $0.name == input })
    return try #require(program.copyInputGradient(index), "the gradient of \(input)").floats
  }

  /// The gradients of the parameters by the last two parts of their paths, and of the inputs that have one.
  func gradients() -> [String: [Float]] {
    var gradients: [String: [Float]] = [:]
    for index in session.store.entries.indices { gradients[name(index)] = session.store.gradientValues(of: index) }
    for (index, input) in graph.inputs.enumerated() { gradients[input.name] = program.copyInputGradient(index)?.floats }
    return gradients
  }

  // MARK: Finite differences

  /// Expects that the gradient of each parameter and input agrees with how the loss changes along some direction.
  func expectSlopes(tolerance: Double = 2e-3, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try run()
    let gradients = gradients()
    for index in session.store.entries.indices {
      let values = Self.numbers(named: name(index), session.store.entries[index].spec)
      try expectSlope(name(index), values, gradients, tolerance, sourceLocation) { self.set(parameter: index, $0) }
    }
    for input in graph.inputs where gradients[input.name] != nil {
      let values = program.inputs[graph.inputs.firstIndex { $0.name == input.name } ?? 0].floats
      try expectSlope(input.name, values, gradients, tolerance, sourceLocation) { self.set(input.name, $0) }
    }
  }

  private func expectSlope(
    _ name: String, _ values: [Float], _ gradients: [String: [Float]], _ tolerance: Double, _ location: SourceLocation,
    _ set: ([Float]) -> Void
  ) throws {
    let step: Float = 0.01
    let direction = Self.numbers(named: name + " direction", Spec([values.count]))
    func loss(_ sign: Float) throws -> Double {
      set(zip(values, direction).map { $0 + sign * step * $1 })
      try program.forward()
      return Double(program.copyOutput(0).floats[0])
    }
    let measured = (try loss(1) - loss(-1)) / Double(2 * step)
    set(values)
    let expected = zip(try #require(gradients[name]), direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(measured - expected) <= tolerance * max(abs(expected), 0.05), "\(name)", sourceLocation: location)
  }
}

/// What one iteration of a loop is, to be written as a loop or out.
struct Iterations {
  /// The nodes of one iteration.
  var body: String
  var times: Int
  /// Names inside, what they start from, and the nodes that they become.
  var carry: [(name: String, from: String, next: String)] = []
  /// Names inside, the sequences, the axes along which they are consumed, and the shapes of their elements.
  var each: [(name: String, from: String, axis: Int, shape: [Int])] = []
  /// Names outside, nodes, axes, and the shapes of an element.
  var stack: [(name: String, node: String, axis: Int, shape: [Int])] = []
  var isReversed = false

  /// As a loop called `l`, with further keys.
  func loop(_ others: String = "") -> String {
    let carry = carry.map { "\"\($0.name)\": \"\($0.from)\"" }.joined(separator: ", ")
    let next = self.carry.map { "\"\($0.name)\": \"\($0.next)\"" }.joined(separator: ", ")
    let each = each.map { "\"\($0.name)\": {\"from\": \"\($0.from)\", \"axis\": \($0.axis)}" }.joined(separator: ", ")
    let stack = stack.map { "\"\($0.name)\": {\"from\": \"\($0.node)\", \"axis\": \($0.axis)}" }.joined(separator: ", ")
    return """
      {"loop": [\(body)], "name": "l", "times": \(times), "carry": {\(carry)}, "next": {\(next)}, "each": {\(each)}, "stack": {\(stack)},
       "count": "\(isReversed ? "down" : "up")"\(others)}
      """
  }

  /// As blocks `t0`, `t1`, ..., that share the parameters of the first; what the loop puts out is called `l-` and its name.
  func written() -> String {
    var nodes: [String] = []
    for k in 0..<times {
      let t = isReversed ? times - 1 - k : k
      for (name, from, axis, shape) in each {
        nodes.append(
          """
          {"layer": "core.slice", "name": "\(name)\(k)s", "in": "\(from)", "axes": [\(axis)], "starts": [\(t)], "ends": [\(t + 1)]},
          {"layer": "core.reshape", "name": "\(name)\(k)", "shape": \(shape)}
          """)
      }
      let taken = carry.map { k == 0 ? $0.from : "t\(k - 1).\($0.next)" } + each.map { "\($0.name)\(k)" }
      let names = (carry.map(\.name) + each.map(\.name)).map { "\"\($0)\"" }.joined(separator: ", ")
      let share = k == 0 ? "" : ", \"share\": \"t0\""
      nodes.append(
        "{\"graph\": [\(body)], \"name\": \"t\(k)\", \"inputs\": [\(names)], \"in\": [\(taken.map { "\"\($0)\"" }.joined(separator: ", "))]\(share)}"
      )
    }
    for (name, node, axis, shape) in stack {
      let whole = Array(shape[..<axis] + [1] + shape[axis...])
      var parts: [String] = []
      for k in 0..<times {
        nodes.append("{\"layer\": \"core.reshape\", \"name\": \"\(name)\(k)\", \"in\": \"t\(k).\(node)\", \"shape\": \(whole)}")
        parts.append("\"\(name)\(k)\"")
      }
      if isReversed { parts.reverse() }
      nodes.append("{\"layer\": \"core.concat\", \"name\": \"l-\(name)\", \"in\": [\(parts.joined(separator: ", "))], \"axis\": \(axis)}")
    }
    for (name, _, next) in carry {
      nodes.append("{\"layer\": \"core.identity\", \"name\": \"l-\(name)\", \"in\": \"t\(times - 1).\(next)\"}")
    }
    return nodes.joined(separator: ",\n")
  }
}

/// Expects that a loop and the same written out give the same values and gradients.
///
/// `nodes` makes the rest of the graph from the iterations and from what stands before the names that they put out, `l.` or `l-`.
func expectWritten(
  _ iterations: Iterations, inputs: String, wanted: [String], loop others: String = "", written times: Int? = nil,
  sourceLocation: SourceLocation = #_sourceLocation, _ nodes: (String, String) -> String
) throws {
  var out = iterations
  out.times = times ?? iterations.times
  func names(_ prefix: String) -> [String] { wanted.map { $0.hasPrefix("l.") ? prefix + $0.dropFirst(2) : $0 } }
  let loop = try Trial(inputs: inputs, nodes(iterations.loop(others), "l."), minimise: "loss", wanted: names("l."))
  let written = try Trial(inputs: inputs, nodes(out.written(), "l-"), minimise: "loss", wanted: names("l-"))
  // Without backward, layers are fused and values overwritten.
  let fused = try Trial(inputs: inputs, nodes(iterations.loop(others), "l."), wanted: ["loss"] + names("l."))
  for trial in [loop, written, fused] { try trial.run() }
  for (a, b) in zip(["loss"] + names("l."), ["loss"] + names("l-")) {
    expectClose(try loop.output(a), try written.output(b), tolerance: 1e-6, a, sourceLocation: sourceLocation)
    expectClose(try fused.output(a), try written.output(b), tolerance: 2e-6, "\(a), fused", sourceLocation: sourceLocation)
  }
  let (got, expected) = (loop.gradients(), written.gradients())
  #expect(Set(got.keys) == Set(expected.keys), sourceLocation: sourceLocation)
  for (name, gradient) in expected {
    expectClose(got[name] ?? [], gradient, tolerance: 2e-6, "the gradient of \(name)", sourceLocation: sourceLocation)
    #expect(gradient.contains { abs($0) > 1e-5 }, "\(name) has a gradient", sourceLocation: sourceLocation)
  }
}
