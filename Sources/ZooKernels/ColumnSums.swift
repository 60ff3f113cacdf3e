import CKernels
public import ZooPlugin

/// Sums down the columns of a matrix, planned once: what a bias gets of the gradient.
public struct ColumnSums: Sendable {
  let rows: Int
  let columns: Int

  /// For matrices of so many rows and columns.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  private var chunks: Int { Int(zoo_column_chunks(Int64(rows))) }

  /// The scratch that `execute` wants, in bytes.
  public var scratchBytes: Int { Scratch.bytes(floats: 2 * chunks * columns) }

  /// Writes the sums of `matrix`'s columns.
  public func execute(
    _ call: Call, _ matrix: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    let partial = scratch.assumingMemoryBound(to: Double.self)
    try call.parallel(chunks, grain: Grain.moving(floats: rows * columns / chunks)) { part, _ in
      zoo_column_sums(matrix, Int64(rows), Int64(columns), partial, Int64(part.lowerBound), Int64(part.upperBound))
    }
    zoo_column_total(partial, Int64(rows), Int64(columns), sums)
  }
}
