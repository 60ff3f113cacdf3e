import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What core.random_normal, random_uniform and random_integers draw, and from what it depends.
@Suite struct RandomKindTests {
  private static let kinds = [
    ("random_normal", #""mean": 0, "deviation": 1"#), ("random_normal", #""mean": -3, "deviation": 0.5"#),
    ("random_uniform", #""low": 0, "high": 1"#), ("random_uniform", #""low": -2, "high": 5"#),
    ("random_integers", #""low": -3, "high": 4"#), ("random_integers", #""high": 1000000000"#),
  ]
  private static let draws = 200_003

  private func draw(
    _ name: String, _ attributes: String, shape: String = "200003", like: [Int]? = nil, seed: UInt64 = 1, step: UInt64 = 0,
    path: String = "layer"
  ) throws -> KindRunner {
    let kind = try Repository.kind("core." + name)
    let json = try #require(try JSONDocument(Array(#"{"shape": [\#(shape)], \#(attributes)}"#.utf8), file: "attributes").root.object)
    let inputs = like.map { [TensorBuffer(Spec($0))] } ?? [nil]
    let runner = try KindRunner(kind, kind.literals(json), inputs: inputs, seed: seed, path: path)
    runner.run.step = step
    try runner.forward()
    return runner
  }

  private func integers(_ runner: KindRunner) -> [Int] {
    (0..<runner.outputs[0].spec.count).map { Int(runner.outputs[0].bytes.load(fromByteOffset: $0 * 8, as: Int64.self)) }
  }

  /// Expects the mean and variance to be within five of their deviations, neighbours not to be correlated, and the Kolmogorov-Smirnov
  /// distance to be one that chance exceeds once in a million times: 2.7 / sqrt(n).
  private func expectDistribution(
    _ x: [Double], mean: Double, variance: Double, kurtosis: Double, _ cumulative: (Double) -> Double
  ) {
    let n = Double(x.count)
    let centred = x.map { $0 - mean }
    #expect(abs(centred.reduce(0, +) / n) < 5 * (variance / n).squareRoot())
    let squares = centred.reduce(0) { $0 + $1 * $1 } / n
    #expect(abs(squares - variance) < 5 * variance * ((kurtosis - 1) / n).squareRoot())
    for lag in [1, 2, 3, 4] {
      let products = zip(centred, centred.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 } / n
      #expect(abs(products) < 5 * variance / n.squareRoot(), "correlated at a distance of \(lag)")
    }
    let distance = x.sorted().enumerated().reduce(0.0) { worst, each in
      let p = cumulative(each.element)
      return max(worst, abs(p - Double(each.offset) / n), abs(p - Double(each.offset + 1) / n))
    }
    #expect(distance < 2.7 / n.squareRoot())
  }

  @Test("normal numbers are normal", arguments: [(0, 1), (-3, 0.5), (1000, 20)])
  func normal(_ mean: Double, _ deviation: Double) throws {
    let x = try draw("random_normal", #""mean": \#(mean), "deviation": \#(deviation)"#).outputs[0].floats.map(Double.init)
    expectDistribution(x, mean: mean, variance: deviation * deviation, kurtosis: 3) {
      erfc(-($0 - mean) / deviation / 2.0.squareRoot()) / 2
    }
  }

  @Test("uniform numbers are uniform, and never reach their upper bound", arguments: [(0, 1), (-2, 5), (-1e-3, 0)])
  func uniform(_ low: Double, _ high: Double) throws {
    let x = try draw("random_uniform", #""low": \#(low), "high": \#(high)"#).outputs[0].floats
    #expect(x.allSatisfy { $0 >= Float(low) && $0 < Float(high) })
    let width = high - low
    expectDistribution(x.map(Double.init), mean: low + width / 2, variance: width * width / 12, kurtosis: 1.8) { ($0 - low) / width }
  }

  @Test("bounds that are neighbours leave one number")
  func neighbours() throws {
    let x = try draw("random_uniform", #""low": 16777215, "high": 16777216"#).outputs[0].floats
    #expect(Set(x) == [16_777_215])
  }

  // Of n draws, the sum over k classes of (count - n / k)^2 / (n / k) has the mean k - 1 and the deviation sqrt(2 (k - 1)).
  @Test("whole numbers are equally likely, both bounds' ends included", arguments: [(0, 1), (0, 2), (-3, 4), (5, 1005)])
  func wholeNumbers(_ low: Int, _ high: Int) throws {
    let x = integers(try draw("random_integers", #""low": \#(low), "high": \#(high)"#))
    var counts = [Int](repeating: 0, count: high - low)
    for i in x {
      try #require((low..<high).contains(i))
      counts[i - low] += 1
    }
    let (expected, freedom) = (Double(x.count) / Double(counts.count), Double(counts.count - 1))
    let chi = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    #expect(abs(chi - freedom) <= 5 * (2 * freedom).squareRoot())
  }

  @Test("wide ranges are drawn from evenly")
  func wide() throws {
    let x = integers(try draw("random_integers", #""low": -1000000000, "high": 1000000000"#)).map(Double.init)
    expectDistribution(x, mean: 0, variance: 4e18 / 12, kurtosis: 1.8) { ($0 + 1e9) / 2e9 }
  }

  @Test("the same seed draws the same on any number of threads; another seed, step or layer draws something else", arguments: kinds)
  func seeds(_ name: String, _ attributes: String) throws {
    func bytes(_ runner: KindRunner) -> [UInt8] { Array(runner.outputs[0].bytes) }
    let first = bytes(try draw(name, attributes))
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      #expect(bytes(try draw(name, attributes)) == first, "\(threads) threads")
    }
    #expect(bytes(try draw(name, attributes, seed: 2)) != first)
    #expect(bytes(try draw(name, attributes, step: 1)) != first)
    #expect(bytes(try draw(name, attributes, path: "other")) != first)
  }

  @Test("the shape is as many rows as 'like' has, each of the shape that is asked for", arguments: kinds)
  func shapes(_ name: String, _ attributes: String) throws {
    #expect(try draw(name, attributes, shape: "").outputs[0].spec.shape == [])
    #expect(try draw(name, attributes, shape: "2, 3").outputs[0].spec.shape == [2, 3])
    #expect(try draw(name, attributes, shape: "2, 3", like: [5, 7]).outputs[0].spec.shape == [5, 2, 3])
    #expect(try draw(name, attributes, shape: "", like: [5]).outputs[0].spec.shape == [5])
    #expect(try draw(name, attributes, shape: "0").outputs[0].spec.shape == [0])
  }

  static let cases: [(String, String, [Int]?, String)] = [
    ("random_normal", #""shape": [1000000000, 1000000000]"#, nil, "a tensor of shape [1000000000, 1000000000] is too large"),
    ("random_normal", #""shape": [1, 1, 1, 1, 1, 1, 1, 1]"#, [3], "y would have 9 axes, but 8 are the most"),
    ("random_uniform", #""shape": [2]"#, [], "like must have rank 1 to 8, but its shape is []"),
    ("random_uniform", #""low": 2, "high": 2"#, nil, "low must be less than high in f32, but they are 2.0 and 2.0"),
    (
      "random_uniform", #""low": 1, "high": 1.000000001"#, nil,
      "low must be less than high in f32, but they are 1.0 and 1.000000001"
    ),
    ("random_integers", #""low": 4, "high": 4"#, nil, "low must be less than high, but they are 4 and 4"),
  ]

  @Test("a layer that cannot be says why", arguments: cases)
  func planning(_ name: String, _ attributes: String, _ like: [Int]?, _ words: String) throws {
    let kind = try Repository.kind("core." + name)
    let json = try #require(try JSONDocument(Array("{\(attributes)}".utf8), file: "attributes").root.object)
    let literals = try kind.literals(json)
    let failure = #expect(throws: LayerFailure.self) {
      try LayerInstance(
        kind: kind, attributes: literals, path: "layer", inputs: [like.map { Spec($0) }], training: true, run: Run())
    }
    #expect(failure?.words == words)
  }
}
