import CKernels
public import ZooPlugin

extension LSTM {
  /// What forward reads and writes; an absent state is zeros.
  public struct Sequence {
    let x: UnsafePointer<Float>
    let h: UnsafePointer<Float>?
    let c: UnsafePointer<Float>?
    let y: UnsafeMutablePointer<Float>?
    let lastH: UnsafeMutablePointer<Float>
    let lastC: UnsafeMutablePointer<Float>

    /// x [rows, steps, inputs], h and c [rows, units] and what they become, y [rows, steps, units]; new states may overwrite the old.
    public init(
      x: UnsafePointer<Float>, h: UnsafePointer<Float>?, c: UnsafePointer<Float>?, y: UnsafeMutablePointer<Float>?,
      lastH: UnsafeMutablePointer<Float>, lastC: UnsafeMutablePointer<Float>
    ) {
      (self.x, self.h, self.c, self.y, self.lastH, self.lastC) = (x, h, c, y, lastH, lastC)
    }
  }

  /// What training keeps: the gates [rows, steps, 4 units] and the cells [rows, steps, units].
  public var saved: [Spec] { [Spec([rows, steps, 4 * units]), Spec([rows, steps, units])] }

  /// The scratch that `forward` wants, in bytes.
  public func forwardScratch(isTraining: Bool) -> Int {
    if let large { return large.scratchBytes }
    let states = 3 * Scratch.bytes(floats: rows * units)
    return isTraining ? states + packedBytes : states + Scratch.bytes(floats: rows * steps * 4 * units)
  }

  /// Runs all steps; with `packed`, `weights` are not read.
  public func forward(_ call: Call, _ s: Sequence, packed: UnsafeRawPointer?, weights: @autoclosure () -> Weights) throws(LayerError) {
    if let large, let packed { return try large.forward(s, packed: packed, scratch: call.scratch) }
    var pieces = Scratch(call.scratch)
    let zeros = pieces.take(floats: rows * units)
    var (h, next) = (pieces.take(floats: rows * units), pieces.take(floats: rows * units))
    if s.h == nil || s.c == nil { zeros.update(repeating: 0, count: rows * units) }
    h.update(from: s.h ?? UnsafePointer(zeros), count: rows * units)

    let gates = call.isTraining ? call.saved[0].floats : pieces.take(floats: rows * steps * 4 * units)
    let cells = call.isTraining ? call.saved[1].floats : nil
    let panels = try project(call, s.x, packed: packed, weights: weights, into: gates, scratch: pieces.rest)

    var step = zoo_lstm_step()
    (step.rows, step.units, step.packed) = (Int64(rows), Int64(units), panels)
    (step.gates_row, step.y_row) = (Int64(steps * 4 * units), Int64(steps * units))
    step.c_row = Int64(cells == nil ? units : steps * units)
    (step.c_before, step.c_before_row) = (s.c ?? UnsafePointer(zeros), Int64(units))
    step.keeps_gates = cells == nil ? 0 : 1
    for number in 0..<steps {
      let t = index(of: number)
      (step.h, step.h_next) = (UnsafePointer(h), next)
      step.gates = gates + t * 4 * units
      step.c = cells.map { $0 + t * units } ?? s.lastC
      step.y = s.y.map { $0 + t * units }
      step.goes_down = Int32(number & 1)
      let now = step
      try call.parallel(tasks, grain: grain) { part, _ in
        withUnsafePointer(to: now) { zoo_lstm_forward($0, Int64(part.lowerBound), Int64(part.upperBound)) }
      }
      (step.c_before, step.c_before_row) = (UnsafePointer(step.c), step.c_row)
      swap(&h, &next)
    }

    s.lastH.update(from: h, count: rows * units)
    if let cells {
      for n in 0..<rows {
        (s.lastC + n * units).update(from: cells + (n * steps + index(of: steps - 1)) * units, count: units)
      }
    }
  }

  /// What the input adds to the gates of all steps.
  ///
  /// Returns the panels of the recurrent weight.
  private func project(
    _ call: Call, _ x: UnsafePointer<Float>, packed: UnsafeRawPointer?, weights: () -> Weights, into gates: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) -> UnsafePointer<Float> {
    var pieces = Scratch(packed.map { UnsafeMutableRawPointer(mutating: $0) } ?? scratch)
    let (bias, panels) = (pieces.take(floats: 4 * units), pieces.take(floats: panelFloats))
    if packed != nil {
      try projection.forward(call, x, packed: pieces.rest, weight: weights().x, bias: nil, into: gates, scratch: scratch)
      return UnsafePointer(panels)
    }
    let weights = weights()
    weights.addBiases(count: 4 * units, into: bias)
    try call.parallel(Int(zoo_lstm_panels(Int64(units))), grain: Grain.moving(floats: 4 * units * 48)) { part, _ in
      zoo_lstm_pack_forward(weights.h, Int64(units), Int64(part.lowerBound), Int64(part.upperBound), panels)
    }
    try projection.forward(call, x, packed: nil, weight: weights.x, bias: bias, into: gates, scratch: pieces.rest)
    return UnsafePointer(panels)
  }
}
