import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What dropout does inside transformer.block.
@Suite struct BlockDropoutTests {
  private func runner(
    _ attributes: String, _ x: TensorBuffer, training: Bool, seed: UInt64 = 1, parameter: (_ name: String, _ index: Int) -> Float
  ) throws -> KindRunner {
    let kind = try Repository.kind("transformer.block")
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: [x], training: training, seed: seed)
    for wanted in runner.instance.parameters {
      try runner.set(wanted.name, TensorBuffer((0..<wanted.spec.count).map { parameter(wanted.name, $0) }, shape: wanted.spec.shape))
    }
    return runner
  }

  /// Numbers between -1 and 1 that differ, the same on every call.
  private func number(_ name: String, _ index: Int) -> Float {
    Float(((index &* 7919 &+ name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } % 1009) % 2003) - 1001) / 1001
  }

  private func input(_ shape: [Int]) -> TensorBuffer {
    TensorBuffer((0..<shape.reduce(1, *)).map { number("x", $0) }, shape: shape)
  }

  // Attention gives 10 for each element (its weights are 0, its bias is 10), the activation 1 (likewise), and linear2 is the identity.
  // Nothing comes from x, which is 0. So y = 10 a / 0.75 + b c / 0.75^2, where a, b and c are 1 with a probability of 0.75.
  @Test("each of the three places drops with the probability, and scales up the rest", arguments: [1, 2, 3])
  func places(_ seed: UInt64) throws {
    let width = 8
    let attributes = #"{"heads": 2, "hidden": \#(width), "activation": "relu", "dropout": 0.25}"#
    let runner = try runner(attributes, TensorBuffer(Spec([5, 1000, width])), training: true, seed: seed) { name, index in
      switch name {
      case "self_attn.out_proj.bias": 10
      case "linear1.bias": 1
      case "linear2.weight": index / width == index % width ? 1 : 0
      default: 0
      }
    }
    try runner.forward()
    var counts = [[0, 0], [0, 0]]
    for y in runner.outputs[0].floats {
      let mixed: Float = y > 5 ? 10 / 0.75 : 0
      let dense: Float = y - mixed > 0.5 ? 1 / (0.75 * 0.75) : 0
      #expect(abs(y - mixed - dense) < 1e-5)
      counts[mixed > 0 ? 1 : 0][dense > 0 ? 1 : 0] += 1
    }
    let (n, kept, keptTwice) = (40_000.0, 0.75, 0.75 * 0.75)
    for (a, b, p) in [
      (0, 0, (1 - kept) * (1 - keptTwice)), (0, 1, (1 - kept) * keptTwice), (1, 0, kept * (1 - keptTwice)), (1, 1, kept * keptTwice),
    ] {
      let deviation = (n * p * (1 - p)).squareRoot()
      #expect(abs(Double(counts[a][b]) - n * p) < 5 * deviation, "\(a) \(b): \(counts[a][b]) of \(n), expected \(n * p)")
    }
  }

  @Test("inference drops nothing; the same seed and step drop the same, another step does not")
  func inference() throws {
    let x = input([2, 9, 6])
    let dropping = try runner(#"{"heads": 2, "dropout": 0.5}"#, x, training: false, parameter: number)
    let keeping = try runner(#"{"heads": 2}"#, x, training: false, parameter: number)
    for runner in [dropping, keeping] {
      try runner.pack()
      try runner.forward()
    }
    #expect(dropping.outputs[0].floats == keeping.outputs[0].floats)

    func trained(step: UInt64) throws -> [Float] {
      let runner = try runner(#"{"heads": 2, "dropout": 0.5}"#, x, training: true, parameter: number)
      runner.run.step = step
      try runner.forward()
      return runner.outputs[0].floats
    }
    #expect(try trained(step: 3) == trained(step: 3))
    #expect(try trained(step: 3) != trained(step: 4))
  }

  @Test("backward follows what was kept", arguments: [true, false], ["relu", "gelu"])
  func gradients(_ normFirst: Bool, _ activation: String) throws {
    let x = input([2, 5, 6])
    let attributes = #"{"heads": 2, "dropout": 0.4, "norm_first": \#(normFirst), "activation": "\#(activation)"}"#
    let runner = try runner(attributes, x, training: true, parameter: number)
    try runner.forward()
    let weights = TensorBuffer((0..<60).map { number("dy", $0) }, shape: [2, 5, 6])
    let gradients = try runner.backward([weights])

    func objective() throws -> Double {
      try runner.forward()
      return zip(runner.outputs[0].floats, weights.floats).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    for (tensor, gradient) in zip([x] + runner.parameters, gradients.inputs + gradients.parameters) {
      let slopes = try #require(gradient).floats
      let values = tensor.floats
      let floats = tensor.pointer.assumingMemoryBound(to: Float.self)
      let scale = slopes.reduce(1e-3) { max($0, abs($1)) }
      for i in Set([0, values.count / 2, values.count - 1]) {
        let middle = try objective()
        floats[i] = values[i] + 0.002
        let high = try objective()
        floats[i] = values[i] - 0.002
        let low = try objective()
        floats[i] = values[i]
        guard abs(high - 2 * middle + low) < 0.00004 * Double(scale) else { continue }  // a kink of relu
        #expect(abs((high - low) / 0.004 - Double(slopes[i])) < 0.02 * Double(scale))
      }
    }
  }

  @Test("dropout gives the same bits on one, two and three threads")
  func threads() throws {
    var reference: [[UInt32]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let runner = try runner(#"{"heads": 2, "dropout": 0.1}"#, input([3, 211, 14]), training: true, parameter: number)
      try runner.forward()
      let gradients = try runner.backward([input([3, 211, 14])])
      let bits = (runner.outputs + (gradients.inputs + gradients.parameters).compactMap { $0 }).map { $0.floats.map(\.bitPattern) }
      if let reference { #expect(reference == bits, "\(threads) threads give other bits than one") } else { reference = bits }
    }
  }
}
