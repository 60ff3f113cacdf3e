import CKernels
import ZooPlugin

/// Rows taken by index from a tensor `[outer, length, row]`, and their gradients put back.
struct Table {
  private var table: zoo_table
  private let indices: Spec

  /// A table before it is planned.
  init() {
    table = zoo_table()
    indices = Spec([0], .i32)
  }

  /// Rows of `x` along `axis`, by as many indices as that has.
  init(_ x: [Int], axis: Int, indices: Spec) {
    self.indices = indices
    table = zoo_table(
      outer: Int64(x[..<axis].reduce(1, *)), length: Int64(x[axis]), row: Int64(x[(axis + 1)...].reduce(1, *)),
      size: Int64(indices.dtype.byteCount), indices: nil, index_count: Int64(indices.count))
  }

  /// Throws if an index is outside `bounds`; the words name it, its position and the bounds.
  func check(_ indices: Tensor, in bounds: Range<Int>) throws(LayerError) {
    let position = zoo_first_outside(table.size, indices.bytes, table.index_count, Int64(bounds.lowerBound), Int64(bounds.upperBound))
    guard position >= 0 else { return }
    var (rest, place) = (Int(position), [Int]())
    for length in self.indices.shape.reversed() {
      place.insert(rest % length, at: 0)
      rest /= length
    }
    let value = zoo_index(table.size, indices.bytes, position)
    throw .data("indices\(place) is \(value), which is not in \(bounds.lowerBound) ... \(bounds.upperBound - 1)")
  }

  /// y[o, i] = x[o, indices[i]].
  func gather(_ call: Call, _ x: UnsafeRawPointer, _ indices: Tensor, element: Int, into y: UnsafeMutableRawPointer) throws(LayerError) {
    guard table.row > 0 else { return }
    var table = table
    table.indices = UnsafeRawPointer(indices.bytes)
    try call.rows(Int(table.outer * table.index_count), of: Int(table.row), grain: 1 << 15) { [table] part in
      withUnsafePointer(to: table) { zoo_gather($0, Int64(element), x, y, Int64(part.lowerBound), Int64(part.upperBound)) }
    }
  }

  /// dx[o, indices[i]] += dy[o, i], in the order of the indices, and 0 for rows of no index unless adding.
  ///
  /// `skipped` adds nothing.
  func scatter(
    _ call: Call, _ dy: UnsafePointer<Float>, _ indices: Tensor, skipped: Int = -1, adding: Bool, into dx: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    guard table.row > 0 else { return }
    var table = table
    table.indices = UnsafeRawPointer(indices.bytes)
    let rows = Int(table.outer * table.length)
    // Each part goes through all indices and picks its own: parts must be few.
    let grain = max((1 << 15) / Int(table.row), (rows + 15) / 16, 1)
    try call.parallel(rows, grain: grain) { [table] part, _ in
      withUnsafePointer(to: table) {
        zoo_scatter_add($0, dy, dx, Int64(skipped), adding ? 1 : 0, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
  }
}
