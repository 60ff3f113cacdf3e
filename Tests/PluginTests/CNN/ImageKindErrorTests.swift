import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The exact words of convolutions, pooling and dense layers that do not fit.
@Suite struct ImageKindErrorTests {
  /// A layer that cannot be planned, and why.
  struct Case: CustomStringConvertible, Sendable {
    let kind: String
    let attributes: String
    let input: Spec
    let words: String

    init(_ kind: String, _ attributes: String, _ shape: [Int], _ words: String) {
      self.kind = kind
      self.attributes = attributes
      self.input = Spec(shape)
      self.words = words
    }

    var description: String { "\(kind) \(attributes) \(input)" }
  }

  private static func conv(_ attributes: String, _ shape: [Int], _ words: String) -> Case {
    Case("cnn.conv2d", attributes, shape, words)
  }

  private static func sequence(_ attributes: String, _ shape: [Int], _ words: String) -> Case {
    Case("cnn.conv1d", attributes, shape, words)
  }

  private static func transposed(_ attributes: String, _ shape: [Int], _ words: String) -> Case {
    Case("cnn.conv_transpose2d", attributes, shape, words)
  }

  private static func pool(_ attributes: String, _ shape: [Int], _ words: String) -> Case {
    Case("cnn.max_pool2d", attributes, shape, words)
  }

  static let cases = [
    conv(#"{"channels": 2, "kernel": 3}"#, [8, 8, 3], "x must have rank 4, but its shape is [8, 8, 3]"),
    conv(#"{"channels": 2, "kernel": 3}"#, [0, 8, 8, 3], "x must not be empty, but its shape is [0, 8, 8, 3]"),
    conv(#"{"channels": 2, "kernel": 3}"#, [1, 2, 8, 3], "a window covers 3 pixels, but the height of x is 2"),
    conv(#"{"channels": 2, "kernel": [1, 9]}"#, [1, 8, 8, 3], "a window covers 9 pixels, but the width of x is 8"),
    conv(
      #"{"channels": 2, "kernel": 3, "dilation": 4, "padding": [0, 1, 2, 2]}"#, [1, 7, 9, 3],
      "a window covers 9 pixels, but the height of x is 7, 8 with padding"),
    conv(
      #"{"channels": 4, "kernel": 1, "groups": 2}"#, [1, 8, 8, 3],
      "2 groups must divide both the 3 channels of x and the 4 of y"),
    conv(
      #"{"channels": 5, "kernel": 1, "groups": 2}"#, [1, 8, 8, 4],
      "2 groups must divide both the 4 channels of x and the 5 of y"),
    conv(
      #"{"channels": 2, "kernel": [3, 3, 3]}"#, [1, 8, 8, 3], "kernel must be one number or two (height, width), but it has 3"),
    conv(
      #"{"channels": 2, "kernel": 3, "stride": []}"#, [1, 8, 8, 3], "stride must be one number or two (height, width), but it has 0"),
    conv(
      #"{"channels": 2, "kernel": 3, "padding": [1, 1, 1]}"#, [1, 8, 8, 3],
      "padding must be 'same', 'valid', or 1, 2 or 4 numbers (top, bottom, left, right), but it has 3"),
    conv(
      #"{"channels": 2, "kernel": 1000000, "dilation": 1000000, "padding": "same"}"#, [1, 8, 8, 3],
      "a window of 1000000 pixels that are 1000000 apart is too large"),
    conv(
      #"{"channels": 1000000000, "kernel": [1000000, 1000000], "padding": "same"}"#, [1, 8, 8, 3],
      "a weight of [1000000000, 3, 1000000, 1000000] elements is too large"),
    conv(
      #"{"channels": 1000000000, "kernel": 1, "padding": 1000000}"#, [1, 8, 8, 3],
      "an output of [1, 2000008, 2000008, 1000000000] elements is too large"),
    sequence(#"{"channels": 2, "kernel": 3}"#, [8, 3], "x must have rank 3, but its shape is [8, 3]"),
    sequence(#"{"channels": 2, "kernel": 3, "dilation": 4}"#, [1, 8, 3], "a window covers 9 steps, but the length of x is 8"),
    sequence(
      #"{"channels": 2, "kernel": 3, "padding": [1, 1, 1]}"#, [1, 8, 3],
      "padding must be 'same', 'valid', or 1 or 2 numbers (before, after), but it has 3"),
    sequence(#"{"channels": 5, "kernel": 1, "groups": 2}"#, [1, 8, 4], "2 groups must divide both the 4 channels of x and the 5 of y"),
    sequence(
      #"{"channels": 2, "kernel": 1000000, "dilation": 1000000, "padding": "causal"}"#, [1, 8, 3],
      "a window of 1000000 steps that are 1000000 apart is too large"),
    transposed(#"{"channels": 2, "kernel": 3}"#, [8, 8, 3], "x must have rank 4, but its shape is [8, 8, 3]"),
    transposed(
      #"{"channels": 2, "kernel": 3, "padding": [0, 5]}"#, [1, 8, 8, 3], "padding takes 10 pixels off, but the width of y without it is 10"),
    transposed(
      #"{"channels": 2, "kernel": 3, "stride": [2, 3], "output_padding": 2}"#, [1, 8, 8, 3],
      "output_padding must be smaller than stride or dilation, but it is 2 by 2"),
    transposed(
      #"{"channels": 2, "kernel": 3, "stride": 2, "output_padding": 1, "padding": "same"}"#, [1, 8, 8, 3],
      "output_padding has no meaning with padding 'same', which says how large y is"),
    transposed(
      #"{"channels": 4, "kernel": 1, "groups": 2}"#, [1, 8, 8, 3], "2 groups must divide both the 3 channels of x and the 4 of y"),
    transposed(
      #"{"channels": 1000000000, "kernel": [1000000, 1000000]}"#, [1, 8, 8, 3],
      "a weight of [3, 1000000000, 1000000, 1000000] elements is too large"),
    transposed(
      #"{"channels": 1000, "kernel": 1, "stride": 1000000}"#, [1, 8, 8, 3], "an output of [1, 7000001, 7000001, 1000] elements is too large"
    ),
    transposed(
      #"{"channels": 2, "kernel": 1000000, "dilation": 1000000}"#, [1, 8, 8, 3],
      "a window of 1000000 pixels that are 1000000 apart, 1 from the next, is too large"),
    Case(
      "cnn.conv_transpose1d", #"{"channels": 2, "kernel": 3, "padding": 5}"#, [1, 8, 3],
      "padding takes 10 steps off, but the length of y without it is 10"),
    Case("cnn.conv3d", #"{"channels": 2, "kernel": 3}"#, [8, 8, 8, 3], "x must have rank 5, but its shape is [8, 8, 8, 3]"),
    Case("cnn.conv3d", #"{"channels": 2, "kernel": 3}"#, [1, 2, 8, 8, 3], "a window covers 3 voxels, but the depth of x is 2"),
    Case(
      "cnn.conv3d", #"{"channels": 2, "kernel": [3, 3]}"#, [1, 8, 8, 8, 3],
      "kernel must be one number or three (depth, height, width), but it has 2"),
    Case(
      "cnn.conv3d", #"{"channels": 2, "kernel": 3, "padding": [1, 2]}"#, [1, 8, 8, 8, 3],
      "padding must be 'same', 'valid', or 1, 3 or 6 numbers (front, back, top, bottom, left, right), but it has 2"),
    Case(
      "cnn.conv3d", #"{"channels": 1, "kernel": [1000000, 1, 1], "padding": "same"}"#, [1, 8, 100, 100, 3],
      "a kernel 1000000 slices deep is too large for slices of [100, 100, 3] elements"),
    Case(
      "cnn.local2d", #"{"channels": 1000, "kernel": 1000, "padding": "same"}"#, [1, 80, 80, 3],
      "a weight of [80, 80, 1000, 3, 1000, 1000] elements is too large"),
    Case("cnn.local1d", #"{"channels": 1, "kernel": 9}"#, [1, 8, 3], "a window covers 9 steps, but the length of x is 8"),
    Case(
      "cnn.pixel_shuffle", #"{"factor": 2}"#, [1, 8, 8, 6],
      "the 6 channels of x must be a multiple of factor * factor, 4; its shape is [1, 8, 8, 6]"),
    Case(
      "cnn.pixel_unshuffle", #"{"factor": 3}"#, [1, 6, 8, 6],
      "height and width of x must be multiples of factor, 3, but its shape is [1, 6, 8, 6]"),
    Case(
      "cnn.adaptive_max_pool2d", #"{"size": [1, 2, 3]}"#, [1, 8, 8, 3],
      "size must be one number or two (height, width), but it has 3"),
    Case(
      "cnn.adaptive_average_pool1d", #"{"size": 1000000}"#, [1_000_000, 8, 3],
      "an output of [1000000, 1000000, 3] elements is too large"),
    Case("cnn.upsample1d", #"{"scale": [1, 2]}"#, [1, 8, 3], "scale must be one number, but it has 2"),
    Case("cnn.upsample2d", #"{"size": 9, "align_corners": true}"#, [1, 8, 8, 3], "align_corners is for mode 'bilinear'"),
    Case("cnn.max_pool1d", #"{"size": 2, "padding": 2}"#, [1, 8, 3], "padding of 2 steps must be smaller than windows, whose length is 2"),
    pool(#"{"size": 10, "stride": 2, "ceil_mode": true}"#, [1, 8, 8, 3], "a window covers 10 pixels, but the height of x is 8"),
    Case("cnn.upsample2d", "{}", [1, 8, 8, 3], "give either scale or size"),
    Case("cnn.upsample2d", #"{"scale": 2, "size": 3}"#, [1, 8, 8, 3], "give either scale or size"),
    Case("cnn.upsample2d", #"{"scale": [1, 2, 3]}"#, [1, 8, 8, 3], "scale must be one number or two (height, width), but it has 3"),
    Case("cnn.upsample2d", #"{"size": [1, 2, 3]}"#, [1, 8, 8, 3], "size must be one number or two (height, width), but it has 3"),
    Case("cnn.upsample2d", #"{"scale": [1, 0.1]}"#, [1, 8, 9, 3], "at a scale of 0.1, nothing is left of the width of x, 9"),
    Case("cnn.upsample2d", #"{"scale": [1e6, 1]}"#, [1, 17, 9, 3], "a height of 17000000 pixels is too large"),
    Case(
      "cnn.upsample2d", #"{"size": 1000000}"#, [1, 8, 9, 3], "an output of [1, 1000000, 1000000, 3] elements is too large"),
    pool(#"{"size": 3}"#, [1, 8, 2, 3], "a window covers 3 pixels, but the width of x is 2"),
    pool(
      #"{"size": [3, 2], "padding": [2, 2]}"#, [1, 8, 8, 3],
      "padding of 2 pixels must be smaller than windows, whose width is 2"),
    Case("cnn.average_pool2d", #"{"size": 2}"#, [2, 2], "x must have rank 4, but its shape is [2, 2]"),
    Case("cnn.global_average_pool2d", "{}", [2, 2, 0, 3], "x must not be empty, but its shape is [2, 2, 0, 3]"),
    Case("cnn.global_max_pool2d", "{}", [2, 3], "x must have rank 4, but its shape is [2, 3]"),
    Case("core.dense", #"{"units": 3}"#, [], "x must have rank 1 to 8, but its shape is []"),
    Case("core.dense", #"{"units": 3}"#, [4, 0], "x must not be empty, but its shape is [4, 0]"),
    Case("core.dense", #"{"units": 1000000000}"#, [1, 4096], "a weight of 1000000000 x 4096 elements is too large"),
  ]

  @Test("a layer that cannot be says why", arguments: cases)
  func planning(_ test: Case) throws {
    let failure = try failure(test.kind, test.attributes, test.input)
    #expect(failure?.words == test.words)
  }

  @Test("integers are no images", arguments: ["cnn.conv2d", "cnn.max_pool2d", "cnn.average_pool2d", "cnn.global_max_pool2d"])
  func dtype(_ kind: String) throws {
    let attributes = ["cnn.conv2d": #"{"channels": 1, "kernel": 1}"#, "cnn.global_max_pool2d": "{}"][kind] ?? #"{"size": 1}"#
    let failure = try failure(kind, attributes, Spec([1, 2, 2, 1], .i32))
    #expect(failure?.words == "x must be f32, but it is i32 [1, 2, 2, 1]")
  }

  private func failure(_ name: String, _ attributes: String, _ input: Spec) throws -> LayerFailure? {
    let kind = try Repository.kind(name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
    let literals = try kind.literals(json)
    return #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: literals, path: "layer", inputs: [input], training: true, run: Run())
    }
  }
}
