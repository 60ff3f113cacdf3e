import CHost
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures of activations, losses, normalisations and updates leave out: tensors so large that they are cut into parts,
/// chance, and steps that follow each other.
@Suite struct LayerKindTests {
  /// Numbers between -1 and 1 that differ, the same on every call.
  private func numbers(_ shape: [Int], _ seed: Int = 1) -> TensorBuffer {
    TensorBuffer((0..<shape.reduce(1, *)).map { Float((($0 &* 7919 &+ seed &* 104729) % 2003) - 1001) / 1001 }, shape: shape)
  }

  private func labels(_ rows: Int, below classes: Int) -> TensorBuffer {
    let labels = TensorBuffer(Spec([rows], .i32))
    for i in 0..<rows { labels.bytes.storeBytes(of: Int32(i * 31 % classes), toByteOffset: i * 4, as: Int32.self) }
    return labels
  }

  private func runner(_ name: String, _ attributes: String = "{}", _ inputs: [TensorBuffer], seed: UInt64 = 1) throws -> KindRunner {
    let kind = try Repository.kind(name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: name).root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: inputs, training: true, seed: seed)
    for (i, parameter) in runner.instance.parameters.enumerated() {
      try runner.set(parameter.name, numbers(parameter.spec.shape, 10 + i))
    }
    return runner
  }

  @Test(
    "large tensors give the same bits on one, two and three threads",
    arguments: [
      ("core.gelu", "{}", [[331, 1457]]), ("core.relu", "{}", [[500_009]]), ("core.maxout", #"{"pieces": 3}"#, [[200_003, 3]]),
      ("core.softmax", "{}", [[1_777, 101]]), ("core.softmax", #"{"axis": 0}"#, [[37, 5_003]]),
      ("core.log_softmax", #"{"axis": 1}"#, [[7, 131, 203]]), ("core.mse", "{}", [[500_009], [500_009]]),
      ("core.binary_cross_entropy", #"{"reduction": "none"}"#, [[200_003], [200_003]]),
      ("core.batch_norm", "{}", [[150_021, 3]]), ("core.batch_norm", "{}", [[5_003, 100]]),
      ("core.group_norm", #"{"groups": 4}"#, [[3, 14_001, 12]]), ("core.instance_norm", #"{"affine": true}"#, [[2, 4_501, 70]]),
      ("core.layer_norm", "{}", [[4_009, 131]]), ("core.rms_norm", "{}", [[4_009, 131]]), ("core.dropout", "{}", [[500_009]]),
      ("core.cross_entropy", #"{"label_smoothing": 0.1}"#, [[5_003, 41], [5_003, 41]]), ("core.cross_entropy", "{}", [[5_003, 41]]),
      ("core.accuracy", "{}", [[5_003, 41]]), ("core.iou", "{}", [[5_003, 41]]),
    ])
  func threads(_ kind: String, _ attributes: String, _ shapes: [[Int]]) throws {
    var reference: [[UInt32]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      var inputs = shapes.enumerated().map { numbers($0.element, $0.offset + 1) }
      if inputs.count == 1, ["core.cross_entropy", "core.accuracy", "core.iou"].contains(kind) { inputs.append(labels(5_003, below: 41)) }
      let runner = try runner(kind, attributes, inputs)
      try runner.forward()
      var bits = (runner.outputs + runner.parameters).map { $0.floats.map(\.bitPattern) }
      if kind != "core.accuracy", kind != "core.iou" {
        let gradients = try runner.backward(runner.outputs.map { numbers($0.spec.shape, 5) })
        bits += (gradients.inputs + gradients.parameters).compactMap { $0?.floats.map(\.bitPattern) }
      }
      if let reference { #expect(reference == bits, "\(threads) threads give other bits than one") } else { reference = bits }
    }
  }

  @Test("the mean of a million losses is exact to the last digits")
  func longSums() throws {
    let (x, t) = (numbers([1_000_003]), numbers([1_000_003], 3))
    var (squares, distances) = (0.0, 0.0)
    for (a, b) in zip(x.floats, t.floats) {
      squares += Double(a - b) * Double(a - b)
      distances += Double(abs(a - b))
    }
    for (kind, sum) in [("core.mse", squares), ("core.l1", distances)] {
      let runner = try runner(kind, "{}", [x, t])
      try runner.forward()
      expectClose(runner.outputs[0].floats, [Float(sum / 1_000_003)], tolerance: 2e-7, kind)
    }
  }

  @Test("a batch whose labels are all ignored has loss and gradients of 0, not NaN")
  func allIgnored() throws {
    let labels = TensorBuffer(Spec([2], .i64))
    for i in 0..<2 { labels.bytes.storeBytes(of: Int64(-100), toByteOffset: i * 8, as: Int64.self) }
    let runner = try runner("core.cross_entropy", "{}", [numbers([2, 3]), labels])
    try runner.forward()
    #expect(runner.outputs[0].floats == [0])
    #expect(try runner.backward([TensorBuffer([1], shape: [])]).inputs[0]?.floats == [Float](repeating: 0, count: 6))
  }

  @Test("dropout keeps the share it should, scales it, and lets the gradient through where it kept", arguments: [0.1, 0.5, 0.9])
  func dropout(_ probability: Double) throws {
    let count = 100_000
    let ones = TensorBuffer([Float](repeating: 1, count: count))
    let runner = try runner("core.dropout", "{\"probability\": \(probability)}", [ones])
    try runner.forward()
    let y = runner.outputs[0].floats
    let kept = y.filter { $0 != 0 }
    // Five deviations of the binomial distribution.
    let expected = Double(count) * (1 - probability)
    #expect(abs(Double(kept.count) - expected) < 5 * (expected * probability).squareRoot())
    #expect(kept.allSatisfy { abs($0 - Float(1 / (1 - probability))) < 1e-5 })
    #expect(try runner.backward([ones]).inputs[0]?.floats == y)
  }

  @Test("dropout draws anew for another step and another seed, and the same again for the same")
  func dropoutPatterns() throws {
    func pattern(seed: UInt64, step: UInt64) throws -> [Bool] {
      let runner = try runner("core.dropout", "{}", [TensorBuffer([Float](repeating: 1, count: 1000))], seed: seed)
      runner.run.step = step
      try runner.forward()
      return runner.outputs[0].floats.map { $0 != 0 }
    }
    let first = try pattern(seed: 1, step: 1)
    #expect(try pattern(seed: 1, step: 1) == first)
    for (seed, step) in [(UInt64(1), UInt64(2)), (2, 1)] {
      let other = try pattern(seed: seed, step: step)
      let same = zip(first, other).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
      #expect((400...600).contains(same), "\(same) of 1000 agree")
    }
  }

  @Test("ten steps in a row end where PyTorch's do", arguments: ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"])
  func steps(_ name: String) throws {
    let kind = try Repository.kind("core." + name)
    for run in ["default", "attributes", "decay", "l1", "momentum", "centered"] {
      let cases = KindFixture.all.filter { $0.kind == kind.name && $0.name.hasPrefix(run + " step ") }
      guard let first = cases.first else { continue }
      try #require(cases.count == 10)
      var state = first.tensors("input")
      for step in 1...10 {
        let fixture = try #require(cases.first { $0.name == "\(run) step \(step)" })
        for input in 1...3 { state[input] = fixture.tensors("input")[input] }  // the step's own gradient, rate and number
        let runner = try KindRunner(kind, kind.literals(fixture.attributes), inputs: state, training: true, inPlace: true)
        try runner.forward()
        if step == 10 {
          for (i, expected) in fixture.tensors("output").enumerated() {
            expectClose(runner.outputs[i].floats, try #require(expected).floats, tolerance: 1e-6, "\(run), output \(i) after ten steps")
          }
        }
      }
    }
  }
}
