/// The examples of an epoch, batch by batch.
struct Batches {
  /// Every example's row, in the order in which they are seen.
  private let order: [Int64]
  /// How many examples each batch has, but for the last one.
  let size: Int
  /// How many batches there are.
  let count: Int

  /// `rows` in batches of `size`; what is left makes a smaller one.
  init(_ rows: [Int64], size: Int) {
    (order, self.size) = (rows, size)
    count = (rows.count + size - 1) / size
  }

  /// As many batches without examples: everything is given whole.
  init(ofNothing count: Int) { (order, size, self.count) = ([], 0, count) }

  /// `rows` as parallel streams of the same length: in batch k, row k of each stream.
  ///
  /// What does not fill the streams is left out.
  init(streams: Int, of rows: [Int64]) {
    let streams = min(streams, rows.count)
    let length = rows.count / max(streams, 1)
    var order: [Int64] = []
    order.reserveCapacity(streams * length)
    for k in 0..<length { for stream in 0..<streams { order.append(rows[stream * length + k]) } }
    (self.order, size, count) = (order, streams, length)
  }

  /// Calls `body` with the rows of batch `index`.
  func withRows<Result>(of index: Int, _ body: (UnsafeBufferPointer<Int64>) throws -> Result) rethrows -> Result {
    let range = min(index * size, order.count)..<min((index + 1) * size, order.count)
    return try order.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[range])) }
  }

  /// Whether batch `index` has these rows.
  func has(_ rows: UnsafeBufferPointer<Int64>, at index: Int) -> Bool { withRows(of: index) { $0.elementsEqual(rows) } }
}
