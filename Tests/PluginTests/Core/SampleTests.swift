import Glibc
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// How often core.sample draws what, and from what it depends.
@Suite struct SampleTests {
  private static let draws = 100_000
  private static let logits: [Float] = [0.3, -1, 2, 0, 1.2, -4, 0.9]

  private func draw(_ attributes: String, _ logits: [Float], rows: Int = draws, seed: UInt64 = 1, step: UInt64 = 0) throws -> [Int] {
    let kind = try Repository.kind("core.sample")
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
    let x = TensorBuffer((0..<rows).flatMap { _ in logits }, shape: [rows, logits.count])
    let runner = try KindRunner(kind, kind.literals(json), inputs: [x], seed: seed)
    runner.run.step = step
    try runner.forward()
    return (0..<rows).map { Int(runner.outputs[0].bytes.load(fromByteOffset: $0 * 8, as: Int64.self)) }
  }

  /// Each class's count lies within five standard deviations of what its weight says.
  private func expectFrequencies(_ drawn: [Int], _ weights: [Double], _ what: String) {
    let (total, n) = (weights.reduce(0, +), Double(drawn.count))
    for (i, weight) in weights.enumerated() {
      let (p, count) = (weight / total, Double(drawn.count { $0 == i }))
      let deviation = (n * p * (1 - p)).squareRoot()
      #expect(abs(count - n * p) <= 5 * deviation, "\(what): class \(i) came \(count) times of \(n), expected \(n * p)")
    }
  }

  private func weights(_ temperature: Double = 1, only classes: Set<Int>? = nil) -> [Double] {
    Self.logits.enumerated().map { classes?.contains($0.offset) == false ? 0 : exp(Double($0.element) / temperature) }
  }

  @Test("classes come as often as softmax says", arguments: [1, 0.5, 3])
  func frequencies(_ temperature: Double) throws {
    let drawn = try draw(#"{"temperature": \#(temperature)}"#, Self.logits)
    expectFrequencies(drawn, weights(temperature), "temperature \(temperature)")
  }

  // The largest are classes 2 (7.39), 4 (3.32), 6 (2.46), 0 (1.35), 3 (1), 1 (0.37), 5 (0.02), by their exponentials: 15.9 in all. Of
  // that class 2 has 0.465, with 4 it is 0.673, with 6 0.828, with 0 0.913.
  @Test(
    "only the largest are drawn, in proportion",
    arguments: [
      (#"{"top_k": 1}"#, [2]), (#"{"top_k": 3}"#, [2, 4, 6]), (#"{"top_k": 7}"#, [0, 1, 2, 3, 4, 5, 6]),
      (#"{"top_k": 99}"#, [0, 1, 2, 3, 4, 5, 6]), (#"{"top_p": 0.4}"#, [2]), (#"{"top_p": 0.5}"#, [2, 4]), (#"{"top_p": 0.7}"#, [2, 4, 6]),
      (#"{"top_p": 0.9}"#, [2, 4, 6, 0]), (#"{"top_p": 0}"#, [2]),
      // Of three classes 2 has 0.561, with 4 it is 0.813.
      (#"{"top_k": 3, "top_p": 0.5}"#, [2]), (#"{"top_k": 3, "top_p": 0.8}"#, [2, 4]), (#"{"top_k": 3, "top_p": 0.9}"#, [2, 4, 6]),
    ] as [(String, Set<Int>)])
  func largest(_ attributes: String, _ classes: Set<Int>) throws {
    expectFrequencies(try draw(attributes, Self.logits), weights(only: classes), attributes)
  }

  @Test("of equal logits the first count as larger, and long rows are drawn from evenly", arguments: [1, 17, 1000, 5003])
  func equals(_ count: Int) throws {
    let equal = [Float](repeating: 1, count: count)
    let k = min(count, 16)
    let first = try draw(#"{"top_k": \#(k)}"#, equal, rows: 2000)
    #expect(Set(first) == Set(0..<k))
    let all = try draw("{}", equal, rows: 2000)
    let mean = Double(all.reduce(0, +)) / 2000
    #expect(abs(mean - Double(count - 1) / 2) <= 5 * Double(count) / (12.0 * 2000).squareRoot())
  }

  @Test("a masked class never comes")
  func masked() throws {
    for attributes in ["{}", #"{"top_p": 0.99}"#, #"{"top_k": 2}"#] {
      #expect(Set(try draw(attributes, [-.infinity, 0, -.infinity, 0.5], rows: 2000)) == [1, 3])
    }
  }

  @Test("the same seed draws the same; another seed, another step and another row draw something else")
  func seeds() throws {
    let first = try draw("{}", Self.logits, rows: 500)
    #expect(try draw("{}", Self.logits, rows: 500) == first)
    #expect(try draw("{}", Self.logits, rows: 500, seed: 2) != first)
    #expect(try draw("{}", Self.logits, rows: 500, step: 1) != first)
    #expect(Set(first).count > 3)
    for threads in [1, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let long = try draw(#"{"top_k": 5}"#, [Float](repeating: 0, count: 40_000), rows: 20)
      #expect(try draw(#"{"top_k": 5}"#, [0, 0, 0, 0, 0], rows: 20) == long)
    }
  }

  @Test("a row that says nothing is named", arguments: [[Float.nan, 1], [1, .nan], [.infinity, 1], [-.infinity, -.infinity]])
  func undefined(_ row: [Float]) throws {
    for attributes in ["{}", #"{"top_k": 1}"#] {
      let kind = try Repository.kind("core.sample")
      let json = try #require(try JSONDocument(Array(attributes.utf8), file: "attributes").root.object)
      let runner = try KindRunner(kind, kind.literals(json), inputs: [TensorBuffer([0, 1] + row, shape: [2, 2])])
      let failure = #expect(throws: LayerFailure.self) { try runner.forward() }
      #expect(failure?.words == "row 1 of logits has a NaN, or its largest is infinite: no class can be drawn")
    }
  }
}
