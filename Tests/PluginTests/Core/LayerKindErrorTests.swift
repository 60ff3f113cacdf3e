import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The exact words of activations, losses, normalisations and updates that do not fit.
@Suite struct LayerKindErrorTests {
  /// A layer that cannot be planned, and why.
  struct Case: CustomStringConvertible, Sendable {
    let kind: String
    let attributes: String
    let inputs: [Spec]
    let words: String

    init(_ kind: String, _ attributes: String, _ inputs: [Spec], _ words: String) {
      self.kind = "core." + kind
      self.attributes = attributes
      self.inputs = inputs
      self.words = words
    }

    var description: String { "\(kind) \(attributes) \(inputs)" }
  }

  private static func f32(_ shape: Int...) -> Spec { Spec(shape) }
  private static func i64(_ shape: Int...) -> Spec { Spec(shape, .i64) }

  static let cases = [
    Case("relu", "{}", [i64(3)], "x must be f32, but it is i64 [3]"),
    Case("maxout", #"{"pieces": 3}"#, [f32(2, 7)], "the last axis of x must be a multiple of the 3 pieces, but its shape is [2, 7]"),
    Case("maxout", #"{"pieces": 3}"#, [f32()], "x must have rank 1 to 8, but its shape is []"),
    Case("softmax", #"{"axis": 2}"#, [f32(2, 7)], "axis 2 is not one of x, whose shape is [2, 7]"),
    Case("softmax", #"{"axis": -3}"#, [f32(2, 7)], "axis -3 is not one of x, whose shape is [2, 7]"),
    Case("softmax", "{}", [f32()], "x must have rank 1 to 8, but its shape is []"),
    Case("log_softmax", #"{"axis": 1}"#, [f32(2, 0)], "axis 1 of x must not be empty, but the shape is [2, 0]"),
    Case("mse", "{}", [f32(2, 3), f32(3, 2)], "target must have the shape of prediction, [2, 3], but its shape is [3, 2]"),
    Case("l1", "{}", [f32(2), i64(2)], "target must be f32, but it is i64 [2]"),
    Case("huber", "{}", [f32(2, 0), f32(2, 0)], "prediction must not be empty, but its shape is [2, 0]"),
    Case(
      "binary_cross_entropy", "{}", [f32(2), f32(2), f32(1)], "weight must have the shape of logits, [2], but its shape is [1]"),
    Case(
      "kl", #"{"reduction": "batch_mean"}"#, [f32(), f32()],
      "prediction must have rank 1 to 8 for the mean over a batch, but its shape is []"),
    Case("cross_entropy", "{}", [f32(4, 3), i64(3)], "labels for logits of [4, 3] must have the shape [4], but theirs is [3]"),
    Case(
      "cross_entropy", "{}", [f32(4, 3), f32(4)],
      "target must be labels, or probabilities of shape [4, 3] as logits, but it is f32 [4]"),
    Case("cross_entropy", "{}", [f32(4, 3), Spec([4], .u8)], "target must be i32 or i64, but it is u8 [4]"),
    Case("cross_entropy", "{}", [f32(0, 3), i64(0)], "logits must not be empty, but their shape is [0, 3]"),
    Case("accuracy", "{}", [f32(4, 3), f32(4)], "labels must be i32 or i64, but it is [4]"),
    Case("iou", "{}", [f32(4, 3), i64(3)], "labels for logits of [4, 3] must have the shape [4], but theirs is [3]"),
    Case("batch_norm", "{}", [f32(5)], "x must have rank 2 to 8, but its shape is [5]"),
    Case("batch_norm", "{}", [f32(1, 5)], "x must have more than one value for each channel to train with, but its shape is [1, 5]"),
    Case("batch_norm", "{}", [f32(0, 5)], "x must not be empty, but its shape is [0, 5]"),
    Case("group_norm", #"{"groups": 2}"#, [f32(1, 5)], "the 5 channels of x must be a multiple of the 2 groups; its shape is [1, 5]"),
    Case("instance_norm", "{}", [f32(3, 1, 5)], "x must have more than one position to normalise over, but its shape is [3, 1, 5]"),
    Case("layer_norm", #"{"axes": 3}"#, [f32(3, 5)], "x must have rank 3 to 8, but its shape is [3, 5]"),
    Case("rms_norm", "{}", [f32(3, 0)], "x must not be empty, but its shape is [3, 0]"),
    Case("sgd", "{}", [f32(3), f32(4), f32(), i64()], "gradient must have the shape of parameter, [3], but its shape is [4]"),
    Case("sgd", "{}", [f32(3), f32(3), f32(1), i64()], "rate must have rank 0, but its shape is [1]"),
    Case("sgd", "{}", [f32(3), f32(3), f32(), f32()], "step must be an i64 scalar, but it is []"),
    Case(
      "adam", "{}", [f32(3), f32(3), f32(), i64(), f32(3), f32(2)],
      "second_moment must have the shape of parameter, [3], but its shape is [2]"),
    Case(
      "adam", #"{"beta2": 1}"#, [f32(3), f32(3), f32(), i64(), f32(3), f32(3)],
      "beta2 must be less than 1, but it is 1.0: nothing new would enter the average"),
    Case(
      "rmsprop", #"{"alpha": 1}"#, [f32(3), f32(3), f32(), i64(), f32(3), f32(3), f32(3)],
      "alpha must be less than 1, but it is 1.0: nothing new would enter the average"),
    Case(
      "rmsprop", "{}", [f32(3), f32(3), f32(), i64(), f32(3), f32(3), f32(4)],
      "gradient_average must have the shape of parameter, [3], but its shape is [4]"),
    Case(
      "newton", "{}", [f32(2, 3), f32(2, 3), f32(), i64(), f32(3, 3)],
      "hessian must be [6, 6] for the 6 elements of parameter, but its shape is [3, 3]"),
    Case(
      "newton", "{}", [f32(3), f32(2), f32(), i64(), f32(3, 3)], "gradient must have the shape of parameter, [3], but its shape is [2]"),
    Case(
      "newton", "{}", [f32(1 << 17), f32(1 << 17), f32(), i64(), f32(1 << 17, 1 << 17)],
      "Newton's method solves for at most 65536 parameters at once, but there are 131072"),
    Case("average", "{}", [f32(3), f32(4), f32()], "parameter must have the shape of average, [3], but its shape is [4]"),
    Case("perceptron_loss", "{}", [f32(3), f32(4)], "target must have the shape of score, [3], but its shape is [4]"),
  ]

  @Test("a layer that cannot be says why", arguments: cases)
  func planning(_ test: Case) throws {
    let kind = try Repository.kind(test.kind)
    let json = try #require(try JSONDocument(Array(test.attributes.utf8), file: "attributes").root.object)
    let attributes = try kind.literals(json)
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: attributes, path: "layer", inputs: test.inputs, training: true, run: Run())
    }
    #expect(failure?.words == test.words)
  }

  @Test(
    "a label that is none of the classes is named, with its row",
    arguments: [("core.cross_entropy", Int64(3)), ("core.cross_entropy", -1), ("core.accuracy", 1 << 40), ("core.iou", -99)])
  func labels(_ name: String, _ label: Int64) throws {
    for wide in [true, false] where wide || Int64(Int32(truncatingIfNeeded: label)) == label {
      let values: [Int64] = [2, -100, label, 7]
      let labels = TensorBuffer(Spec([4], wide ? .i64 : .i32))
      for (i, value) in values.enumerated() {
        if wide {
          labels.bytes.storeBytes(of: value, toByteOffset: i * 8, as: Int64.self)
        } else {
          labels.bytes.storeBytes(of: Int32(value), toByteOffset: i * 4, as: Int32.self)
        }
      }
      let kind = try Repository.kind(name)
      let logits = TensorBuffer([Float](repeating: 0, count: 12), shape: [4, 3])
      let runner = try KindRunner(kind, kind.literals(JSONObject()), inputs: [logits, labels])
      let failure = #expect(throws: LayerFailure.self) { try runner.forward() }
      #expect(failure?.words == "label \(label) of row 2 is not one of the 3 classes, which are 0 to 2")
    }
  }

  @Test("an update before the first step is refused")
  func step() throws {
    let kind = try Repository.kind("core.sgd")
    let (p, g, rate) = (TensorBuffer([1, 2]), TensorBuffer([1, 2]), TensorBuffer([0.1], shape: []))
    let runner = try KindRunner(kind, kind.literals(JSONObject()), inputs: [p, g, rate, TensorBuffer(Spec([], .i64))])
    let failure = #expect(throws: LayerFailure.self) { try runner.forward() }
    #expect(failure?.words == "step must be 1 or more, but it is 0")
  }
}
