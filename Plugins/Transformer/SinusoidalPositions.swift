import Glibc
import ZooKernels
import ZooPlugin

/// Adds to each token waves of many lengths at its place, from which places and distances can be read.
///
///     y[n, t, 2 i] = x[n, t, 2 i] + sin(p / 10000^(2 i / C)), y[n, t, 2 i + 1] = x[n, t, 2 i + 1] + cos(p / 10000^(2 i / C))
///     p = position + t
///
/// - Shapes: `x` and `y` are `[N, T, C]`; `position` and `next` = position + T are scalars, so that a stream can carry its place.
/// - Reference: Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>.
struct SinusoidalPositions: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "transformer.sinusoidal_positions", "Adds to each token waves of many lengths at its place.",
      formula: "y[n, t, 2 i] = x[n, t, 2 i] + sin(p / 10000^(2 i / C)), y[n, t, 2 i + 1] = x[n, t, 2 i + 1] + cos(p / 10000^(2 i / C)), "
        + "p = position + t, next = position + T",
      reference: "Vaswani et al. 2017, arXiv:1706.03762",
      inputs: [
        Port("x", "[N, T, C]"),
        Port("position", "[]", "The place of the first token, of i64; 0 if absent.", [.optional, .notDifferentiable]),
      ],
      outputs: [Port("y", "[N, T, C]"), Port("next", "[]", "The place after the last token, of i64.", .notDifferentiable)])
  }

  private var items = 1
  private var tokens = 1
  private var width = 1
  private var hasPosition = false
  private var waves = Waves(width: 1)
  /// The waves of the first T places, `[T, C]`; with a position, they are computed when it is known.
  private var table: [Float] = []

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 3...3)
    guard x.count > 0 else { throw .shape("x must not be empty, but its shape is \(x.shape)") }
    hasPosition = request.optional(1) != nil
    if hasPosition, request[1] != Spec([], .i64) { throw .dtype("position must be an i64 scalar, but it is \(request[1])") }
    (items, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
    // A table of more is a mistake: a gigabyte.
    guard max(tokens, 1) * max(width, 1) <= 1 << 28 else {
      throw .shape("\(tokens) places of \(width) channels are too many: at most 2^28 numbers")
    }
    waves = Waves(width: width)
    var plan = Plan(outputs: [x, Spec([], .i64)])
    plan.aliases = [(output: 0, input: 0)] + (hasPosition ? [(output: 1, input: 1)] : [])
    if hasPosition {
      plan.forwardScratch = tokens * width * MemoryLayout<Float>.stride
    } else {
      table = [Float](repeating: 0, count: tokens * width)
      table.withUnsafeMutableBufferPointer { table in
        if let start = table.baseAddress { waves.write(places: 0..<tokens, from: 0, into: start) }
      }
    }
    plan.flops = Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let position = hasPosition ? call.inputs[1].pointer(to: Int64.self).pointee : 0
    let (next, overflows) = position.addingReportingOverflow(Int64(tokens))
    guard position >= 0, !overflows else { throw .data("position must be from 0 to 2^63 - 1 - \(tokens), but it is \(position)") }
    call.outputs[1].pointer(to: Int64.self).pointee = next
    let (x, y) = (call.inputs[0].floats, call.outputs[0].floats)
    if hasPosition {
      let places = call.scratch.assumingMemoryBound(to: Float.self)
      try call.parallel(tokens, grain: max(1, 2000 / width)) { part, _ in waves.write(places: part, from: position, into: places) }
      try add(call, x, places, into: y)
    } else {
      var failure: LayerError?
      table.withUnsafeBufferPointer { table in
        guard let start = table.baseAddress else { return }
        do throws(LayerError) { try add(call, x, start, into: y) } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }

  private func add(
    _ call: Call, _ x: UnsafePointer<Float>, _ places: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    let width = width
    try call.parallel(items * tokens, grain: Grain.moving(floats: 3 * width)) { part, _ in
      for row in part {
        let (x, y, wave) = (x + row * width, y + row * width, places + row % tokens * width)
        for i in 0..<width { y[i] = x[i] + wave[i] }
      }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try call.parallel(items * tokens, grain: Grain.moving(floats: 2 * width)) { part, _ in
      (dx + part.lowerBound * width).update(from: dy + part.lowerBound * width, count: part.count * width)
    }
  }
}

/// Sines and cosines of places, in double precision until they are stored.
private struct Waves {
  private let width: Int
  /// How far each pair of channels turns from one place to the next, in radians.
  private let turns: [Double]

  init(width: Int) {
    self.width = width
    turns = (0..<(width + 1) / 2).map { pow(10000, -2 * Double($0) / Double(width)) }
  }

  /// Writes the rows `places` of `[T, C]`, where row t has the waves of place `start` + t.
  func write(places: Range<Int>, from start: Int64, into rows: UnsafeMutablePointer<Float>) {
    turns.withUnsafeBufferPointer { turns in
      for t in places {
        let (place, row) = (Double(start) + Double(t), rows + t * width)
        for i in 0..<turns.count {
          let angle = place * turns[i]
          row[2 * i] = Float(sin(angle))
          if 2 * i + 1 < width { row[2 * i + 1] = Float(cos(angle)) }
        }
      }
    }
  }
}
