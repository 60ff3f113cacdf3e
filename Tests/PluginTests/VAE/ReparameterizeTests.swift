import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What vae.reparameterize draws when no noise is given, and from what it depends.
@Suite struct ReparameterizeTests {
  private static let draws = 100_003

  private func runner(
    _ mean: [Float], _ logVariance: [Float], noise: [Float]? = nil, sample: String = "always", training: Bool = false, seed: UInt64 = 1,
    step: UInt64 = 0, path: String = "layer", inPlace: Bool = false
  ) throws -> KindRunner {
    let kind = try Repository.kind("vae.reparameterize")
    let json = try #require(try JSONDocument(Array(#"{"sample": "\#(sample)"}"#.utf8), file: "attributes").root.object)
    let inputs = [mean, logVariance, noise].map { $0.map { TensorBuffer($0, shape: [$0.count]) } }
    let runner = try KindRunner(
      kind, kind.literals(json), inputs: inputs, training: training, seed: seed, path: path, inPlace: inPlace)
    runner.run.step = step
    try runner.forward()
    return runner
  }

  private func draw(
    _ mean: Float, _ logVariance: Float, count: Int = draws, training: Bool = false, seed: UInt64 = 1, step: UInt64 = 0,
    path: String = "layer", inPlace: Bool = false
  ) throws -> [Float] {
    try runner(
      [Float](repeating: mean, count: count), [Float](repeating: logVariance, count: count), training: training, seed: seed, step: step,
      path: path, inPlace: inPlace
    ).outputs[0].floats
  }

  // Of n draws the mean is normal with deviation sigma / sqrt(n), the variance with sigma^2 sqrt(2 / n), the standardised third
  // moment with sqrt(15 / n) and the fourth, which is 3, with sqrt(96 / n). Five deviations are allowed.
  @Test("what is drawn has the mean and the variance, and is normal", arguments: [(0, 0), (3, -2), (-1, 1.5)] as [(Float, Float)])
  func moments(_ mean: Float, _ logVariance: Float) throws {
    for training in [false, true] {
      let z = try draw(mean, logVariance, training: training).map { (Double($0) - Double(mean)) / exp(Double(logVariance) / 2) }
      let n = Double(z.count)
      func moment(_ power: Double) -> Double { z.reduce(0) { $0 + pow($1, power) } / n }
      #expect(abs(moment(1)) < 5 * (1 / n).squareRoot())
      #expect(abs(moment(2) - 1) < 5 * (2 / n).squareRoot())
      #expect(abs(moment(3)) < 5 * (15 / n).squareRoot())
      #expect(abs(moment(4) - 3) < 5 * (96 / n).squareRoot())
      #expect(abs(zip(z, z.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / n) < 5 * (1 / n).squareRoot(), "neighbours are correlated")
    }
  }

  @Test("the same seed draws the same; another seed, step or layer draws something else")
  func seeds() throws {
    let first = try draw(0, 0, count: 501)
    #expect(try draw(0, 0, count: 501) == first)
    #expect(try draw(0, 0, count: 501, training: true) == first)
    #expect(try draw(0, 0, count: 501, training: true, inPlace: true) == first)
    #expect(try draw(0, 0, count: 501, inPlace: true) == first)
    #expect(try draw(0, 0, count: 501, seed: 2) != first)
    #expect(try draw(0, 0, count: 501, step: 1) != first)
    #expect(try draw(0, 0, count: 501, path: "other") != first)
    #expect(Set(first).count > 495)
  }

  @Test("the same bits are drawn on one, two and three threads")
  func threads() throws {
    var reference: [[Float]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let layer = try runner(
        (0..<Self.draws).map { Float($0 % 89) / 7 }, (0..<Self.draws).map { Float($0 % 97) / 31 - 1 }, training: true)
      let gradients = try layer.backward([TensorBuffer((0..<Self.draws).map { Float($0 % 83) / 41 - 1 }, shape: [Self.draws])])
      let all = [layer.outputs[0].floats] + gradients.inputs.compactMap { $0?.floats }
      #expect(all.count == 3)
      if let reference { #expect(reference == all, "\(threads) threads give other bits than one") } else { reference = all }
    }
  }

  // z = m + s noise, so that dz/dm = 1 and, with s = exp(v / 2), dz/dv = s noise / 2 = (z - m) / 2.
  @Test("backward takes the noise that forward drew")
  func gradients() throws {
    let layer = try runner([0, 0, 0, 0, 0], [0, 1, -1, 2, -2], training: true)
    let z = layer.outputs[0].floats
    let gradients = try layer.backward([TensorBuffer([1, 2, 3, 4, 5], shape: [5])])
    expectClose(try #require(gradients.inputs[0]).floats, [1, 2, 3, 4, 5], "mean")
    expectClose(try #require(gradients.inputs[1]).floats, zip(z, [1, 2, 3, 4, 5]).map { $0 / 2 * $1 }, "log_variance")
    let sums = try layer.backward([TensorBuffer([1, 2, 3, 4, 5], shape: [5])], accumulateOnto: 10)
    expectClose(try #require(sums.inputs[0]).floats, [11, 12, 13, 14, 15], "mean, added")
    expectClose(try #require(sums.inputs[1]).floats, zip(z, [1, 2, 3, 4, 5]).map { 10 + $0 / 2 * $1 }, "log_variance, added")
    let none = try layer.backward([nil])
    #expect(none.inputs.compactMap { $0 }.allSatisfy { $0.floats.allSatisfy { $0 == 0 } })
  }

  @Test("inference gives the mean if only training draws", arguments: [nil, [5, 6, 7]] as [[Float]?])
  func trainingAlone(_ noise: [Float]?) throws {
    for inPlace in [false, true] {
      let layer = try runner([1, 2, 3], [0, 1, 2], noise: noise, sample: "training", inPlace: inPlace)
      #expect(layer.outputs[0].floats == [1, 2, 3])
    }
    #expect(try runner([1, 2, 3], [0, 1, 2], noise: noise, sample: "training", training: true).outputs[0].floats != [1, 2, 3])
  }
}
