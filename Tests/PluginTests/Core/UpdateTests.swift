import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures of optimisers' updates leave out: formulas by hand, averages over steps, matrices that cannot be solved.
@Suite struct UpdateTests {
  private func scalar(_ value: Float) -> TensorBuffer { TensorBuffer([value], shape: []) }

  private func count(_ value: Int64) -> TensorBuffer {
    let tensor = TensorBuffer(Spec([], .i64))
    tensor.pointer.storeBytes(of: value, as: Int64.self)
    return tensor
  }

  private func runner(_ name: String, _ attributes: String = "{}", _ inputs: [TensorBuffer]) throws -> KindRunner {
    let kind = try Repository.kind("core." + name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: name).root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: inputs, training: true, inPlace: true)
    try runner.forward()
    return runner
  }

  /// One update after another on the same memory, from states of zeros: the parameter after each.
  private func path(
    _ name: String, _ attributes: String, from start: [Float], _ gradients: [[Float]], rate: Float, states: Int
  ) throws -> [[Float]] {
    let parameter = TensorBuffer(start)
    let memory = (0..<states).map { _ in TensorBuffer([Float](repeating: 0, count: start.count)) }
    return try gradients.enumerated().map { step, gradient in
      _ = try runner(
        name, attributes, [parameter, TensorBuffer(gradient), scalar(rate), count(Int64(step + 1))] + memory)
      return parameter.floats
    }
  }

  // Soft thresholding: the step at rate 1/2 takes [0.5, -0.5, 0.2, -2] to [1, -1, 0.1, -2]... by p - rate g; the threshold is
  // rate l1 = 0.25. |p| - 0.25 is 0.75, 0.75, below 0, 1.75.
  @Test("soft thresholding follows the step, with its sign, and leaves zeros", arguments: ["sgd", "momentum", "nesterov"])
  func softThresholding(_ name: String) throws {
    let states = name == "sgd" ? 0 : 1
    let attributes = name == "sgd" ? #"{"l1": 0.5}"# : #"{"l1": 0.5, "momentum": 0}"#
    let path = try path(name, attributes, from: [0.5, -0.5, 0.2, -2], [[-1, 1, 0.2, 0]], rate: 0.5, states: states)
    #expect(path[0] == [0.75, -0.75, 0, -1.75])
  }

  // From zeros the first step of Adam is rate g / (|g| + epsilon): its moments over their corrections are g and g^2. So is AdaGrad's; that
  // of RMSProp is rate g / sqrt(0.01 g^2), ten times as far.
  @Test func adaptiveStepsStartAtTheRateWhateverTheGradient() throws {
    let (start, gradient): ([Float], [Float]) = ([1, 1, 1], [1e-3, -7, 400])
    for name in ["adam", "adagrad"] {
      let path = try path(name, "{}", from: start, [gradient], rate: 0.1, states: name == "adam" ? 2 : 1)
      expectClose(path[0], [0.9, 1.1, 0.9], tolerance: 2e-6, name)
    }
    expectClose(try path("rmsprop", "{}", from: start, [gradient], rate: 0.1, states: 3)[0], [0, 2, 0], tolerance: 2e-5, "rmsprop")
  }

  // With a constant gradient of 1 the sum of squares is k: steps of 1, 1/sqrt(2), 1/sqrt(3), ...
  @Test func stepsOfAdaGradShrinkAsTheRootOfTheirNumber() throws {
    let path = try path("adagrad", "{}", from: [0], [[1], [1], [1], [1]], rate: 1, states: 1)
    expectClose(path.map { $0[0] }, [-1, -1.707_106_8, -2.284_457, -2.784_457], tolerance: 1e-6)
  }

  // Weights 1, 1/2, 1/3, 1/4: arithmetic means of 4, 8, 0, 20. Weight 1/4, from 4: 5, 3.75, 7.8125.
  @Test func averagesAreArithmeticOrRunning() throws {
    let terms: [Float] = [4, 8, 0, 20]
    func averages(_ start: Float, _ weight: (Int) -> Float, _ terms: [Float]) throws -> [Float] {
      let average = TensorBuffer([start])
      return try terms.enumerated().map { k, term in
        _ = try runner("average", "{}", [average, TensorBuffer([term]), scalar(weight(k + 1))])
        return average.floats[0]
      }
    }
    expectClose(try averages(100, { 1 / Float($0) }, terms), [4, 6, 4, 8])
    expectClose(try averages(4, { _ in 0.25 }, Array(terms.dropFirst())), [5, 3.75, 7.8125])
  }

  // MARK: Newton

  // f = p1^2 + 10 p2^2 + p1 p2 has the gradient [2 p1 + p2, 20 p2 + p1] and the Hessian [[2, 1], [1, 20]]: one step goes to its minimum.
  @Test func newtonsStepEndsAtTheMinimumOfAQuadratic() throws {
    let parameter = TensorBuffer([3, -7])
    let hessian = TensorBuffer([2, 1, 1, 20], shape: [2, 2])
    _ = try runner("newton", "{}", [parameter, TensorBuffer([-1, -137]), scalar(1), count(1), hessian])
    expectClose(parameter.floats + [1], [0, 0, 1], tolerance: 1e-6)
  }

  @Test(
    "a matrix that is not positive definite is refused, unless damped",
    arguments: [
      ([1, 2, 2, 4], 1, "0.0"), ([0, 0, 0, 0], 0, "0.0"), ([4, 6, 6, 1], 1, "-8.0"), ([-2, 0, 0, 1], 0, "-2.0"),
      ([1, 1, 1, 1.0000001], 1, "1.1920928955078125e-07"), ([.nan, 0, 0, 1], 0, "nan"),
    ] as [([Float], Int, String)])
  func notPositiveDefinite(_ matrix: [Float], _ pivot: Int, _ value: String) throws {
    let inputs = [TensorBuffer([1, 1]), TensorBuffer([1, 1]), scalar(1), count(1), TensorBuffer(matrix, shape: [2, 2])]
    let failure = #expect(throws: LayerFailure.self) { try runner("newton", "{}", inputs) }
    #expect(
      failure?.words
        == "the Hessian is not positive definite: with a damping of 0.0, pivot \(pivot) of 2 is \(value); more damping makes it so")
    if value != "nan" { _ = try runner("newton", #"{"damping": 8}"#, inputs) }
  }

  @Test func manyParametersGiveTheSameBitsOnAnyNumberOfThreads() throws {
    // Ones on the diagonal and 1 / (2 n) beside it: rows sum to less than twice the diagonal, so it is positive definite.
    let n = 300
    let hessian = TensorBuffer((0..<n * n).map { $0 / n == $0 % n ? 1 : Float(($0 / n + $0 % n) % 7) / Float(7 * 2 * n) }, shape: [n, n])
    let gradient = TensorBuffer((0..<n).map { Float($0 % 13) - 6 })
    var reference: [UInt32]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let parameter = TensorBuffer([Float](repeating: 0, count: n))
      _ = try runner("newton", "{}", [parameter, gradient, scalar(1), count(1), hessian])
      let bits = parameter.floats.map(\.bitPattern)
      if let reference { #expect(reference == bits, "\(threads) threads") } else { reference = bits }
      // The residual H p + g of the solution p.
      for i in 0..<n {
        var sum = Double(gradient.floats[i])
        for j in 0..<n { sum += Double(hessian.floats[i * n + j]) * Double(parameter.floats[j]) }
        #expect(abs(sum) < 1e-4)
      }
    }
  }
}
