import CKernels
public import ZooPlugin

/// Products of matrices, planned once: c[i] = a[i] b[i] for each i of a batch.
///
///     let product = MatMul(m: rows, n: columns, k: depth, batch: heads, transposeB: true)
///     plan.forwardScratch = product.scratchBytes
///     ...
///     try product.execute(call, a.floats, b.floats, into: c.floats, scratch: call.scratch)
///
/// Results are the same bits on any number of threads, and executing allocates nothing.
public struct MatMul: @unchecked Sendable {
  /// How a matrix lies in memory: how many elements further the next row and the next column are.
  public struct Strides: Hashable, Sendable {
    /// From one row to the next, in elements.
    public var row: Int
    /// From one column to the next, in elements.
    public var column: Int

    /// Strides, in elements.
    public init(row: Int, column: Int) {
      self.row = row
      self.column = column
    }

    /// Those of a dense matrix with so many columns, or of its transpose.
    public static func dense(columns: Int, transposed: Bool = false) -> Strides {
      transposed ? Strides(row: 1, column: columns) : Strides(row: columns, column: 1)
    }
  }

  let shape: zoo_gemm
  let bStrides: Strides
  /// Where each product's a and c start.
  let aOffsets: [Int]
  let cOffsets: [Int]
  /// Where each different b starts, and which of them each product takes.
  let bOffsets: [Int]
  let bIndex: [Int]

  /// Products c[i] (m × n) = a[i] (m × k) b[i] (k × n) of dense matrices that lie one behind the other.
  ///
  /// A transposed operand is given as the matrix that it is the transpose of.
  public init(m: Int, n: Int, k: Int, batch: Int = 1, transposeA: Bool = false, transposeB: Bool = false) {
    self.init(
      m: m, n: n, k: k,
      a: .dense(columns: transposeA ? m : k, transposed: transposeA), aOffsets: (0..<batch).map { $0 * m * k },
      b: .dense(columns: transposeB ? k : n, transposed: transposeB), bOffsets: (0..<batch).map { $0 * k * n },
      cRowStride: n, cOffsets: (0..<batch).map { $0 * m * n })
  }

  /// Products of matrices that lie anywhere: product i takes the a that starts `aOffsets[i]` elements into a's tensor, and so on.
  ///
  /// Several may take the same a or b, and none the same c. One of a's strides is 1.
  public init(
    m: Int, n: Int, k: Int, a: Strides, aOffsets: [Int], b: Strides, bOffsets: [Int], cRowStride: Int, cOffsets: [Int]
  ) {
    precondition(a.row == 1 || a.column == 1 || m == 1 || k == 1, "a's strides are \(a)")
    precondition(aOffsets.count == bOffsets.count && bOffsets.count == cOffsets.count, "as many of a, b and c")
    var shape = zoo_gemm()
    (shape.m, shape.n, shape.k) = (Int64(m), Int64(n), Int64(k))
    (shape.a_row, shape.a_step) = (Int64(a.row), Int64(k == 1 ? 1 : a.column))
    shape.c_row = Int64(cRowStride)
    self.aOffsets = aOffsets
    self.cOffsets = cOffsets
    bStrides = b
    var places: [Int: Int] = [:]
    var different: [Int] = []
    var index: [Int] = []
    for offset in bOffsets {
      let place = places[offset] ?? different.count
      if place == different.count {
        places[offset] = place
        different.append(offset)
      }
      index.append(place)
    }
    self.bOffsets = different
    bIndex = index
    self.shape = shape
  }

  /// The scratch that `execute` wants, in bytes.
  public var scratchBytes: Int { bOffsets.count * packedBytes }

  /// The arithmetic of all the products, in operations.
  public var flops: Double { 2 * Double(shape.m) * Double(shape.n) * Double(shape.k) * Double(aOffsets.count) }

  /// The size of one b in panels, in whole cache lines.
  private var packedBytes: Int { (Int(zoo_gemm_packed_count(shape.k, shape.n)) * MemoryLayout<Float>.stride + 63) / 64 * 64 }

  /// Whether b is read where it is: for few rows, a copy would take longer than it saves.
  private var isReadInPlace: Bool { bStrides.column == 1 && shape.m <= 128 }

  /// Writes the products, or adds them to what `c` holds.
  public func execute(
    _ call: Call, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, adds: Bool = false,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    let tasks = Int(zoo_gemm_tasks(shape.m, shape.n))
    guard tasks > 0 else { return }
    let whole = isReadInPlace ? Int(zoo_gemm_whole_panels(shape.n)) : 0
    let packed = Int(zoo_gemm_panels(shape.n)) - whole
    try call.parallel(bOffsets.count * packed, grain: Grain.moving(floats: Int(shape.k) * 48)) { part, _ in
      forEach(part, of: packed) { matrix, range in
        zoo_gemm_pack(
          b + bOffsets[matrix], Int64(bStrides.row), Int64(bStrides.column), shape.k, shape.n,
          Int64(whole) + range.0, Int64(whole) + range.1,
          (scratch + matrix * packedBytes).assumingMemoryBound(to: Float.self))
      }
    }
    try call.parallel(aOffsets.count * tasks, grain: Grain.computing(flops: flops / Double(aOffsets.count * tasks))) { part, _ in
      var gemm = shape
      gemm.accumulates = adds ? 1 : 0
      forEach(part, of: tasks) { product, range in
        gemm.a = a + aOffsets[product]
        gemm.c = c + cOffsets[product]
        if isReadInPlace {
          gemm.b = b + bOffsets[bIndex[product]]
          gemm.b_row = Int64(bStrides.row)
        }
        gemm.packed = UnsafePointer((scratch + bIndex[product] * packedBytes).assumingMemoryBound(to: Float.self))
        zoo_gemm_run(&gemm, range.0, range.1)
      }
    }
  }

  /// Cuts a part of a run of equal pieces at their borders.
  private func forEach(_ part: Range<Int>, of size: Int, _ body: (_ piece: Int, _ range: (Int64, Int64)) -> Void) {
    var at = part.lowerBound
    while at < part.upperBound {
      let piece = at / size
      let end = min((piece + 1) * size, part.upperBound)
      body(piece, (Int64(at - piece * size), Int64(end - piece * size)))
      at = end
    }
  }
}
