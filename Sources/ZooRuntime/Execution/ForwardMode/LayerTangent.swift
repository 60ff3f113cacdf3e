/// The derivatives of one layer's outputs along some directions, by its backward.
///
/// Backward computes J^T v for any v. That is linear in v, and its transpose is J: element k of J t is <J^T e_k, t>. So a backward for each
/// element of the outputs is enough for any number of directions (`transposed`), and one for each column where rows are independent. That is
/// many. Three guesses cost less:
///
/// - every element of the argument matters to one element of the outputs at most, so that two backwards say to which, and how much:
///   whatever computes every element for itself, pools, means;
/// - the layer is affine in the argument, so that J t is a difference of two forwards, however far apart;
/// - J is symmetric, so that J t is J^T t: whatever computes every element for itself, a softmax.
///
/// A guess c is believed only if <v, c> = <J^T v, t> for three random v (Freivalds 1977, Probabilistic machines can use less running time):
/// one that is wrong by more than rounding passes with a probability of about 10^-12.
struct LayerTangent {
  /// For each direction and output, the derivative; nil: zeros.
  private(set) var results: [[[Float]?]]

  private let layer: LayerProgram
  // For each argument and direction, how it moves; nil: not at all.
  private let moves: [[[Float]?]]
  private let limit: Double
  private var probes: [Probe] = []
  private var secondsOfBackward = 0.0

  /// A random cotangent, and the gradient of each argument that it gives.
  private struct Probe {
    let cotangents: [[Float]?]
    let gradients: [[Float]]
  }

  /// After `layer.forward`, for arguments that move so.
  init(_ layer: LayerProgram, _ moves: [[[Float]?]], limit: Double) throws {
    (self.layer, self.moves, self.limit) = (layer, moves, limit)
    results = (moves.first ?? []).map { _ in layer.outputs.map { _ in nil } }
    var random = SplitMix64(state: 1)
    for _ in 0..<3 {
      let cotangents = layer.outputs.indices.map { o in
        layer.hasCotangent[o] ? (0..<layer.outputs[o].count).map { _ in random.cotangent() } : nil
      }
      let start = monotonicSeconds()
      try layer.backward(from: cotangents)
      secondsOfBackward = monotonicSeconds() - start
      probes.append(Probe(cotangents: cotangents, gradients: layer.arguments.map { Array(layer.gradient(of: $0)) }))
    }
  }

  private var outputs: [Int] { layer.outputs.indices.filter { layer.hasCotangent[$0] } }

  /// Computes `results`.
  mutating func find() throws {
    var left = moves.indices.filter { a in moves[a].contains { $0 != nil } }
    if backwards(of: left) > 2 * left.reduce(0, { $0 + moves[$1].count { $0 != nil } }) {
      left = try left.filter { a in
        let guess = try separate(a) ?? symmetric(a) ?? affine(a)
        for (d, move) in (guess ?? []).enumerated() { if let move { add(move, to: d) } }
        return guess == nil
      }
    }
    if !left.isEmpty { try transpose(left) }
  }

  private mutating func add(_ move: [[Float]?], to d: Int) {
    for o in outputs {
      guard let move = move[o] else { continue }
      results[d][o] = results[d][o].map { zip($0, move).map { $0 + $1 } } ?? move
    }
  }

  // MARK: Guesses

  /// For each direction in which argument `a` moves, J t if every element of it matters to one element of the outputs at most; nil: it is not so.
  private func separate(_ a: Int) throws -> [[[Float]?]?]? {
    let count = outputs.reduce(0) { $0 + layer.outputs[$1].count }
    guard count <= Self.numbered else { return nil }
    func gradient(_ cotangent: (_ element: Int) -> Float) throws -> [Float] {
      var first = 0
      let cotangents = layer.outputs.indices.map { o -> [Float]? in
        guard layer.hasCotangent[o] else { return nil }
        defer { first += layer.outputs[o].count }
        return (0..<layer.outputs[o].count).map { cotangent(first + $0) }
      }
      try layer.backward(from: cotangents)
      return Array(layer.gradient(of: layer.arguments[a]))
    }
    // Where J has one number in a column, J^T 1 is that number, and J^T (1, 2, 3, ...) so many times its row's.
    let slopes = try gradient { _ in 1 }
    let numbers = try gradient { Float($0 + 1) }
    var targets = [Int](repeating: -1, count: slopes.count)
    for i in slopes.indices where slopes[i] != 0 {
      let number = Double(numbers[i]) / Double(slopes[i])
      guard number > 0.5, number < Double(count) + 0.5, (number - number.rounded()).magnitude < 0.1 else { return nil }
      targets[i] = Int(number.rounded()) - 1
    }
    var guess: [[[Float]?]?] = []
    for move in moves[a] {
      guard let move else {
        guess.append(nil)
        continue
      }
      var sums = [Double](repeating: 0, count: count)
      for i in targets.indices where targets[i] >= 0 { sums[targets[i]] += Double(slopes[i]) * Double(move[i]) }
      var rest = sums[...]
      let all = layer.outputs.indices.map { o -> [Float]? in
        guard layer.hasCotangent[o] else { return nil }
        defer { rest = rest.dropFirst(layer.outputs[o].count) }
        return rest.prefix(layer.outputs[o].count).map { Float($0) }
      }
      guard agrees(all, move, a) else { return nil }
      guess.append(all)
    }
    return guess
  }

  // So many elements can be told apart by numbers in f32 that are multiplied and rounded.
  private static let numbered = 1 << 18

  /// The same if J is symmetric; nil: it is not.
  private func symmetric(_ a: Int) throws -> [[[Float]?]?]? {
    guard outputs.count == 1, layer.outputs[outputs[0]].shape == layer.arguments[a].spec.shape else { return nil }
    var guess: [[[Float]?]?] = []
    for move in moves[a] {
      guard let move else {
        guess.append(nil)
        continue
      }
      try layer.backward(from: layer.outputs.indices.map { $0 == outputs[0] ? move : nil })
      let result = Array(layer.gradient(of: layer.arguments[a]))
      let all = layer.outputs.indices.map { $0 == outputs[0] ? result : nil }
      guard agrees(all, move, a) else { return nil }
      guess.append(all)
    }
    return guess
  }

  /// The same if the layer is affine in the argument.
  private func affine(_ a: Int) throws -> [[[Float]?]?]? {
    let values = layer.arguments[a].values
    let start = Array(values)
    defer { _ = values.update(from: start) }
    var guess: [[[Float]?]?] = []
    var isAffine = true
    for move in moves[a] where isAffine {
      guard let move else {
        guess.append(nil)
        continue
      }
      // As far as the argument is large, so that nothing but a straight line passes; a power of two adds no rounding of its own.
      let (size, length) = (start.largest, move.largest)
      let ratio = Double(size > 0 ? size : 1) / Double(length > 0 ? length : 1)
      let step = ratio.isFinite && ratio > 0 ? Float(sign: .plus, exponent: Int(ratio.exponent), significand: 1) : 1
      do throws(LayerFailure) {
        func outputs(_ step: Float) throws(LayerFailure) -> [[Float]?] {
          for i in values.indices { values[i] = start[i] + step * move[i] }
          try layer.forward()
          return layer.outputs.indices.map { layer.hasCotangent[$0] ? Array(layer.floats($0)) : nil }
        }
        let (high, low) = (try outputs(step), try outputs(-step))
        let all = zip(high, low).map { high, low in high.flatMap { high in low.map { zip(high, $0).map { ($0 - $1) / (2 * step) } } } }
        isAffine = agrees(all, move, a)
        guess.append(all)
      } catch {
        isAffine = false  // it refuses such numbers
      }
    }
    _ = values.update(from: start)
    try layer.forward()
    return isAffine ? guess : nil
  }

  /// Whether a guess of J t agrees with what backward says along random cotangents.
  private func agrees(_ guess: [[Float]?], _ move: [Float], _ a: Int) -> Bool {
    probes.allSatisfy { probe in
      var (sum, squares) = (0.0, 0.0)
      func add(_ x: [Float], _ y: [Float], _ sign: Double) {
        for (x, y) in zip(x, y) {
          let product = Double(x) * Double(y)
          sum += sign * product
          squares += product * product
        }
      }
      for o in outputs { if let cotangent = probe.cotangents[o], let guess = guess[o] { add(cotangent, guess, 1) } }
      add(probe.gradients[a], move, -1)
      return sum.magnitude <= Self.rounding * squares.squareRoot()
    }
  }

  // Of sums of products in f32, relative to the root of the sum of their squares.
  private static let rounding = 2e-5

  // MARK: Transposition

  /// Whether one backward gives a column of J t for all rows: of what arguments `a` move.
  private func sharesRows(_ a: [Int]) -> Bool {
    guard layer.isRowIndependent, let rows = layer.outputs[outputs[0]].shape.first, rows > 1 else { return false }
    return outputs.allSatisfy { layer.outputs[$0].shape.first == rows }
      && a.allSatisfy { a in
        if case .input = layer.arguments[a].place { layer.arguments[a].spec.shape.first == rows } else { false }
      }
  }

  /// How many backwards `transpose` takes.
  private func backwards(of a: [Int]) -> Int {
    let elements = outputs.reduce(0) { $0 + layer.outputs[$1].count }
    return sharesRows(a) ? elements / (layer.outputs[outputs[0]].shape.first ?? 1) : elements
  }

  private mutating func transpose(_ a: [Int]) throws {
    let count = backwards(of: a)
    guard Double(count) * secondsOfBackward <= limit else {
      throw TangentError.tooDear(
        layer: layer.node.path, kind: layer.node.kind.name, backwards: count, seconds: Double(count) * secondsOfBackward)
    }
    let found = try transposed(a, rows: sharesRows(a) ? layer.outputs[outputs[0]].shape.first ?? 1 : 1)
    for d in found.indices { add(found[d].map { $0 }, to: d) }
  }

  /// For each direction and output, <J^T e_k, t> for every element k, summed over the arguments `a`; with several rows, for all rows at once.
  private func transposed(_ a: [Int], rows: Int) throws -> [[[Float]?]] {
    var found = results.indices.map { d in
      layer.outputs.indices.map { o in
        layer.hasCotangent[o] && a.contains { moves[$0][d] != nil } ? [Float](repeating: 0, count: layer.outputs[o].count) : nil
      }
    }
    var cotangents: [[Float]?] = layer.outputs.indices.map {
      layer.hasCotangent[$0] ? Array(repeating: 0, count: layer.outputs[$0].count) : nil
    }
    for o in outputs {
      let columns = layer.outputs[o].count / rows
      for column in 0..<columns {
        for row in 0..<rows { cotangents[o]?[row * columns + column] = 1 }
        try layer.backward(from: cotangents)
        for row in 0..<rows { cotangents[o]?[row * columns + column] = 0 }
        for a in a {
          let gradient = layer.gradient(of: layer.arguments[a])
          let width = gradient.count / rows
          for (d, move) in moves[a].enumerated() {
            guard let move else { continue }
            for row in 0..<rows {
              found[d][o]?[row * columns + column] += Float(product(gradient, move, row * width..<(row + 1) * width))
            }
          }
        }
      }
    }
    return found
  }

  private func product(_ x: UnsafeBufferPointer<Float>, _ y: [Float], _ range: Range<Int>) -> Double {
    var sum = 0.0
    for i in range { sum += Double(x[i]) * Double(y[i]) }
    return sum
  }
}

extension [Float] {
  /// The largest magnitude.
  fileprivate var largest: Float { reduce(0) { Swift.max($0, $1.magnitude) } }
}

/// Steele, Lea and Flood's SplitMix64 (2014, doi:10.1145/2714064.2660195).
private struct SplitMix64 {
  var state: UInt64

  /// Of any sign, from 0.5 to 1 in magnitude, so that no element of a product is lost.
  mutating func cotangent() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    let magnitude = 0.5 + Float(z >> 40) * 0x1p-25
    return z & 1 == 0 ? magnitude : -magnitude
  }
}
