import CKernels
public import CZoo
public import ZooPlugin

/// y = x weightᵀ + bias with its gradients, planned once for `rows` rows: what a dense layer and every projection is.
///
/// `weight` is [outputs, inputs]. Results are the same bits on any number of threads, and executing allocates nothing.
public final class LinearMap: Sendable {
  let rows: Int
  let inputs: Int
  let outputs: Int
  private let toInput: MatMul
  private let toWeight: MatMul
  private let toBias: ColumnSums
  private let packedFloats: Int

  /// Whether the weight is read where it is: with few rows, the time is that of reading it once, and a copy in another layout would only
  /// take up memory.
  public let isDirect: Bool

  /// Below this, in floats, a weight stays in the caches from call to call, where panels are faster.
  private static let leastDirect = 1 << 20

  /// For x [rows, inputs] and y [rows, outputs]; `mayBeDirect` if `forward` can always read the weight.
  public init(rows: Int, inputs: Int, outputs: Int, mayBeDirect: Bool = false) {
    isDirect = mayBeDirect && rows <= Int(ZOO_GEMV_ROWS) && inputs * outputs >= Self.leastDirect
    self.rows = rows
    self.inputs = inputs
    self.outputs = outputs
    toInput = MatMul(m: rows, n: inputs, k: outputs)
    toWeight = MatMul(m: outputs, n: inputs, k: rows, transposeA: true)
    toBias = ColumnSums(rows: rows, columns: outputs)
    packedFloats = Int(zoo_gemm_packed_count(Int64(inputs), Int64(outputs)))
  }

  /// The arithmetic of one forward, in operations.
  public var flops: Double { 2 * Double(rows) * Double(inputs) * Double(outputs) }

  /// The size of a packed weight and bias, in bytes.
  public var packedBytes: Int { isDirect ? 0 : Scratch.bytes(floats: packedFloats) + Scratch.bytes(floats: outputs) }
  /// The scratch that `forward` wants, in bytes: without `packed` it packs by itself.
  public func forwardScratch(packed: Bool) -> Int { packed ? 0 : packedBytes }
  /// The scratch that `backward` wants, in bytes.
  public var backwardScratch: Int { max(toInput.scratchBytes, toWeight.scratchBytes, toBias.scratchBytes) }

  /// Writes weight and bias in the layout that `forward` likes best; no bias is a bias of zeros.
  public func pack(weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, into packed: UnsafeMutableRawPointer) {
    var pieces = Scratch(packed)
    let panels = pieces.take(floats: packedFloats)
    zoo_gemm_pack(weight, 1, Int64(inputs), Int64(inputs), Int64(outputs), 0, zoo_gemm_panels(Int64(outputs)), panels)
    copy(bias, into: pieces.take(floats: outputs))
  }

  private func copy(_ bias: UnsafePointer<Float>?, into packed: UnsafeMutablePointer<Float>) {
    if let bias { packed.update(from: bias, count: outputs) } else { packed.update(repeating: 0, count: outputs) }
  }

  /// What can be folded into forward.
  public var epilogues: Epilogues { isDirect ? [.all, .add] : [.all, .affine, .add] }

  /// y = epilogue(x weightᵀ + bias + addend); with `packed`, weight and bias are not read.
  public func forward(
    _ call: Call, _ x: UnsafePointer<Float>, packed: UnsafeRawPointer?,
    weight: @autoclosure () -> UnsafePointer<Float>, bias: @autoclosure () -> UnsafePointer<Float>?,
    addend: UnsafePointer<Float>? = nil, epilogue: zoo_epilogue? = nil, into y: UnsafeMutablePointer<Float>,
    rowStride: Int = 0, scratch: @autoclosure () -> UnsafeMutableRawPointer
  ) throws(LayerError) {
    if isDirect {
      let (weight, bias) = (weight(), bias())
      return try call.parallel(outputs, grain: Grain.moving(floats: inputs)) { part, _ in
        withUnsafePointer(to: epilogue ?? zoo_epilogue()) { last in
          var product = zoo_gemv(
            rows: Int64(rows), inputs: Int64(inputs), x: x, w: weight, bias: bias, addend: addend, y: y,
            y_row: Int64(rowStride == 0 ? outputs : rowStride), epilogue: last)
          zoo_gemv_run(&product, Int64(part.lowerBound), Int64(part.upperBound))
        }
      }
    }
    var pieces = Scratch(packed.map { UnsafeMutableRawPointer(mutating: $0) } ?? scratch())
    let (panels, packedBias) = (pieces.take(floats: packedFloats), pieces.take(floats: outputs))
    if packed == nil {
      let weight = weight()
      try call.parallel(Int(zoo_gemm_panels(Int64(outputs))), grain: Grain.moving(floats: inputs * 48)) { part, _ in
        zoo_gemm_pack(
          weight, 1, Int64(inputs), Int64(inputs), Int64(outputs), Int64(part.lowerBound), Int64(part.upperBound), panels)
      }
      copy(bias(), into: packedBias)
    }
    try call.parallel(taskCount, grain: taskGrain) { part, _ in
      run(part, x, packed: UnsafeRawPointer(panels), addend: addend, epilogue: epilogue, into: y, rowStride: rowStride)
    }
  }

  /// The independent parts of forward.
  public var taskCount: Int { Int(zoo_gemm_tasks(Int64(rows), Int64(outputs))) }

  /// How many of them are worth a thread: with few rows, the time is that of reading the weight.
  public var taskGrain: Int {
    min(Grain.computing(flops: flops / Double(taskCount)), Grain.moving(floats: packedFloats / taskCount))
  }

  /// Parts of forward, from what `pack` wrote; rows of y are `rowStride` floats apart, if that is not 0.
  public func run(
    _ part: Range<Int>, _ x: UnsafePointer<Float>, packed: UnsafeRawPointer, addend: UnsafePointer<Float>? = nil,
    epilogue: zoo_epilogue? = nil, into y: UnsafeMutablePointer<Float>, rowStride: Int = 0
  ) {
    var pieces = Scratch(UnsafeMutableRawPointer(mutating: packed))
    let (panels, bias) = (pieces.take(floats: packedFloats), pieces.take(floats: outputs))
    withUnsafePointer(to: epilogue ?? zoo_epilogue()) { last in
      var gemm = zoo_gemm()
      (gemm.m, gemm.n, gemm.k) = (Int64(rows), Int64(outputs), Int64(inputs))
      (gemm.a_row, gemm.a_step, gemm.c_row) = (Int64(inputs), 1, Int64(rowStride == 0 ? outputs : rowStride))
      (gemm.a, gemm.packed, gemm.bias, gemm.c) = (x, UnsafePointer(panels), UnsafePointer(bias), y)
      (gemm.addend, gemm.epilogue) = (addend, last)
      zoo_gemm_run(&gemm, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }

  /// The gradients that are wanted, from dy [rows, outputs].
  public func backward(
    _ call: Call, x: UnsafePointer<Float>?, weight: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>?,
    dweight: UnsafeMutablePointer<Float>?, dbias: UnsafeMutablePointer<Float>?, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    if let dx { try toInput.execute(call, dy, weight, into: dx, scratch: scratch) }
    if let dweight, let x { try toWeight.execute(call, dy, x, into: dweight, scratch: scratch) }
    if let dbias { try toBias.execute(call, dy, into: dbias, scratch: scratch) }
  }
}
