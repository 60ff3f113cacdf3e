import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// A stream in pieces, with a causal convolution's state carried from each to the next, is the stream at once.
@Suite struct StreamingConvolutionTests {
  /// A layer, and the channels that it reads.
  struct Case: CustomStringConvertible, Sendable {
    let attributes: String
    let inputs: Int
    let reach: Int
    var description: String { "\(attributes) of \(inputs) channels" }
  }

  static let cases = [
    Case(attributes: #"{"channels": 1, "kernel": 2, "padding": "causal"}"#, inputs: 1, reach: 1),
    Case(attributes: #"{"channels": 5, "kernel": 3, "padding": "causal"}"#, inputs: 3, reach: 2),
    Case(attributes: #"{"channels": 34, "kernel": 2, "dilation": 8, "padding": "causal"}"#, inputs: 17, reach: 8),
    Case(
      attributes: #"{"channels": 6, "kernel": 3, "dilation": 5, "groups": 2, "padding": "causal", "bias": false}"#, inputs: 4, reach: 10),
    Case(attributes: #"{"channels": 7, "kernel": 4, "dilation": 2, "groups": 7, "padding": "causal"}"#, inputs: 7, reach: 6),
    Case(attributes: #"{"channels": 8, "kernel": 5, "padding": "causal"}"#, inputs: 1, reach: 4),
  ]

  private func runner(
    _ test: Case, _ inputs: [TensorBuffer?], training: Bool = false, inPlace: Bool = false
  ) throws -> KindRunner {
    let kind = try Repository.kind("cnn.conv1d")
    let json = try #require(try JSONDocument(Array(test.attributes.utf8), file: "attributes").root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: inputs, training: training, inPlace: inPlace)
    for (i, parameter) in runner.instance.parameters.enumerated() { try runner.set(parameter.name, numbers(parameter.spec.shape, 10 + i)) }
    return runner
  }

  /// Numbers between -1 and 1 that differ, the same on every call.
  private func numbers(_ shape: [Int], _ seed: Int) -> TensorBuffer {
    TensorBuffer((0..<shape.reduce(1, *)).map { Float((($0 &* 7919 &+ seed &* 104729) % 2003) - 1001) / 1001 }, shape: shape)
  }

  private func steps(_ x: TensorBuffer, _ range: Range<Int>) -> TensorBuffer {
    let (items, length, width) = (x.spec.shape[0], x.spec.shape[1], x.spec.shape[2])
    let floats = x.floats
    let rows = (0..<items).flatMap { floats[($0 * length + range.lowerBound) * width..<($0 * length + range.upperBound) * width] }
    return TensorBuffer(Array(rows), shape: [items, range.count, width])
  }

  @Test("a stream in pieces of any length is the stream at once", arguments: cases, [false, true])
  func pieces(_ test: Case, _ inPlace: Bool) throws {
    for (items, pieces) in [(1, Array(repeating: 1, count: 23)), (3, [1, 2, 7, 1, 12]), (2, [23]), (1, [11, 11, 1])] {
      let x = numbers([items, 23, test.inputs], 3)
      let whole = try runner(test, [x])
      try whole.pack()
      try whole.forward()
      var state = TensorBuffer([Float](repeating: 0, count: items * test.reach * test.inputs), shape: [items, test.reach, test.inputs])
      var place = 0
      for count in pieces {
        let range = place..<place + count
        let part = try runner(test, [steps(x, range), state], inPlace: inPlace)
        try part.pack()
        try part.forward()
        expectClose(part.outputs[0].floats, steps(whole.outputs[0], range).floats, tolerance: 1e-6, "steps \(range)")
        #expect((part.outputs[1] === state) == inPlace)
        state = part.outputs[1]
        place += count
      }
      if test.reach <= 23 { #expect(state.floats == steps(x, 23 - test.reach..<23).floats) }
    }
  }

  @Test("a state that does not fit is refused in words")
  func misfits() throws {
    func words(_ attributes: String, _ x: [Int], _ state: [Int], training: Bool = false) throws -> String? {
      let test = Case(attributes: attributes, inputs: x[2], reach: 0)
      return #expect(throws: LayerFailure.self) { try runner(test, [numbers(x, 1), numbers(state, 2)], training: training) }?.words
    }
    let causal = #"{"channels": 2, "kernel": 3, "dilation": 2, "padding": "causal"}"#
    #expect(
      try words(causal, [2, 5, 3], [2, 5, 3]) == "state for x of [2, 5, 3] must have the shape [2, 4, 3], but its shape is [2, 5, 3]")
    #expect(try words(causal, [2, 5, 3], [4, 3]) == "state must have rank 3, but its shape is [4, 3]")
    #expect(
      try words(causal, [2, 5, 3], [2, 4, 3], training: true)
        == "a state is for inference: training takes the whole sequence, without one")
    #expect(
      try words(#"{"channels": 2, "kernel": 3, "padding": "same"}"#, [2, 5, 3], [2, 2, 3])
        == "a state holds the steps before x, so with one padding must be 'causal'")
    #expect(
      try words(#"{"channels": 2, "kernel": 3, "stride": 2, "padding": "causal"}"#, [2, 5, 3], [2, 2, 3])
        == "with a state, stride must be 1, so that every piece of a stream has its steps of y")
    #expect(
      try words(#"{"channels": 2, "kernel": 1, "padding": "causal"}"#, [2, 5, 3], [2, 1, 3])
        == "a kernel of 1 sees no step before x, so there must be no state")
  }
}
