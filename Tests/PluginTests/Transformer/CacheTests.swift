import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// A pass in pieces, with caches, is the pass over all tokens.
@Suite struct CacheTests {
  /// What stands in a case: a kind and its attributes.
  struct Case: CustomStringConvertible, Sendable {
    let kind: String
    let attributes: String
    let width: Int
    var description: String { "\(kind) \(attributes) of \(width) channels" }
  }

  static let cases = [
    Case(kind: "transformer.attention", attributes: #"{"heads": 1}"#, width: 5),
    Case(kind: "transformer.attention", attributes: #"{"heads": 3}"#, width: 15),
    Case(kind: "transformer.attention", attributes: #"{"heads": 2, "bias": false}"#, width: 64),
    Case(kind: "transformer.block", attributes: #"{"heads": 3}"#, width: 15),
    Case(kind: "transformer.block", attributes: #"{"heads": 2, "norm_first": false, "activation": "relu", "hidden": 40}"#, width: 10),
  ]

  /// Numbers between -1 and 1 that differ, the same on every call.
  private func numbers(_ shape: [Int], _ seed: Int) -> TensorBuffer {
    TensorBuffer((0..<shape.reduce(1, *)).map { Float((($0 &* 7919 &+ seed &* 104729) % 2003) - 1001) / 1001 }, shape: shape)
  }

  private func scalar(_ value: Int) -> TensorBuffer {
    let tensor = TensorBuffer(Spec([], .i64))
    tensor.bytes.storeBytes(of: Int64(value), as: Int64.self)
    return tensor
  }

  private func runner(_ test: Case, _ inputs: [TensorBuffer?], training: Bool = false, inPlace: Bool = false) throws -> KindRunner {
    let kind = try Repository.kind(test.kind)
    let json = try #require(try JSONDocument(Array(test.attributes.utf8), file: "attributes").root.object)
    let runner = try KindRunner(kind, kind.literals(json), inputs: inputs, training: training, inPlace: inPlace)
    for (i, parameter) in runner.instance.parameters.enumerated() {
      try runner.set(parameter.name, numbers(parameter.spec.shape, 10 + i))
    }
    return runner
  }

  private func slice(_ x: TensorBuffer, from start: Int, count: Int) -> TensorBuffer {
    let (items, tokens, width) = (x.spec.shape[0], x.spec.shape[1], x.spec.shape[2])
    let floats = x.floats
    var rows: [Float] = []
    for item in 0..<items {
      let first = (item * tokens + start) * width
      rows += floats[first..<first + count * width]
    }
    return TensorBuffer(rows, shape: [items, count, width])
  }

  /// y of all tokens, from passes over so many at a time.
  private func decode(_ test: Case, _ x: TensorBuffer, pieces: [Int], capacity: Int, inPlace: Bool) throws -> [Float] {
    let (items, tokens, width) = (x.spec.shape[0], x.spec.shape[1], x.spec.shape[2])
    var (keys, values) = (TensorBuffer(Spec([items, capacity, width])), TensorBuffer(Spec([items, capacity, width])))
    var y = [Float](repeating: .nan, count: items * tokens * width)
    var position = 0
    for count in pieces {
      let runner = try runner(test, [slice(x, from: position, count: count), keys, values, scalar(position)], inPlace: inPlace)
      try runner.pack()
      try runner.forward()
      let part = runner.outputs[0].floats
      for item in 0..<items {
        for i in 0..<count * width { y[(item * tokens + position) * width + i] = part[item * count * width + i] }
      }
      #expect((runner.outputs[1] === keys) == inPlace)
      (keys, values) = (runner.outputs[1], runner.outputs[2])
      position += count
    }
    return y
  }

  @Test("token by token, or a prompt and then single tokens, is the same as all at once", arguments: cases, [false, true])
  func decoding(_ test: Case, _ inPlace: Bool) throws {
    for (items, pieces) in [
      (1, [1, 1, 1, 1, 1, 1, 1]), (3, [1, 1, 1, 1, 1]), (2, [5, 1, 1, 1]), (1, [70, 1, 1]), (2, [3, 40, 2, 1, 60]),
      (1, [193, 1, 65, 1, 1]),
    ] {
      let tokens = pieces.reduce(0, +)
      let x = numbers([items, tokens, test.width], 1)
      let whole = try runner(test, [x])
      try whole.pack()
      try whole.forward()
      for capacity in [tokens, tokens + 33] {
        let y = try decode(test, x, pieces: pieces, capacity: capacity, inPlace: inPlace)
        expectClose(y, whole.outputs[0].floats, tolerance: 1e-5, "\(pieces) of \(items) in caches of \(capacity)")
      }
    }
  }

  @Test("only the new places of a cache are written", arguments: cases)
  func places(_ test: Case) throws {
    let (keys, values) = (numbers([2, 9, test.width], 3), numbers([2, 9, test.width], 4))
    let before = [keys.floats, values.floats]
    let runner = try runner(test, [numbers([2, 2, test.width], 1), keys, values, scalar(4)], inPlace: true)
    try runner.pack()
    try runner.forward()
    for (cache, old) in zip([keys, values], before) {
      let new = cache.floats
      let changed = new.indices.filter { new[$0].bitPattern != old[$0].bitPattern }
      #expect(Set(changed.map { $0 / test.width }) == [4, 5, 13, 14])
    }
  }

  @Test("a token's cost does not grow with what the caches hold, but for the look at it", arguments: cases)
  func cost(_ test: Case) throws {
    func flops(tokens: Int, capacity: Int) throws -> Double {
      let cache = TensorBuffer(Spec([1, capacity, test.width]))
      return try runner(test, [numbers([1, tokens, test.width], 1), cache, cache, scalar(0)]).instance.plan.flops
    }
    let width = Double(test.width)
    let growth = try flops(tokens: 1, capacity: 2000) - flops(tokens: 1, capacity: 1000)
    #expect(growth == 4 * 1000 * width, "a score and a share of the value for each further place")
  }

  @Test("a position at which the tokens do not fit is refused, with both numbers", arguments: cases)
  func position(_ test: Case) throws {
    for (position, tokens) in [(8, 2), (9, 1), (-1, 1), (Int.max, 2)] {
      let cache = TensorBuffer(Spec([1, 9, test.width]))
      let other = TensorBuffer(Spec([1, 9, test.width]))
      let runner = try runner(test, [numbers([1, tokens, test.width], 1), cache, other, scalar(position)])
      try runner.pack()
      let failure = #expect(throws: LayerFailure.self) { try runner.forward() }
      #expect(failure?.words == "position \(position) and \(tokens) tokens more do not fit into caches of 9 places")
    }
  }

  @Test("large attention gives the same bits on one, two and three threads", arguments: cases)
  func threads(_ test: Case) throws {
    var reference: [[UInt32]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let training = try runner(test, [numbers([3, 210, test.width], 1)], training: true)
      try training.forward()
      let gradients = try training.backward([numbers([3, 210, test.width], 2)])
      let inference = try runner(test, [numbers([3, 210, test.width], 1)])
      try inference.pack()
      try inference.forward()
      let bits = (training.outputs + inference.outputs + gradients.inputs.compactMap { $0 } + gradients.parameters.compactMap { $0 })
        .map { $0.floats.map(\.bitPattern) }
      if let reference { #expect(reference == bits, "\(threads) threads give other bits than one") } else { reference = bits }
    }
  }
}
