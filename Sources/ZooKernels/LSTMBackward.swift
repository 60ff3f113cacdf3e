import CKernels
public import ZooPlugin

extension LSTM {
  /// What backward reads: what forward read, what it made, and the derivatives by it; nil: zero, or an absent state.
  public struct Derivatives {
    let x: UnsafePointer<Float>?
    let h: UnsafePointer<Float>?
    let c: UnsafePointer<Float>?
    let y: UnsafePointer<Float>?
    let dy: UnsafePointer<Float>?
    let dh: UnsafePointer<Float>?
    let dc: UnsafePointer<Float>?

    /// x, h, c and y as forward had them, and the derivatives by y and by the last states.
    ///
    /// A single step needs no y.
    public init(
      x: UnsafePointer<Float>?, h: UnsafePointer<Float>?, c: UnsafePointer<Float>?, y: UnsafePointer<Float>?,
      dy: UnsafePointer<Float>?, dh: UnsafePointer<Float>?, dc: UnsafePointer<Float>?
    ) {
      (self.x, self.h, self.c, self.y, self.dy, self.dh, self.dc) = (x, h, c, y, dy, dh, dc)
    }
  }

  /// Where backward writes; nil: not wanted.
  public struct Gradients {
    let x: UnsafeMutablePointer<Float>?
    let h: UnsafeMutablePointer<Float>?
    let c: UnsafeMutablePointer<Float>?
    let weightX: UnsafeMutablePointer<Float>?
    let weightH: UnsafeMutablePointer<Float>?
    let biasX: UnsafeMutablePointer<Float>?
    let biasH: UnsafeMutablePointer<Float>?

    /// By the inputs, then by the parameters in PyTorch's order.
    public init(
      x: UnsafeMutablePointer<Float>?, h: UnsafeMutablePointer<Float>?, c: UnsafeMutablePointer<Float>?,
      weightX: UnsafeMutablePointer<Float>?, weightH: UnsafeMutablePointer<Float>?, biasX: UnsafeMutablePointer<Float>?,
      biasH: UnsafeMutablePointer<Float>?
    ) {
      (self.x, self.h, self.c, self.weightX, self.weightH, self.biasX, self.biasH) = (x, h, c, weightX, weightH, biasX, biasH)
    }
  }

  /// The scratch that `backward` wants, in bytes.
  public var backwardScratch: Int {
    let states = 3 * Scratch.bytes(floats: rows * units) + 2 * Scratch.bytes(floats: rows * 4 * units)
    let sequences = Scratch.bytes(floats: rows * steps * 4 * units) + Scratch.bytes(floats: rows * steps * units)
    let products = [toInput.scratchBytes, toWeightX.scratchBytes, toWeightH.scratchBytes, toBias.scratchBytes]
    return states + sequences + max(Scratch.bytes(floats: panelFloats), products.max() ?? 0)
  }

  /// Back-propagation through all steps.
  public func backward(_ call: Call, _ d: Derivatives, weights: Weights, into gradients: Gradients) throws(LayerError) {
    var pieces = Scratch(call.scratch)
    let slopes = pieces.take(floats: rows * steps * 4 * units)
    try propagate(call, d, weights, gradients, slopes: slopes, pieces: &pieces)

    if let dx = gradients.x { try toInput.execute(call, slopes, weights.x, into: dx, scratch: pieces.rest) }
    if let dweight = gradients.weightX, let x = d.x { try toWeightX.execute(call, slopes, x, into: dweight, scratch: pieces.rest) }
    if let dweight = gradients.weightH {
      let before = pieces.take(floats: rows * steps * units)
      collectStates(d, into: before)
      try toWeightH.execute(call, slopes, before, into: dweight, scratch: pieces.rest)
    }
    if let dbias = gradients.biasX ?? gradients.biasH {
      try toBias.execute(call, slopes, into: dbias, scratch: pieces.rest)
      if let other = gradients.biasH, other != dbias { other.update(from: dbias, count: 4 * units) }
    }
  }

  /// The derivatives by the gates of every step, and by the first states.
  private func propagate(
    _ call: Call, _ d: Derivatives, _ weights: Weights, _ gradients: Gradients, slopes: UnsafeMutablePointer<Float>, pieces: inout Scratch
  ) throws(LayerError) {
    let size = rows * units
    let zeros = pieces.take(floats: size)
    let (spareH, spareC) = (pieces.take(floats: size), pieces.take(floats: size))
    var (now, after) = (pieces.take(floats: 4 * size), pieces.take(floats: 4 * size))
    let panels = pieces.rest.assumingMemoryBound(to: Float.self)  // the products that follow no longer want them
    let (dh, dc) = (gradients.h ?? spareH, gradients.c ?? spareC)
    zeros.update(repeating: 0, count: size)
    dh.update(from: d.dh ?? UnsafePointer(zeros), count: size)
    dc.update(from: d.dc ?? UnsafePointer(zeros), count: size)
    if steps > 1 || gradients.h != nil {
      try call.parallel(Int(zoo_lstm_panels(Int64(units))), grain: Grain.moving(floats: 4 * units * 48)) { part, _ in
        zoo_lstm_pack_backward(weights.h, Int64(units), Int64(part.lowerBound), Int64(part.upperBound), panels)
      }
    }

    let (gates, cells) = (call.saved[0].floats, call.saved[1].floats)
    var step = zoo_lstm_back_step()
    (step.rows, step.units, step.packed) = (Int64(rows), Int64(units), UnsafePointer(panels))
    (step.dh, step.dc) = (dh, dc)
    (step.gates_row, step.c_row, step.dy_row) = (Int64(steps * 4 * units), Int64(steps * units), Int64(steps * units))
    for number in (0..<steps).reversed() {
      let t = index(of: number)
      step.gates = UnsafePointer(gates + t * 4 * units)
      step.c = UnsafePointer(cells + t * units)
      if number > 0 {
        (step.c_before, step.c_before_row) = (UnsafePointer(cells + index(of: number - 1) * units), Int64(steps * units))
      } else {
        (step.c_before, step.c_before_row) = (d.c ?? UnsafePointer(zeros), Int64(units))
      }
      step.dy = d.dy.map { $0 + t * units }
      (step.dz, step.dz_kept) = (now, slopes + t * 4 * units)
      step.goes_down = Int32(number & 1)
      try run(call, step)
      step.dz_after = UnsafePointer(now)
      swap(&now, &after)
    }
    if gradients.h != nil {
      step.gates = nil
      step.goes_down = 1
      try run(call, step)
    }
  }

  private func run(_ call: Call, _ step: zoo_lstm_back_step) throws(LayerError) {
    try call.parallel(tasks, grain: grain) { part, _ in
      withUnsafePointer(to: step) { zoo_lstm_backward($0, Int64(part.lowerBound), Int64(part.upperBound)) }
    }
  }

  /// The state that each step started from: [rows, steps, units].
  private func collectStates(_ d: Derivatives, into before: UnsafeMutablePointer<Float>) {
    for n in 0..<rows {
      let first = before + (n * steps + index(of: 0)) * units
      if let h = d.h { first.update(from: h + n * units, count: units) } else { first.update(repeating: 0, count: units) }
      guard steps > 1, let y = d.y else { continue }
      let sequence = n * steps * units, count = (steps - 1) * units
      (before + sequence + (goesBack ? 0 : units)).update(from: y + sequence + (goesBack ? units : 0), count: count)
    }
  }
}
