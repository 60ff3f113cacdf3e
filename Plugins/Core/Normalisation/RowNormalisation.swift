import CKernels
import ZooPlugin

/// A normalisation of rows by their own statistics: what layer and root-mean-square normalisation have in common.
struct RowNormalisation {
  let rows: Int
  let width: Int

  init(rows: Int = 1, width: Int = 1) { (self.rows, self.width) = (rows, width) }

  /// Sums over rows are taken in blocks of so many.
  private static let block = Int(ZOO_NORM_ROWS)

  private var blocks: Int { (rows + Self.block - 1) / Self.block }

  /// The statistics of every row: mean, what rounding took from it, and one over the deviation.
  var norms: Spec { Spec([rows, 3]) }

  /// The plan of a normalisation over the last `axes` axes of `x`.
  func plan(_ x: Spec, axes: Int, parameters: [Parameter]) -> Plan {
    var plan = Plan(outputs: [x], parameters: parameters, saved: [norms])
    plan.neededInputs = [0]
    plan.aliases = [(output: 0, input: 0)]
    plan.backwardScratch = parameters.isEmpty ? 0 : blocks * 2 * width * MemoryLayout<Float>.stride
    plan.isRowIndependent = axes < x.rank
    plan.accumulates = true
    plan.flops = 6 * Double(x.count)
    return plan
  }

  typealias Forward = (
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ norms: UnsafeMutablePointer<zoo_norm>?, _ rows: Int64
  ) -> Void

  /// Calls `kernel` for parts of the rows.
  func forward(_ call: Call, _ kernel: Forward) throws(LayerError) {
    let (x, y, norms) = (call.inputs[0].floats, call.outputs[0].floats, call.saved.optional(0).map(Self.norms))
    try call.rows(rows, of: width) { part in
      let start = part.lowerBound * width
      kernel(x + start, y + start, norms.map { $0 + part.lowerBound }, Int64(part.count))
    }
  }

  typealias Backward =
    @convention(c) (
      UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<zoo_norm>?, UnsafeMutablePointer<Float>?,
      UnsafeMutablePointer<Float>?, Int64, Int64, Int32
    ) -> Void

  /// The gradients by x, and by weight and bias if they are parameters 0 and 1.
  func backward(_ call: Call, _ kernel: Backward, weight: UnsafePointer<Float>?) throws(LayerError) {
    guard let source = call.outputGradients.optional(0) else { return call.clearGradients() }
    let (x, dy, norms) = (call.inputs[0].floats, source.floats, Self.norms(call.saved[0]))
    let dx = call.inputGradients.optional(0)?.floats
    let adds = Int32(call.accumulatesInput(0) ? 1 : 0)
    let parameterGradients = [0, 1].contains { call.parameterGradients.optional($0) != nil }
    let sums = parameterGradients ? call.scratch.assumingMemoryBound(to: Float.self) : nil
    try call.rows(blocks, of: Self.block * width) { part in
      for block in part {
        let first = block * Self.block
        let (start, count) = (first * width, min(Self.block, rows - first))
        kernel(
          x + start, dy + start, weight, norms + first, dx.map { $0 + start }, sums.map { $0 + block * 2 * width }, Int64(count),
          Int64(width), adds)
      }
    }
    guard let sums else { return }
    for i in 0..<call.parameters.count {
      guard let gradient = call.parameterGradients.optional(i) else { continue }
      let (target, adds) = (gradient.floats, Int32(call.accumulatesParameter(i) ? 1 : 0))
      try call.elements(width, grain: Grain.light / max(blocks, 1)) { part in
        zoo_add_blocks(sums + i * width, Int64(blocks), Int64(2 * width), Int64(part.lowerBound), Int64(part.upperBound), target, adds)
      }
    }
  }

  private static func norms(_ tensor: Tensor) -> UnsafeMutablePointer<zoo_norm> {
    UnsafeMutableRawPointer(tensor.floats).assumingMemoryBound(to: zoo_norm.self)
  }
}
