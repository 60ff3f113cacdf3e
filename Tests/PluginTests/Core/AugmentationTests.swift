import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What layers do by chance in training: how often, to what, and on what it depends.
///
/// Bounds on what is drawn are five standard deviations.
@Suite struct AugmentationTests {
  private func runner(
    _ name: String, _ attributes: String, _ input: TensorBuffer, training: Bool = true, seed: UInt64 = 1, step: UInt64 = 0
  ) throws -> KindRunner {
    let kind = try Repository.kind("core." + name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: name).root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: [input], training: training, seed: seed)
    runner.run.step = step
    try runner.forward()
    return runner
  }

  private func integers(_ values: [Int], wide: Bool = true) -> TensorBuffer {
    let tensor = TensorBuffer(Spec([values.count], wide ? .i64 : .i32))
    for (i, value) in values.enumerated() {
      if wide {
        tensor.bytes.storeBytes(of: Int64(value), toByteOffset: 8 * i, as: Int64.self)
      } else {
        tensor.bytes.storeBytes(of: Int32(value), toByteOffset: 4 * i, as: Int32.self)
      }
    }
    return tensor
  }

  private func integers(_ tensor: TensorBuffer) -> [Int] {
    (0..<tensor.spec.count).map {
      tensor.spec.dtype == .i64
        ? Int(tensor.bytes.load(fromByteOffset: 8 * $0, as: Int64.self)) : Int(tensor.bytes.load(fromByteOffset: 4 * $0, as: Int32.self))
    }
  }

  /// Images of `channels` whose elements all differ: 1, 2, 3, ...
  private func images(_ count: Int, _ height: Int, _ width: Int, _ channels: Int) -> TensorBuffer {
    TensorBuffer((0..<count * height * width * channels).map { Float($0 + 1) }, shape: [count, height, width, channels])
  }

  private func expectShare(_ count: Int, of total: Int, _ probability: Double, _ what: String = "") {
    let n = Double(total)
    let bound = 5 * (n * probability * (1 - probability)).squareRoot()
    #expect(abs(Double(count) - n * probability) <= bound, "\(what): \(count) of \(total), expected a share of \(probability)")
  }

  /// Expects that each class is as likely: of n draws the sum over k classes of (count - n / k)^2 / (n / k) has the mean k - 1 and the
  /// deviation sqrt(2 (k - 1)).
  private func expectEven(_ counts: [Int], _ what: String = "") {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    let freedom = Double(counts.count - 1)
    var chi = 0.0
    for count in counts { chi += (Double(count) - expected) * (Double(count) - expected) / expected }
    #expect(abs(chi - freedom) <= 5 * (2 * freedom).squareRoot(), "\(what): \(counts)")
  }

  // MARK: noise

  // The mean of n draws has the deviation s / sqrt(n), and their variance that of s^2 sqrt(2 / n).
  @Test("noise is normal, with its deviation, around x", arguments: [0.1, 2.5])
  func gaussianNoise(_ deviation: Double) throws {
    let x = images(200, 10, 10, 10)
    let runner = try runner("gaussian_noise", #"{"deviation": \#(deviation)}"#, TensorBuffer([Float](repeating: 3, count: 200_000)))
    let noise = runner.outputs[0].floats.map { (Double($0) - 3) / deviation }
    let n = Double(noise.count)
    #expect(abs(noise.reduce(0, +) / n) < 5 / n.squareRoot())
    let squares = noise.reduce(0) { $0 + $1 * $1 } / n
    #expect(abs(squares - 1) < 5 * (2 / n).squareRoot())
    expectShare(noise.count { $0 < -1 }, of: noise.count, erfc(1 / 2.0.squareRoot()) / 2, "below -1")
    let gradient = TensorBuffer(x.floats.map { $0 / 1000 })
    #expect(try runner.backward([gradient]).inputs[0]?.floats == gradient.floats)
  }

  // With the probability p a label is drawn from c classes, one of which it was: p (1 - 1 / c) differ.
  @Test("labels are replaced as often as they should be, by every class alike", arguments: [(0.25, true), (1, false)])
  func labelNoise(_ probability: Double, _ isWide: Bool) throws {
    let labels = (0..<100_000).map { $0 % 5 == 4 ? -100 : 3 }
    let attributes = #"{"classes": 7, "probability": \#(probability)}"#
    let drawn = integers(try runner("label_noise", attributes, integers(labels, wide: isWide)).outputs[0])
    var counts = [Int](repeating: 0, count: 7)
    for (label, now) in zip(labels, drawn) {
      if label == -100 { #expect(now == -100) } else { counts[try #require((0..<7).contains(now) ? now : nil)] += 1 }
    }
    expectShare(80_000 - counts[3], of: 80_000, probability * 6 / 7)
    counts.remove(at: 3)
    expectEven(counts)
  }

  // MARK: images

  @Test("images are mirrored as often as they should be, rows and columns each by themselves", arguments: [1, 3, 2])
  func flips(_ channels: Int) throws {
    let (count, height, width) = (4000, 2, 3)
    let x = images(count, height, width, channels)
    let runner = try runner("random_flip", #"{"horizontal": 0.5, "vertical": 0.2}"#, x)
    let (before, after) = (x.floats, runner.outputs[0].floats)
    let back = try #require(try runner.backward([x]).inputs[0]).floats
    #expect(back == after)  // what is mirrored one way is mirrored back the same way
    var counts = [[0, 0], [0, 0]]
    let size = height * width * channels
    for n in 0..<count {
      var found: (Int, Int)?
      for (rows, columns) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let expected = (0..<size).map { k in
          let (i, j, c) = (k / (width * channels), k / channels % width, k % channels)
          let (row, column) = (rows == 1 ? height - 1 - i : i, columns == 1 ? width - 1 - j : j)
          return before[n * size + (row * width + column) * channels + c]
        }
        if Array(after[n * size..<(n + 1) * size]) == expected { found = (rows, columns) }
      }
      let (rows, columns) = try #require(found, "image \(n) is not mirrored in any way")
      counts[rows][columns] += 1
    }
    expectShare(counts[1][0] + counts[1][1], of: count, 0.2, "rows")
    expectShare(counts[0][1] + counts[1][1], of: count, 0.5, "columns")
    expectShare(counts[1][1], of: count, 0.1, "both")
  }

  /// Images that come out, as windows of those that went in, whose elements are 1, 2, 3, ...: where each begins.
  private func starts(_ runner: KindRunner, in x: TensorBuffer, fill: Float) throws -> [(row: Int, column: Int)] {
    let (shape, y) = (x.spec.shape, runner.outputs[0].floats)
    let out = runner.outputs[0].spec.shape
    let size = out[1] * out[2] * out[3]
    return try (0..<shape[0]).map { n in
      let place = try #require((0..<size).first { y[n * size + $0] != fill }, "image \(n) is empty")
      let source = Int(y[n * size + place]) - 1 - n * shape[1] * shape[2] * shape[3]
      let start = (
        row: source / (shape[2] * shape[3]) - place / (out[2] * out[3]), column: source / shape[3] % shape[2] - place / out[3] % out[2]
      )
      for k in 0..<size {
        let (i, j, c) = (k / (out[2] * out[3]) + start.row, k / out[3] % out[2] + start.column, k % out[3])
        let inside = (0..<shape[1]).contains(i) && (0..<shape[2]).contains(j)
        let expected = inside ? Float(((n * shape[1] + i) * shape[2] + j) * shape[3] + c + 1) : fill
        try #require(y[n * size + k] == expected, "image \(n), element \(k)")
      }
      return start
    }
  }

  /// Expects the gradient to go to where each window took its elements from.
  private func expectWindowGradient(_ runner: KindRunner, _ starts: [(row: Int, column: Int)], in x: TensorBuffer) throws {
    let (shape, out) = (x.spec.shape, runner.outputs[0].spec.shape)
    let dy = (0..<runner.outputs[0].spec.count).map { Float($0 % 97) - 40 }
    var expected = [Float](repeating: 2, count: x.spec.count)
    for (k, d) in dy.enumerated() {
      let n = k / (out[1] * out[2] * out[3])
      let (i, j) = (k / (out[2] * out[3]) % out[1] + starts[n].row, k / out[3] % out[2] + starts[n].column)
      if (0..<shape[1]).contains(i), (0..<shape[2]).contains(j) {
        expected[((n * shape[1] + i) * shape[2] + j) * shape[3] + k % out[3]] += d
      }
    }
    #expect(try runner.backward([TensorBuffer(dy, shape: out)], accumulateOnto: 2).inputs[0]?.floats == expected)
    #expect(try runner.backward([TensorBuffer(dy, shape: out)]).inputs[0]?.floats == expected.map { $0 - 2 })
  }

  @Test func shiftsAreEvenAndTheGradientGoesBack() throws {
    let x = images(3000, 4, 5, 2)
    let runner = try runner("random_shift", #"{"rows": 1, "columns": 2, "fill": -3}"#, x)
    let starts = try starts(runner, in: x, fill: -3)
    #expect(starts.allSatisfy { abs($0.row) <= 1 && abs($0.column) <= 2 })
    expectEven((0..<15).map { each in starts.count { ($0.row + 1) * 5 + $0.column + 2 == each } })
    try expectWindowGradient(runner, starts, in: x)
  }

  @Test func cropsBeginAnywhereInTrainingAndInTheMiddleOtherwise() throws {
    let x = images(3000, 5, 4, 3)
    let attributes = #"{"height": 4, "width": 3, "padding": 1}"#
    let runner = try runner("random_crop", attributes, x)
    #expect(runner.outputs[0].spec.shape == [3000, 4, 3, 3])
    let starts = try starts(runner, in: x, fill: 0)
    // Rows from -1 to 5 + 1 - 4 = 2, columns from -1 to 4 + 1 - 3 = 2.
    #expect(starts.allSatisfy { (-1...2).contains($0.row) && (-1...2).contains($0.column) })
    expectEven((0..<16).map { each in starts.count { ($0.row + 1) * 4 + $0.column + 1 == each } })
    try expectWindowGradient(runner, starts, in: x)
    for (height, width, row, column) in [(3, 2, 1, 1), (1, 4, 2, 0), (5, 1, 0, 1)] {
      let still = try self.runner("random_crop", #"{"height": \#(height), "width": \#(width), "padding": 2}"#, x, training: false)
      let starts = try self.starts(still, in: x, fill: 0)
      #expect(starts.allSatisfy { $0.row == row && $0.column == column })
    }
  }

  // A plane's interpolation is exact: with the column and the row as channels, what is at the distance d to the right of the middle comes
  // from d cos(a) further right and d sin(a) further down. Angles from U[-30, 50] have the mean 10 and the variance 80^2 / 12.
  @Test func anglesAreEvenlyDistributedBetweenTheirBounds() throws {
    let (count, side) = (4000, 7)
    let plane = (0..<side * side).flatMap { [Float($0 % side) - 3, Float($0 / side) - 3] }
    let x = TensorBuffer((0..<count).flatMap { _ in plane }, shape: [count, side, side, 2])
    let y = try runner("random_rotate", #"{"low": -30, "high": 50}"#, x).outputs[0].floats
    let angles = (0..<count).map { n -> Double in
      let at = ((n * side + 3) * side + 5) * 2
      return atan2(Double(y[at + 1]), Double(y[at])) * 180 / .pi
    }
    #expect(angles.allSatisfy { $0 > -30.001 && $0 < 50.001 })
    let (n, variance) = (Double(count), 80.0 * 80 / 12)
    #expect(abs(angles.reduce(0, +) / n - 10) < 5 * (variance / n).squareRoot())
    let found = angles.reduce(0) { $0 + ($1 - 10) * ($1 - 10) } / n
    #expect(abs(found - variance) < 5 * variance * (0.8 / n).squareRoot())
    expectEven((0..<8).map { part in angles.count { Int(($0 + 30) / 10) == part } })
  }

  // MARK: sequences

  // BERT's: 15% are chosen; 80% of these are masked, 10% become any of the v tokens, and 10% stay. Of those replaced 1 / v stay by chance.
  @Test("tokens are hidden as often as they should be", arguments: [true, false])
  func masks(_ isWide: Bool) throws {
    let count = 200_000
    let tokens = (0..<count).map { $0 % 10 == 9 ? 0 : 4 }
    let runner = try runner(
      "random_mask", #"{"vocabulary": 20, "mask_token": 25, "special": [1, 0]}"#, integers(tokens, wide: isWide))
    let (hidden, targets) = (integers(runner.outputs[0]), integers(runner.outputs[1]))
    var (chosen, masked, counts) = (0, 0, [Int](repeating: 0, count: 20))
    for i in 0..<count {
      guard targets[i] != -100 else {
        try #require(hidden[i] == tokens[i])
        continue
      }
      try #require(targets[i] == tokens[i] && tokens[i] == 4)
      chosen += 1
      if hidden[i] == 25 { masked += 1 } else { counts[hidden[i]] += 1 }
    }
    expectShare(chosen, of: count * 9 / 10, 0.15, "chosen")
    expectShare(masked, of: chosen, 0.8, "masked")
    expectShare(counts[4], of: chosen, 0.1 + 0.1 / 20, "kept")
    counts.remove(at: 4)
    expectEven(counts, "replaced")
  }

  // MARK: all of them

  static let kinds = [
    ("gaussian_noise", "{}"), ("random_flip", "{}"), ("random_crop", #"{"padding": 3}"#), ("random_shift", "{}"), ("random_rotate", "{}"),
    ("label_noise", #"{"classes": 9}"#), ("random_mask", #"{"vocabulary": 9, "mask_token": 3}"#),
  ]

  private func input(_ kind: String) -> TensorBuffer {
    kind == "label_noise" || kind == "random_mask" ? integers((0..<50_000).map { $0 % 9 }) : images(64, 16, 16, 3)
  }

  @Test("the same seed draws the same on any number of threads; another seed or step draws something else", arguments: kinds)
  func seeds(_ kind: String, _ attributes: String) throws {
    func bytes(seed: UInt64 = 1, step: UInt64 = 0) throws -> [UInt8] {
      try runner(kind, attributes, input(kind), seed: seed, step: step).outputs.flatMap { Array($0.bytes) }
    }
    let first = try bytes()
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      #expect(try bytes() == first, "\(threads) threads")
    }
    #expect(try bytes(seed: 2) != first)
    #expect(try bytes(step: 1) != first)
  }

  @Test("in inference nothing changes", arguments: kinds)
  func inference(_ kind: String, _ attributes: String) throws {
    let x = input(kind)
    let outputs = try runner(kind, attributes, x, training: false).outputs
    #expect(Array(outputs[0].bytes) == Array(x.bytes))
    if kind == "random_mask" { #expect(Set(integers(outputs[1])) == [-100]) }
  }

  static let refused: [(String, String, Spec, String)] = [
    ("random_flip", "{}", Spec([3, 4, 5]), "x must be images [N, H, W, C], but its shape is [3, 4, 5]"),
    (
      "random_crop", #"{"height": 9, "padding": 2}"#, Spec([1, 4, 5, 3]),
      "a window of 9 by 5 does not fit into images of 4 by 5 with a padding of 2"
    ),
    (
      "random_crop", #"{"padding": 1000000, "height": 2000000, "width": 2000000}"#, Spec([1 << 20, 4, 5, 3]),
      "y would be too large: [1048576, 2000000, 2000000, 3]"
    ),
    ("random_rotate", #"{"low": 5, "high": 4}"#, Spec([1, 4, 5, 3]), "low must not be more than high, but they are 5.0 and 4.0"),
    ("label_noise", #"{"classes": 3}"#, Spec([3]), "labels must be i32 or i64, but it is [3]"),
    (
      "random_mask", #"{"vocabulary": 9, "mask_token": 3, "masked": 0.75, "replaced": 0.5}"#, Spec([3], .i64),
      "the shares masked and replaced must not be more than 1 together, but they are 0.75 and 0.5"
    ),
  ]

  @Test("a layer that cannot be says why", arguments: refused)
  func planning(_ name: String, _ attributes: String, _ input: Spec, _ words: String) throws {
    let kind = try Repository.kind("core." + name)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
    let literals = try kind.literals(json)
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(kind: kind, attributes: literals, path: "layer", inputs: [input], training: true, run: Run())
    }
    #expect(failure?.words == words)
  }
}
