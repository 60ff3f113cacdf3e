import CHost
import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// What the fixtures of the tensor kinds leave out: tensors so large that they are cut into parts, and empty ones.
@Suite struct TensorKindTests {
  /// Numbers that differ, the same on every call.
  ///
  /// They have one sign, so that sums are known as precisely as their terms.
  private func numbers(_ shape: [Int], _ seed: Int = 1) -> TensorBuffer {
    TensorBuffer((0..<shape.reduce(1, *)).map { Float((($0 &* 7919 &+ seed &* 104729) % 2003) + 500) / 1001 }, shape: shape)
  }

  private func runner(_ kind: String, _ attributes: String, _ inputs: [TensorBuffer]) throws -> KindRunner {
    let info = try Repository.kind(kind)
    let json = try #require(try JSONDocument(Array(attributes.utf8), file: kind).root.object)
    return try KindRunner(info, info.literals(json), inputs: inputs, training: true)
  }

  @Test(
    "sums over more than one block agree with sums in double precision, the same bits on one, two and three threads",
    arguments: [([200_003], "{}"), ([50_021, 3], #"{"axes": 0}"#), ([2, 40_009, 2], #"{"axes": 1}"#), ([3, 70_001], #"{"axes": 1}"#)])
  func blocks(_ shape: [Int], _ attributes: String) throws {
    let x = numbers(shape)
    let elements = x.floats
    // The tensor is [outer, reduced, columns].
    let reduced = shape.max() ?? 1
    let columns = shape.last == reduced ? 1 : shape.last ?? 1
    var (sums, maxima, exponentials) = ([Double](), [Double](), [Double]())
    for output in 0..<(x.spec.count / reduced) {
      let start = output / columns * reduced * columns + output % columns
      let values = (0..<reduced).map { Double(elements[start + $0 * columns]) }
      sums.append(values.reduce(0, +))
      maxima.append(values.max() ?? 0)
      exponentials.append(values.map { exponential($0) }.reduce(0, +))
    }
    let expected: [(String, [Float])] = [
      ("core.sum", sums.map { Float($0) }), ("core.mean", sums.map { Float($0 / Double(reduced)) }), ("core.max", maxima.map { Float($0) }),
    ]
    for (kind, values) in expected {
      try expectOnAnyThreads {
        try runner(kind, attributes, [x])
      } check: {
        expectClose($0.floats, values, tolerance: 2e-7, kind)
      }
    }
    try expectOnAnyThreads {
      try runner("core.logsumexp", attributes, [x])
    } check: { y in
      expectClose(y.floats.map { Float(exponential(Double($0))) }, exponentials.map { Float($0) }, tolerance: 1e-5, "logsumexp")
    }
  }

  @Test(
    "the gradient of a row that is added to many is the sum over them, in blocks too",
    arguments: [(50_021, 3), (2_003, 70), (301, 700), (140_000, 1)])
  func broadcastGradient(_ rows: Int, _ width: Int) throws {
    let (a, b) = (numbers([rows, width]), numbers([width], 2))
    for (kind, factor) in [("core.add", Float(1)), ("core.subtract", -1)] {
      let layer = try runner(kind, "{}", [a, b])
      let dy = numbers([rows, width], 3)
      let given = dy.floats
      var expected = [Double](repeating: 0, count: width)
      for i in given.indices { expected[i % width] += Double(factor * given[i]) }
      try expectGradientsOnAnyThreads(layer, dy) { gradients in
        expectClose(gradients[1].floats, expected.map { Float($0) }, tolerance: 2e-7, kind)
        #expect(gradients[0].floats == dy.floats)
      }
    }
    let layer = try runner("core.multiply", "{}", [a, b])
    let dy = numbers([rows, width], 3)
    let (given, factors) = (dy.floats, a.floats)
    var expected = [Double](repeating: 0, count: width)
    for i in given.indices { expected[i % width] += Double(factors[i]) * Double(given[i]) }
    try expectGradientsOnAnyThreads(layer, dy) { gradients in
      expectClose(gradients[1].floats, expected.map { Float($0) }, tolerance: 2e-7, "core.multiply")
    }
  }

  @Test("large copies, look-ups and products are the same on one, two and three threads")
  func largeMoves() throws {
    let wide = numbers([517, 389])
    let x = wide.floats
    var turned: [Float] = []
    for column in 0..<389 { turned += (0..<517).map { x[$0 * 389 + column] } }
    try expectOnAnyThreads {
      try runner("core.transpose", "{}", [wide])
    } check: {
      #expect($0.floats == turned)
    }
    var twice: [Float] = []
    for row in 0..<517 { for _ in 0..<2 { twice += x[(row * 389)..<(row * 389 + 389)] } }
    try expectOnAnyThreads {
      try runner("core.concat", "{}", [wide, wide])
    } check: {
      #expect($0.floats == twice)
    }
    let places = (0..<3001).map { Int32($0 * 37 % 517) }
    let indices = TensorBuffer(Spec([3001], .i32), bytes: UnsafeRawBufferPointer(places.withUnsafeBytes { $0 }))
    let gather = try runner("core.gather", "{}", [wide, indices])
    let taken = places.flatMap { x[(Int($0) * 389)..<(Int($0) * 389 + 389)] }
    try expectOnAnyThreads {
      gather
    } check: {
      #expect($0.floats == taken)
    }
    let dy = numbers([3001, 389], 5)
    var expected = [Float](repeating: 0, count: 517 * 389)
    let given = dy.floats
    for (i, place) in places.enumerated() {
      for j in 0..<389 { expected[Int(place) * 389 + j] += given[i * 389 + j] }
    }
    try expectGradientsOnAnyThreads(gather, dy) { #expect($0[0].floats == expected) }

    let (a, b) = (numbers([150, 389]), numbers([389, 170], 2))
    try expectOnAnyThreads {
      try runner("core.matmul", "{}", [a, b])
    } check: { y in
      let (row, matrix) = (a.floats[(149 * 389)...], b.floats)
      var element = 0.0
      for (i, value) in row.enumerated() { element += Double(value) * Double(matrix[i * 170 + 3]) }
      expectClose([y.floats[149 * 170 + 3]], [Float(element)])
    }
  }

  @Test("empty tensors give what is left of them")
  func empty() throws {
    func output(_ kind: String, _ attributes: String, _ inputs: [TensorBuffer]) throws -> TensorBuffer {
      let layer = try runner(kind, attributes, inputs)
      try layer.forward()
      let gradients = try layer.backward([TensorBuffer(layer.outputs[0].spec)]).inputs
      #expect(gradients.compactMap { $0 }.allSatisfy { $0.floats.allSatisfy { $0 == 0 } })
      return layer.outputs[0]
    }
    let none = TensorBuffer([], shape: [0, 3])
    #expect(try output("core.sum", #"{"axes": 0}"#, [none]).floats == [0, 0, 0])
    #expect(try output("core.add", "{}", [none, numbers([3])]).spec.shape == [0, 3])
    #expect(try output("core.scale", "{}", [none]).spec.shape == [0, 3])
    #expect(try output("core.transpose", "{}", [none]).spec.shape == [3, 0])
    #expect(try output("core.reshape", #"{"shape": [3, 0]}"#, [numbers([3, 2])]).spec.shape == [3, 2])
    #expect(try output("core.concat", #"{"axis": 0}"#, [none, numbers([1, 3])]).floats == numbers([1, 3]).floats)
    #expect(try output("core.pad", #"{"amounts": [1, 0, 0, 0], "value": 2}"#, [none]).floats == [2, 2, 2])
    #expect(try output("core.matmul", "{}", [numbers([2, 3]), TensorBuffer([], shape: [3, 0])]).spec.shape == [2, 0])
    #expect(try output("core.matmul", "{}", [TensorBuffer([], shape: [2, 0]), TensorBuffer([], shape: [0, 2])]).floats == [0, 0, 0, 0])
    #expect(try output("core.einsum", #"{"equation": "ij->j"}"#, [none]).floats == [0, 0, 0])
    let indices = TensorBuffer(Spec([0], .i64))
    #expect(try output("core.gather", "{}", [numbers([2, 3]), indices]).spec.shape == [0, 3])
  }

  @Test("what only changes the shape may share its input's memory, and so may a result that has an operand's shape")
  func aliases() throws {
    let x = numbers([2, 3])
    func sharing(_ kind: String, _ attributes: String, _ inputs: [TensorBuffer]) throws -> [Int32] {
      let layer = try runner(kind, attributes, inputs)
      return withExtendedLifetime(layer) { (0..<Int(layer.instance.plan.alias_count)).map { layer.instance.plan.aliases[2 * $0 + 1] } }
    }
    #expect(try sharing("core.reshape", #"{"shape": 6}"#, [x]) == [0])
    #expect(try sharing("core.flatten", #"{"start_axis": 0}"#, [x]) == [0])
    #expect(try sharing("core.scale", "{}", [x]) == [0])
    #expect(try sharing("core.add", "{}", [x, x]) == [0, 1])
    #expect(try sharing("core.add", "{}", [numbers([3]), x]) == [1])
    #expect(try sharing("core.transpose", "{}", [x]) == [])
  }

  private func expectOnAnyThreads(_ make: () throws -> KindRunner, check: (TensorBuffer) -> Void) throws {
    var bits: [UInt32]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      let layer = try make()
      try layer.forward()
      let new = layer.outputs[0].floats.map(\.bitPattern)
      if let bits { #expect(bits == new, "\(threads) threads give other bits than one") } else { check(layer.outputs[0]) }
      bits = new
    }
  }

  private func expectGradientsOnAnyThreads(_ layer: KindRunner, _ dy: TensorBuffer, _ check: ([TensorBuffer]) -> Void) throws {
    var bits: [[UInt32]]?
    for threads in [1, 2, 3] {
      Threads.count = threads
      defer { Threads.count = 0 }
      try layer.forward()
      let gradients = try layer.backward([dy]).inputs.compactMap { $0 }
      let new = gradients.map { $0.floats.map(\.bitPattern) }
      if let bits { #expect(bits == new, "\(threads) threads give other bits than one") } else { check(gradients) }
      bits = new
    }
  }
}

/// e^x by its series, so that the test needs no library: arguments here are small.
private func exponential(_ x: Double) -> Double {
  let half = x / 1024
  var (sum, term) = (1.0, 1.0)
  for i in 1...12 {
    term *= half / Double(i)
    sum += term
  }
  return (0..<10).reduce(sum) { power, _ in power * power }
}
