import Testing
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Every kind against PyTorch: what the scripts in Tests/Reference computed in double precision.
@Suite struct KindFixtureTests {
  @Test("forward agrees with PyTorch in inference", arguments: KindFixture.all.filter { $0.training != true })
  func inferenceForward(_ fixture: KindFixture) throws {
    let runner = try makeRunner(fixture, training: false)
    try runner.pack()
    try runner.forward()
    try expectOutputs(runner, fixture, "outputs")
  }

  @Test("forward may write over the inputs that the plan gives away", arguments: KindFixture.all.filter { $0.training != true })
  func inPlaceForward(_ fixture: KindFixture) throws {
    let runner = try makeRunner(fixture, training: false, inPlace: true)
    try runner.pack()
    try runner.forward()
    try expectOutputs(runner, fixture, "outputs in place")
  }

  @Test("forward agrees with PyTorch in training, and updates buffers as it does", arguments: KindFixture.all)
  func trainingForward(_ fixture: KindFixture) throws {
    if fixture.training == nil, fixture.hasBuffers { return }  // an inference case of a layer that has running statistics
    let runner = try makeRunner(fixture, training: true)
    try runner.forward()
    try expectOutputs(runner, fixture, "outputs")
    for (name, expected) in fixture.buffersAfter {
      let index = try #require(runner.instance.parameters.firstIndex { $0.name == name })
      expectClose(runner.parameters[index].floats, expected.floats, tolerance: fixture.tolerance, "buffer \(name) after forward")
    }
  }

  @Test("backward agrees with PyTorch", arguments: KindFixture.all.filter(\.hasGradients))
  func backward(_ fixture: KindFixture) throws {
    if fixture.training == nil, fixture.hasBuffers { return }
    let runner = try makeRunner(fixture, training: true)
    try runner.forward()
    let gradients = try runner.backward(fixture.tensors("grad_output"))
    try expectGradients(gradients, runner, fixture, offset: 0, "")
    let again = try runner.backward(fixture.tensors("grad_output"))
    for (first, second) in zip(gradients.inputs + gradients.parameters, again.inputs + again.parameters) {
      #expect(first?.floats.map(\.bitPattern) == second?.floats.map(\.bitPattern), "a second backward gives other bits")
    }
  }

  @Test("backward leaves unwanted gradients out and accumulates where it says so", arguments: KindFixture.all.filter(\.hasGradients))
  func partialBackward(_ fixture: KindFixture) throws {
    if fixture.training == nil, fixture.hasBuffers { return }
    let runner = try makeRunner(fixture, training: true)
    try runner.forward()
    let outputGradients = fixture.tensors("grad_output")
    for i in runner.inputs.indices {
      let only = try runner.backward(outputGradients, wantInput: { $0 == i }, wantParameter: { _ in false })
      try expectGradients(only, runner, fixture, offset: 0, "only input \(i): ")
    }
    for i in runner.parameters.indices {
      let only = try runner.backward(outputGradients, wantInput: { _ in false }, wantParameter: { $0 == i })
      try expectGradients(only, runner, fixture, offset: 0, "only parameter \(i): ")
    }
    if runner.instance.accumulates {
      let sums = try runner.backward(outputGradients, accumulateOnto: 3)
      try expectGradients(sums, runner, fixture, offset: 3, "accumulated: ")
    }
  }

  @Test("what nobody differentiated has gradients of zero, which add nothing", arguments: KindFixture.all.filter(\.hasGradients))
  func backwardOfNothing(_ fixture: KindFixture) throws {
    if fixture.training == nil, fixture.hasBuffers { return }
    let runner = try makeRunner(fixture, training: true)
    try runner.forward()
    for start in runner.instance.accumulates ? [nil, 3] : [Float?.none] {
      let gradients = try runner.backward([], accumulateOnto: start)
      for gradient in (gradients.inputs + gradients.parameters).compactMap({ $0 }) {
        #expect(gradient.floats.allSatisfy { $0 == start ?? 0 })
      }
    }
  }

  @Test("results are the same bits on one, two and three threads", arguments: KindFixture.all)
  func threads(_ fixture: KindFixture) throws {
    if fixture.training == nil, fixture.hasBuffers { return }
    var reference: [[UInt32]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let runner = try makeRunner(fixture, training: true)
      try runner.forward()
      var bits = runner.outputs.filter { $0.spec.dtype == .f32 }.map { $0.floats.map(\.bitPattern) }
      if fixture.hasGradients {
        let gradients = try runner.backward(fixture.tensors("grad_output"))
        bits += (gradients.inputs + gradients.parameters).compactMap { $0?.floats.map(\.bitPattern) }
      }
      if let reference { #expect(reference == bits, "\(threads) threads give other bits than one") } else { reference = bits }
    }
  }

  @Test("backward agrees with finite differences", arguments: KindFixture.all.filter(\.hasGradients))
  func finiteDifferences(_ fixture: KindFixture) throws {
    if fixture.training == nil, fixture.hasBuffers { return }
    if fixture.attributes["padding_index"] != nil { return }  // its row has no gradient by definition, not by calculus
    let runner = try makeRunner(fixture, training: true)
    try runner.forward()
    let outputGradients = fixture.tensors("grad_output")
    let gradients = try runner.backward(outputGradients)

    /// The scalar whose derivatives backward computes: the sum of outputs times their gradients.
    func objective() throws -> Double {
      try runner.forward()
      var sum = 0.0
      for (output, weight) in zip(runner.outputs, outputGradients) where output.spec.dtype == .f32 {
        guard let weight else { continue }
        for (y, w) in zip(output.floats, weight.floats) { sum += Double(y) * Double(w) }
      }
      return sum
    }

    let targets =
      zip(runner.inputs, gradients.inputs).enumerated().map { ("input \($0.offset)", $0.element.0, $0.element.1) }
      + zip(runner.parameters, gradients.parameters).enumerated().map { ("parameter \($0.offset)", Optional($0.element.0), $0.element.1) }
    for (name, tensor, gradient) in targets {
      guard let tensor, let gradient else { continue }
      let values = tensor.floats
      let slopes = gradient.floats
      guard values.allSatisfy({ $0.isFinite && abs($0) < 50 }), slopes.allSatisfy({ $0.isFinite }) else { continue }
      let floats = tensor.pointer.assumingMemoryBound(to: Float.self)
      defer { for i in values.indices { floats[i] = values[i] } }
      // Along one element at a time, a few of them: a direction through all would hide one that is wrong.
      for i in Set([0, values.count / 3, values.count / 2, values.count - 1]) where i < values.count {
        let (above, below): (Float, Float) = (values[i] + 0.005, values[i] - 0.005)
        floats[i] = above
        let high = try objective()
        floats[i] = below
        let low = try objective()
        floats[i] = values[i]
        let middle = try objective()
        let (right, left) = ((high - middle) / Double(above - values[i]), (middle - low) / Double(values[i] - below))
        // Where left and right disagree there is a kink: finite differences say nothing.
        let scale = max(Double(slopes.reduce(0) { max($0, abs($1)) }), abs(right), 1e-3)
        guard abs(right - left) < 0.1 * scale else { continue }
        let estimate = (high - low) / Double(above - below)
        #expect(
          abs(Double(slopes[i]) - estimate) < 0.02 * scale, "\(name)[\(i)]: backward says \(slopes[i]), finite differences \(estimate)")
      }
    }
  }

  private func makeRunner(_ fixture: KindFixture, training: Bool, inPlace: Bool = false) throws -> KindRunner {
    let kind = try Repository.kind(fixture.kind)
    let runner = try KindRunner(
      kind, kind.literals(fixture.attributes), inputs: fixture.tensors("input"), training: training, inPlace: inPlace,
      foreign: ForeignLibraries(["libm.so.6"]))
    for (name, value) in fixture.parameters { try runner.set(name, value) }
    #expect(fixture.parameters.count == runner.parameters.count, "the fixture gives \(fixture.parameters.map(\.name))")
    return runner
  }

  private func expectOutputs(_ runner: KindRunner, _ fixture: KindFixture, _ what: String) throws {
    let expected = fixture.tensors("output")
    try #require(expected.count == runner.outputs.count)
    for (i, (got, wanted)) in zip(runner.outputs, expected).enumerated() {
      guard let wanted else { continue }
      try #require(got.spec == wanted.spec, "\(what) \(i)")
      if got.spec.dtype == .f32 {
        expectClose(got.floats, wanted.floats, tolerance: fixture.tolerance, "\(what) \(i)")
      } else {
        #expect(Array(got.bytes) == Array(wanted.bytes), "\(what) \(i)")
      }
    }
  }

  private func expectGradients(
    _ got: (inputs: [TensorBuffer?], parameters: [TensorBuffer?]), _ runner: KindRunner, _ fixture: KindFixture, offset: Float,
    _ what: String
  ) throws {
    for (i, gradient) in got.inputs.enumerated() {
      guard let gradient, let expected = fixture.tensor("grad_input.\(i)") else { continue }
      expectClose(gradient.floats, expected.floats.map { $0 + offset }, tolerance: fixture.tolerance, "\(what)gradient of input \(i)")
    }
    for (i, gradient) in got.parameters.enumerated() {
      let name = runner.instance.parameters[i].name
      guard let gradient else { continue }
      let expected = try #require(fixture.tensor("grad_parameter.\(name)"), "the fixture has no gradient of \(name)")
      expectClose(gradient.floats, expected.floats.map { $0 + offset }, tolerance: fixture.tolerance, "\(what)gradient of \(name)")
    }
  }
}

extension KindFixture {
  /// Whether the kind normalises with the batch's own statistics in training, and otherwise in inference.
  var hasBuffers: Bool { parameters.contains { $0.name.hasPrefix("running_") } }
}
