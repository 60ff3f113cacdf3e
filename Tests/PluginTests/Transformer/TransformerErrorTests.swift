import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The exact words of attention, blocks and positions that do not fit.
@Suite struct TransformerErrorTests {
  /// A layer that cannot be planned, and why.
  struct Case: CustomStringConvertible, Sendable {
    let kind: String
    let attributes: String
    let inputs: [Spec?]
    let training: Bool
    let words: String

    init(_ kind: String, _ attributes: String, _ inputs: [Spec?], training: Bool = false, _ words: String) {
      self.kind = "transformer." + kind
      self.attributes = attributes
      self.inputs = inputs
      self.training = training
      self.words = words
    }

    var description: String { "\(kind) \(attributes) \(inputs)" }
  }

  private static func f32(_ shape: Int...) -> Spec { Spec(shape) }
  private static let place = Spec([], .i64)

  static let attentionCases = ["attention", "block"].flatMap { kind in
    [
      Case(kind, #"{"heads": 4}"#, [f32(2, 3, 6)], "the 6 channels of x must be a multiple of the 4 heads; its shape is [2, 3, 6]"),
      Case(kind, #"{"heads": 2}"#, [f32(3, 6)], "x must have rank 3, but its shape is [3, 6]"),
      Case(kind, #"{"heads": 2}"#, [Spec([1, 3, 6], .i64)], "x must be f32, but it is i64 [1, 3, 6]"),
      Case(kind, #"{"heads": 2}"#, [f32(2, 0, 6)], "x must not be empty, but its shape is [2, 0, 6]"),
      Case(
        kind, #"{"heads": 1}"#, [f32(1, 1, 1 << 19)],
        "x has too many channels for projections of all of them: its shape is [1, 1, 524288]"),
      Case(
        kind, #"{"heads": 2}"#, [f32(2, 3, 6), f32(2, 9, 6), nil, place],
        "key_cache, value_cache and position belong together, but there is no value_cache"),
      Case(
        kind, #"{"heads": 2}"#, [f32(2, 3, 6), nil, f32(2, 9, 6), nil],
        "key_cache, value_cache and position belong together, but there is no key_cache and position"),
      Case(
        kind, #"{"heads": 2}"#, [f32(2, 3, 6), f32(2, 9, 8), f32(2, 9, 8), place],
        "key_cache for x of [2, 3, 6] must have the shape [2, L, 6], but its shape is [2, 9, 8]"),
      Case(
        kind, #"{"heads": 2}"#, [f32(2, 3, 6), f32(1, 9, 6), f32(1, 9, 6), place],
        "key_cache for x of [2, 3, 6] must have the shape [2, L, 6], but its shape is [1, 9, 6]"),
      Case(
        kind, #"{"heads": 2}"#, [f32(2, 3, 6), f32(2, 9, 6), f32(2, 8, 6), place],
        "value_cache must have the shape of key_cache, [2, 9, 6], but its shape is [2, 8, 6]"),
      Case(
        kind, #"{"heads": 2}"#, [f32(2, 3, 6), f32(9, 6), f32(9, 6), place], "key_cache must have rank 3, but its shape is [9, 6]"),
      Case(
        kind, #"{"heads": 2}"#, [f32(2, 3, 6), f32(2, 9, 6), f32(2, 9, 6), Spec([1], .i64)],
        "position must be an i64 scalar, but it is i64 [1]"),
      Case(
        kind, #"{"heads": 2}"#, [f32(2, 10, 6), f32(2, 9, 6), f32(2, 9, 6), place],
        "x has 10 tokens, which is more than the 9 places of key_cache"),
      Case(
        kind, #"{"heads": 2, "causal": false}"#, [f32(2, 3, 6), f32(2, 9, 6), f32(2, 9, 6), place],
        "caches hold earlier tokens, so with them causal must be true"),
      Case(
        kind, #"{"heads": 2}"#, [f32(2, 3, 6), f32(2, 9, 6), f32(2, 9, 6), place], training: true,
        "caches are for inference: training takes all tokens at once, without them"),
    ]
  }

  static let cases =
    attentionCases + [
      Case("block", #"{"heads": 2, "dropout": 1}"#, [f32(1, 3, 6)], "dropout must be less than 1, but it is 1.0: nothing would be left"),
      Case(
        "block", #"{"heads": 2, "hidden": 1000000000}"#, [f32(1, 3, 5000)],
        "weights of 1000000000 x 5000 elements are too large"),
      Case(
        "block", #"{"heads": 2, "hidden": 1000000000}"#, [f32(100, 300, 6)],
        "1000000000 hidden channels are too many for x of [100, 300, 6]"),
      Case("sinusoidal_positions", "{}", [f32(3, 6)], "x must have rank 3, but its shape is [3, 6]"),
      Case("sinusoidal_positions", "{}", [f32(1, 3, 0)], "x must not be empty, but its shape is [1, 3, 0]"),
      Case("sinusoidal_positions", "{}", [f32(1, 3, 2), f32()], "position must be an i64 scalar, but it is []"),
    ]

  @Test("a layer that cannot be says why", arguments: cases)
  func planning(_ test: Case) throws {
    let kind = try Repository.kind(test.kind)
    let json = try #require(try JSONDocument(Array(test.attributes.utf8), file: "attributes").root.object)
    let attributes = try kind.literals(json)
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: attributes, path: "layer", inputs: test.inputs, training: test.training, run: Run())
    }
    #expect(failure?.words == test.words)
  }

  @Test("a place before the first or past the last number is refused", arguments: [Int64(-1), Int64.max - 2])
  func positions(_ position: Int64) throws {
    let kind = try Repository.kind("transformer.sinusoidal_positions")
    let place = TensorBuffer(Spec([], .i64))
    place.bytes.storeBytes(of: position, as: Int64.self)
    let x = TensorBuffer([Float](repeating: 0, count: 6), shape: [1, 3, 2])
    let runner = try KindRunner(kind, kind.literals(JSONObject()), inputs: [x, place])
    let failure = #expect(throws: LayerFailure.self) { try runner.forward() }
    #expect(failure?.words == "position must be from 0 to 2^63 - 1 - 3, but it is \(position)")
  }
}
