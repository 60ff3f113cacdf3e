import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures do not show of the vae family: tiny divergences, many rows, and the exact words of what does not fit.
@Suite struct GaussianKLTests {
  private func runner(
    _ reduction: String, _ mean: [Float], _ logVariance: [Float], shape: [Int], training: Bool = false
  ) throws -> KindRunner {
    let kind = try Repository.kind("vae.gaussian_kl")
    let json = try #require(try JSONDocument(Array(#"{"reduction": "\#(reduction)"}"#.utf8), file: "attributes").root.object)
    let runner = try KindRunner(
      kind, kind.literals(json), inputs: [TensorBuffer(mean, shape: shape), TensorBuffer(logVariance, shape: shape)], training: training)
    try runner.forward()
    return runner
  }

  // (e^v - 1 - v) / 2 = v^2 / 4 (1 + v / 3 + v^2 / 12 + ...), in double precision. Taken literally in f32 the difference would be 0
  // for the first, and wrong in the second digit for the second.
  @Test(
    "a divergence that is nearly 0 keeps its digits",
    arguments: [(1e-5, 2.5000083e-11), (-1e-3, 2.4991669e-7), (0.1, 2.5854590e-3), (-0.5, 5.3265330e-2)] as [(Float, Float)])
  func nearZero(_ logVariance: Float, _ expected: Float) throws {
    let got = try runner("none", [0], [logVariance], shape: [1, 1]).outputs[0].floats[0]
    #expect(abs(got - expected) < 2e-6 * expected, "\(got), expected \(expected)")
  }

  @Test("many rows give the same bits on one, two and three threads", arguments: ["none", "sum", "batch_mean"])
  func threads(_ reduction: String) throws {
    let shape = [9001, 20]
    let count = 9001 * 20
    let (mean, logVariance) = ((0..<count).map { Float($0 % 89) / 37 - 1 }, (0..<count).map { Float($0 % 97) / 31 - 2 })
    var reference: [[Float]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let layer = try runner(reduction, mean, logVariance, shape: shape, training: true)
      let seed =
        reduction == "none" ? TensorBuffer((0..<9001).map { Float($0 % 7) - 3 }, shape: [9001]) : TensorBuffer([1.5], shape: [])
      let gradients = try layer.backward([seed])
      let all = [layer.outputs[0].floats] + gradients.inputs.compactMap { $0?.floats }
      #expect(all.count == 3)
      if let reference { #expect(reference == all, "\(threads) threads give other bits than one") } else { reference = all }
    }
  }

  static let cases: [(String, [Spec?], String)] = [
    ("gaussian_kl", [Spec([3]), Spec([3])], "mean must have rank 2 to 8, but its shape is [3]"),
    ("gaussian_kl", [Spec([0, 3]), Spec([0, 3])], "mean must not be empty, but its shape is [0, 3]"),
    ("gaussian_kl", [Spec([2, 3]), Spec([3, 2])], "log_variance must have the shape of mean, [2, 3], but its shape is [3, 2]"),
    ("gaussian_kl", [Spec([2, 3], .i64), Spec([2, 3])], "mean must be f32, but it is i64 [2, 3]"),
    ("reparameterize", [Spec([2, 3]), Spec([2]), nil], "log_variance must have the shape of mean, [2, 3], but its shape is [2]"),
    ("reparameterize", [Spec([2]), Spec([2]), Spec([2, 1])], "noise must have the shape of mean, [2], but its shape is [2, 1]"),
    ("reparameterize", [Spec([2]), Spec([2]), Spec([2], .i32)], "noise must be f32, but it is i32 [2]"),
    ("reparameterize", [Spec([2]), Spec([2], .i32), nil], "log_variance must be f32, but it is i32 [2]"),
  ]

  @Test("a layer that cannot be says why", arguments: cases)
  func planning(_ name: String, _ inputs: [Spec?], _ words: String) throws {
    let kind = try Repository.kind("vae." + name)
    let attributes = try kind.literals(JSONObject())
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: attributes, path: "layer", inputs: inputs, training: true, run: Run())
    }
    #expect(failure?.words == words)
  }
}
