import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures do not show of the gan family.
@Suite struct AdversarialLossTests {
  private static let objectives = ["non_saturating", "least_squares", "hinge", "wasserstein"]

  private func runner(_ name: String, _ objective: String, _ inputs: [[Float]]) throws -> KindRunner {
    let kind = try Repository.kind("gan." + name)
    let json = try #require(try JSONDocument(Array(#"{"objective": "\#(objective)"}"#.utf8), file: "attributes").root.object)
    let runner = try KindRunner(
      kind, kind.literals(json), inputs: inputs.map { TensorBuffer($0, shape: [$0.count]) }, training: true)
    try runner.forward()
    return runner
  }

  // log(1 + e^-16) = 1.1253516e-7 and log(1 + e^-15) = 3.0590222e-7: the fixtures' tolerance lets losses near 0 pass.
  @Test("a loss of logits that are right by far keeps its digits")
  func right() throws {
    let discriminator = try runner("discriminator_loss", "non_saturating", [[16], [-15]]).outputs[0].floats[0]
    #expect(abs(discriminator - 4.1843738e-7) < 1e-12)
    let generator = try runner("generator_loss", "non_saturating", [[16]]).outputs[0].floats[0]
    #expect(abs(generator - 1.1253516e-7) < 1e-12)
  }

  @Test("logits that are wrong by far cost as much, and have a slope of one")
  func wrong() throws {
    let layer = try runner("discriminator_loss", "non_saturating", [[-1000, -1000], [1000]])
    #expect(layer.outputs[0].floats == [2000])
    let gradients = try layer.backward([TensorBuffer([3], shape: [])])
    #expect(gradients.inputs.map { $0?.floats } == [[-1.5, -1.5], [3]])
  }

  @Test("what is not a number stays none", arguments: objectives)
  func notANumber(_ objective: String) throws {
    for inputs in [[[Float.nan, 1], [2]], [[2], [1, .nan]]] {
      let loss = try runner("discriminator_loss", objective, inputs).outputs[0].floats[0]
      #expect(loss.isNaN)
    }
    let loss = try runner("generator_loss", objective, [[1, .nan]]).outputs[0].floats[0]
    #expect(loss.isNaN)
  }

  @Test("a loss that nobody differentiates has gradients of zero", arguments: objectives)
  func absent(_ objective: String) throws {
    let layer = try runner("discriminator_loss", objective, [[1, 2], [3]])
    #expect(try layer.backward([nil]).inputs.map { $0?.floats } == [[0, 0], [0]])
    #expect(try layer.backward([nil], accumulateOnto: 4).inputs.map { $0?.floats } == [[4, 4], [4]])
  }

  @Test("many logits give the same bits on one, two and three threads", arguments: objectives)
  func threads(_ objective: String) throws {
    var reference: [[Float]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let layer = try runner(
        "discriminator_loss", objective,
        [(0..<200_003).map { sinf(Float($0)) * 3 }, (0..<170_001).map { cosf(Float($0)) * 2 - 0.5 }])
      let all = [layer.outputs[0].floats] + (try layer.backward([TensorBuffer([1e5], shape: [])]).inputs.compactMap { $0?.floats })
      #expect(all.count == 3)
      if let reference { #expect(reference == all, "\(threads) threads give other bits than one") } else { reference = all }
    }
  }

  static let cases: [(String, [Spec?], String)] = [
    ("discriminator_loss", [Spec([2, 0]), Spec([2])], "real must not be empty, but its shape is [2, 0]"),
    ("discriminator_loss", [Spec([2]), Spec([0])], "fake must not be empty, but its shape is [0]"),
    ("discriminator_loss", [Spec([2]), Spec([2], .i32)], "fake must be f32, but it is i32 [2]"),
    ("generator_loss", [Spec([0, 1])], "fake must not be empty, but its shape is [0, 1]"),
  ]

  @Test("a loss that cannot be says why", arguments: cases)
  func planning(_ name: String, _ inputs: [Spec?], _ words: String) throws {
    let kind = try Repository.kind("gan." + name)
    let attributes = try kind.literals(JSONObject())
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: attributes, path: "layer", inputs: inputs, training: true, run: Run())
    }
    #expect(failure?.words == words)
  }
}
