import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures do not show of the flow family: that couplings can be undone, what is absent, many threads, and the words of errors.
@Suite struct FlowTests {
  private func numbers(_ shape: [Int], _ scale: Float, seed: Int) -> TensorBuffer {
    let count = shape.reduce(1, *)
    return TensorBuffer((0..<count).map { scale * (Float(($0 * 7919 + seed * 104_729) % 10_007) / 5003 - 1) }, shape: shape)
  }

  private func runner(_ kind: String, _ attributes: String, _ inputs: [TensorBuffer?], training: Bool = false) throws -> KindRunner {
    let kind = try Repository.kind("flow." + kind)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: inputs, training: training)
    try runner.forward()
    return runner
  }

  @Test("the inverse brings back what went in", arguments: ["first", "second", "even", "odd", "none"], [0, 2])
  func inverse(_ keep: String, _ clamp: Int) throws {
    let moved = keep == "none" ? 7 : keep == "first" || keep == "even" ? 3 : 4
    let x = numbers([300, 7], 3, seed: 1)
    let (shift, logScale) = (numbers([300, moved], 2, seed: 2), numbers([300, moved], 1.5, seed: 3))
    let attributes = #""keep": "\#(keep)", "clamp": \#(clamp)"#
    let forth = try runner("affine_coupling", "{\(attributes)}", [x, shift, logScale])
    #expect(forth.outputs[0].floats != x.floats)
    let back = try runner("affine_coupling", "{\(attributes), \"inverse\": true}", [forth.outputs[0], shift, logScale, forth.outputs[1]])
    expectClose(back.outputs[0].floats, x.floats, tolerance: 1e-6, "x")
    // The two log-determinants cancel, and the second coupling has added the first one's.
    #expect(back.outputs[1].floats.allSatisfy { abs($0) < 2e-6 })
  }

  // By hand: of x = [1, 2, 3] the features 0 and 2 stay, and 2 becomes 2 exp(log 3) + 10 = 16.
  @Test("the kept features stay, the others are scaled and shifted")
  func byHand() throws {
    let run = try runner(
      "affine_coupling", #"{"keep": "even"}"#,
      [TensorBuffer([1, 2, 3], shape: [1, 3]), TensorBuffer([10], shape: [1, 1]), TensorBuffer([1.0986123], shape: [1, 1])])
    expectClose(run.outputs[0].floats, [1, 16, 3], tolerance: 1e-6)
    expectClose(run.outputs[1].floats, [1.0986123], tolerance: 1e-6)
  }

  // y does not depend on its log-determinant and the other way around, so each alone gives the gradients with the other's taken as zeros.
  @Test("a gradient that is absent counts as zeros", arguments: [false, true], [false, true])
  func absentGradients(_ inverse: Bool, _ accumulates: Bool) throws {
    let start: Float? = accumulates ? 2 : nil
    let layer = try runner(
      "affine_coupling", #"{"keep": "odd", "inverse": \#(inverse), "clamp": 1}"#,
      [numbers([5, 6], 1, seed: 1), numbers([5, 3], 1, seed: 2), numbers([5, 3], 1, seed: 3), numbers([5], 1, seed: 4)], training: true)
    let (dy, dsum) = (numbers([5, 6], 1, seed: 5), numbers([5], 1, seed: 6))
    for (some, all) in [([dy, nil], [dy, TensorBuffer(Spec([5]))]), ([nil, dsum], [TensorBuffer(Spec([5, 6])), dsum])] {
      let (got, expected) = (
        try layer.backward(some, accumulateOnto: start), try layer.backward(all, accumulateOnto: start)
      )
      for (a, b) in zip(got.inputs, expected.inputs) { #expect(a?.floats == b?.floats) }
    }
    let half = try runner("half", #"{"keep": "odd"}"#, [numbers([5, 6], 1, seed: 1)], training: true)
    #expect(try half.backward([nil], accumulateOnto: start).inputs[0]?.floats == [Float](repeating: start ?? 0, count: 30))
    let normal = try runner("standard_normal", "{}", [numbers([5, 6], 1, seed: 1), numbers([5], 1, seed: 2)], training: true)
    let none = try normal.backward([nil], accumulateOnto: start)
    #expect(none.inputs.map { $0?.floats } == [30, 5].map { [Float](repeating: start ?? 0, count: $0) })
  }

  @Test("large couplings give the same bits on one, two and three threads", arguments: ["first", "odd"], [[9001, 10], [600, 9, 31]])
  func threads(_ keep: String, _ shape: [Int]) throws {
    let some = shape.dropLast() + [shape[shape.count - 1] / (keep == "first" ? 2 : 1) - (keep == "odd" ? shape[shape.count - 1] / 2 : 0)]
    var reference: [[Float]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let layer = try runner(
        "affine_coupling", #"{"keep": "\#(keep)", "clamp": 2}"#,
        [numbers(shape, 1, seed: 1), numbers(Array(some), 1, seed: 2), numbers(Array(some), 1, seed: 3)], training: true)
      let gradients = try layer.backward([numbers(shape, 1, seed: 4), numbers([shape[0]], 1, seed: 5)])
      let all = layer.outputs.map(\.floats) + gradients.inputs.compactMap { $0?.floats }
      #expect(all.count == 5)
      if let reference { #expect(reference == all, "\(threads) threads give other bits than one") } else { reference = all }
    }
  }

  static let cases: [(String, String, [Spec?], String)] = [
    ("affine_coupling", "{}", [Spec([4]), Spec([2]), nil], "x must have rank 2 to 8, but its shape is [4]"),
    ("affine_coupling", "{}", [Spec([0, 4]), Spec([0, 2]), nil], "x must not be empty, but its shape is [0, 4]"),
    (
      "affine_coupling", "{}", [Spec([3, 1]), Spec([3, 1]), nil],
      "x must have a feature that is not kept, but its shape is [3, 1], of which the first half is kept"
    ),
    (
      "affine_coupling", "{}", [Spec([3, 5]), Spec([3, 3]), nil],
      "shift must have the shape [3, 2] for an x of [3, 5] that keeps 'first', but its shape is [3, 3]"
    ),
    (
      "affine_coupling", #"{"keep": "odd"}"#, [Spec([3, 5]), Spec([3, 3]), Spec([3, 2])],
      "log_scale must have the shape [3, 3] for an x of [3, 5] that keeps 'odd', but its shape is [3, 2]"
    ),
    (
      "affine_coupling", "{}", [Spec([3, 4]), Spec([3, 2]), Spec([3, 2]), Spec([2])],
      "log_determinant must have one number for each of the 3 items, but its shape is [2]"
    ),
    ("affine_coupling", "{}", [Spec([3, 4]), Spec([3, 2], .i32), nil], "shift must be f32, but it is i32 [3, 2]"),
    (
      "affine_coupling", #"{"clamp": 1e-9}"#, [Spec([3, 4]), Spec([3, 2]), nil],
      "clamp must be 0 or at least 0.000001, but it is 1e-09"
    ),
    ("half", "{}", [Spec([4], .i64)], "x must be f32, but it is i64 [4]"),
    ("half", #"{"keep": "odd"}"#, [Spec([4, 1])], "x must have two features or more to keep 'odd' of them, but its shape is [4, 1]"),
    ("standard_normal", "{}", [Spec([4])], "z must have rank 2 to 8, but its shape is [4]"),
    (
      "standard_normal", "{}", [Spec([4, 2]), Spec([4]), Spec([4, 1])],
      "log_determinant must have one number for each of the 4 items, but its shape is [4, 1]"
    ),
  ]

  @Test("a layer that cannot be says why", arguments: cases)
  func planning(_ name: String, _ attributes: String, _ inputs: [Spec?], _ words: String) throws {
    let kind = try Repository.kind("flow." + name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
    let literals = try kind.literals(json)
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: literals, path: "layer", inputs: inputs, training: true, run: Run())
    }
    #expect(failure?.words == words)
  }
}
