import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Jacobian-vector products against PyTorch's `torch.func.jvp` (Tests/Reference/tangents.py).
struct ForwardModeTests {
  /// A network of the script: the inputs, the nodes, the last of which is its output.
  struct Network: Sendable, CustomTestStringConvertible {
    let name: String
    let inputs: String
    let nodes: String
    var testDescription: String { name }
  }

  static let networks = [
    Network(
      name: "mlp", inputs: #""x": {"shape": [3, 5]}"#,
      nodes: """
        {"layer": "core.dense", "name": "first", "units": 7}, {"layer": "core.tanh"}, {"layer": "core.layer_norm", "name": "norm"},
        {"layer": "core.dense", "name": "second", "units": 4}, {"layer": "core.relu"}, {"layer": "core.dense", "name": "third", "units": 2}
        """),
    Network(
      name: "convolutions", inputs: #""x": {"shape": [2, 6, 4, 2]}"#,
      nodes: """
        {"layer": "cnn.conv2d", "name": "conv", "channels": 3, "kernel": 3, "padding": "same"}, {"layer": "core.batch_norm", "name": "norm"},
        {"layer": "core.silu"}, {"layer": "cnn.max_pool2d", "size": 2}, {"layer": "core.flatten"},
        {"layer": "core.dense", "name": "head", "units": 4}
        """),
    Network(
      name: "lstm", inputs: #""xs": {"shape": [2, 4, 3]}, "h": {"shape": [2, 5]}, "c": {"shape": [2, 5]}"#,
      nodes: """
        {"loop": [{"layer": "rnn.lstm_cell", "name": "cell", "in": ["x", "state", "cells"], "units": 5}], "name": "steps",
         "carry": {"state": "h", "cells": "c"}, "each": {"x": {"from": "xs", "axis": 1}}, "next": {"state": "cell.h", "cells": "cell.c"}},
        {"layer": "core.dense", "name": "head", "units": 3, "in": "steps.state"}
        """),
    Network(
      name: "attention", inputs: #""x": {"shape": [2, 5, 6]}"#,
      nodes: """
        {"layer": "transformer.block", "name": "block", "heads": 2, "hidden": 8, "activation": "gelu"},
        {"layer": "core.dense", "name": "head", "units": 3}
        """),
  ]

  /// The network with the script's numbers, ready for either mode.
  private struct Ready {
    let session: Session
    let graph: Graph
    let specs: [Spec]
    let file: SafeTensors

    init(_ network: Network) throws {
      let text = #"{"zoo": 1, "inputs": {\#(network.inputs)}, "graph": [\#(network.nodes)]}"#
      graph = try Manifest(contentsOf: Array(text.utf8), file: "m.json", folder: "/").expand(catalog: Repository.catalog).graph
      specs = graph.inputSpecs()
      session = Session(graph)
      file = try SafeTensors(MappedFile("\(Repository.fixtures)/tangents/\(network.name).safetensors"))
      _ = try session.program(specs)  // asks for the parameters
      for entry in session.store.entries where !entry.isBuffer {
        let values = try floats(entry.path)
        try #require(values.count == entry.spec.count, "\(entry.path)")
        entry.pointer?.assumingMemoryBound(to: Float.self).update(from: values, count: values.count)
      }
      session.store.touch()
    }

    func floats(_ name: String) throws -> [Float] {
      let tensor = try #require(file[name], "\(name)")
      return TensorBuffer(tensor.spec, bytes: file.bytes(of: tensor)).floats
    }

    func fill(_ inputs: [TensorBuffer]) throws {
      for (input, tensor) in zip(graph.inputs, inputs) {
        try floats(input.name).withUnsafeBytes { tensor.bytes.copyMemory(from: $0) }
      }
    }

    /// The script's direction, of inputs, of parameters, or of both.
    func direction(inputs: Bool, parameters: Bool) throws -> TangentProgram.Direction {
      var direction = TangentProgram.Direction()
      if inputs { for i in graph.inputs.indices { direction.inputs[i] = try floats("tangent." + graph.inputs[i].name) } }
      guard parameters else { return direction }
      for i in session.store.trainable(matching: ["*"]) {
        direction.parameters[i] = try floats("tangent." + session.store.entries[i].path)
      }
      return direction
    }
  }

  @Test(arguments: networks) func productsAreThoseOfPyTorch(_ network: Network) throws {
    let ready = try Ready(network)
    let program = try ready.session.tangentProgram(ready.graph, inputs: ready.specs, outputs: ready.graph.outputs.map(\.source))
    try ready.fill(program.inputs)
    let directions = [(true, false), (false, true), (true, true)].map { (inputs: $0, parameters: $1) }
    let before = ready.session.store.entries.map { entry in
      Array(UnsafeBufferPointer(start: entry.pointer?.assumingMemoryBound(to: Float.self), count: entry.spec.count))
    }
    let tangents = try program.tangents(along: directions.map { try ready.direction(inputs: $0.inputs, parameters: $0.parameters) })
    for (tangent, name) in zip(tangents, ["inputs", "parameters", "all"]) {
      expectClose(tangent[0], try ready.floats(name), tolerance: 1e-5, "along \(name)")
    }
    // Parameters, running statistics too, are where they were.
    for (entry, values) in zip(ready.session.store.entries, before) {
      #expect(Array(UnsafeBufferPointer(start: entry.pointer?.assumingMemoryBound(to: Float.self), count: entry.spec.count)) == values)
    }
  }

  // <u, J v> = <J^T u, v>.
  @Test(arguments: networks) func forwardModeIsTheTransposeOfReverseMode(_ network: Network) throws {
    let ready = try Ready(network)
    let outputs = ready.graph.outputs.map(\.source)
    let inputs = Set(ready.specs.indices)
    let reverse = try ready.session.gradientProgram(ready.graph, inputs: ready.specs, outputs: outputs, inputGradients: inputs)
    try ready.fill(reverse.inputs)
    try reverse.forward()
    expectClose(reverse.copyOutput(0).floats, try ready.floats("y"))
    let cotangent = Trial.numbers(named: "cotangent", reverse.outputSpecs[0])
    try reverse.backward(from: [cotangent])
    let direction = try ready.direction(inputs: true, parameters: true)
    var expected = 0.0
    for (i, move) in direction.inputs { expected += product(try #require(reverse.copyInputGradient(i)).floats, move) }
    for (i, move) in direction.parameters { expected += product(ready.session.store.gradientValues(of: i), move) }

    let forward = try ready.session.tangentProgram(ready.graph, inputs: ready.specs, outputs: outputs)
    try ready.fill(forward.inputs)
    let got = product(cotangent, try forward.tangents(along: [direction])[0][0])
    #expect(abs(got - expected) <= 1e-5 * abs(expected), "\(got) and \(expected)")
  }

  private func product(_ x: [Float], _ y: [Float]) -> Double { zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) } }

  // y = x^2 / 2 + w x: dy = (x + w) dx + x dw, and z = 3 y depends on nothing that moves if only the input u does.
  @Test func onlyWhatMovesCounts() throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [3]}, "w": {"shape": [3]}, "u": {"shape": [3]}"#,
      """
      {"layer": "core.multiply", "name": "squares", "in": ["x", "x"]}, {"layer": "core.scale", "name": "half", "factor": 0.5},
      {"layer": "core.multiply", "name": "product", "in": ["w", "x"]}, {"layer": "core.add", "name": "y", "in": ["half", "product"]},
      {"layer": "core.tanh", "name": "other", "in": "u"}
      """, wanted: ["y", "other"])
    let program = try trial.session.tangentProgram(
      trial.graph, inputs: trial.graph.inputSpecs(), outputs: trial.graph.outputs.map(\.source))
    for (i, values) in [[1, 2, 3], [10, 20, 30], [0, 1, 0] as [Float]].enumerated() {
      values.withUnsafeBytes { program.inputs[i].bytes.copyMemory(from: $0) }
    }
    let tangents = try program.tangents(along: [
      TangentProgram.Direction(inputs: [0: [1, 0, 2]]), TangentProgram.Direction(inputs: [0: [1, 0, 2], 1: [1, 1, -1]]),
      TangentProgram.Direction(inputs: [2: [1, 2, 3]]), TangentProgram.Direction(),
    ])
    expectClose(tangents[0][0], [11, 0, 66])
    expectClose(tangents[1][0], [12, 2, 63])
    #expect(tangents[0][1] == [0, 0, 0])
    #expect(tangents[2][0] == [0, 0, 0])
    expectClose(tangents[2][1], [1, 2 * 0.41997434, 3])  // 1 - tanh(1)^2
    #expect(tangents[3] == [[0, 0, 0], [0, 0, 0]])
  }

  // Nothing random may change between the runs that a product is made of.
  @Test func dropoutMovesWhatItLeaves() throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [64]}"#, #"{"layer": "core.dropout", "name": "y", "probability": 0.5, "in": "x"}"#, wanted: ["y"])
    let program = try trial.session.tangentProgram(trial.graph, inputs: trial.graph.inputSpecs(), outputs: [trial.graph.outputs[0].source])
    let ones = [Float](repeating: 1, count: 64)
    ones.withUnsafeBytes { program.inputs[0].bytes.copyMemory(from: $0) }
    let y = try trial.session.gradientProgram(
      trial.graph, inputs: trial.graph.inputSpecs(), outputs: [trial.graph.outputs[0].source], inputGradients: [0])
    ones.withUnsafeBytes { y.inputs[0].bytes.copyMemory(from: $0) }
    try y.forward()
    let kept = y.copyOutput(0).floats
    #expect(Set(kept) == [0, 2])
    #expect(try program.tangents(along: [TangentProgram.Direction(inputs: [0: ones])])[0][0] == kept)
  }

  @Test func whatHasNoBackwardIsNamed() throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [3]}"#, #"{"layer": "core.tanh", "name": "t", "in": "x"}, {"layer": "core.argmax", "name": "y"}"#,
      wanted: ["y"])
    let program = try trial.session.tangentProgram(trial.graph, inputs: trial.graph.inputSpecs(), outputs: [trial.graph.outputs[0].source])
    #expect(try program.tangents(along: [TangentProgram.Direction(inputs: [0: [1, 1, 1]])])[0][0] == [0])
  }

  // Each of 100,000 elements depends on all others: that many backwards take seconds, of which there is one.
  @Test func whatTakesTooLongIsNamed() throws {
    let trial = try Trial(
      inputs: #""x": {"shape": [1, 100000]}"#, #"{"layer": "core.layer_norm", "name": "y", "in": "x"}"#, wanted: ["y"])
    let program = try trial.session.tangentProgram(trial.graph, inputs: trial.graph.inputSpecs(), outputs: [trial.graph.outputs[0].source])
    let numbers = Trial.numbers(named: "x", program.inputs[0].spec)
    numbers.withUnsafeBytes { program.inputs[0].bytes.copyMemory(from: $0) }
    for (limit, start, end) in [
      (1, "layer 'y' (core.layer_norm) takes 100000 backwards in forward mode, about ", " s"),
      (-1, "there is no time left for layer 'y' (core.layer_norm)", " in forward mode"),
    ] {
      program.limit = Double(limit)
      do {
        _ = try program.tangents(along: [TangentProgram.Direction(inputs: [0: numbers])])
        Issue.record("nothing was thrown")
      } catch let error as TangentError {
        #expect(error.message.hasPrefix(start) && error.message.hasSuffix(end), "\(error.message)")
        #expect(error.help == "give it more time, or smaller inputs")
      }
    }
  }
}
