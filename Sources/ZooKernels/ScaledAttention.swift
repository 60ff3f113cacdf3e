import CKernels
public import ZooPlugin

/// Scaled dot-product attention of many heads, planned once: y = softmax(q kᵀ / sqrt(width)) v for each head of each item of a batch.
///
/// Results are the same bits on any number of threads, no matrix of all scores is ever made, and executing allocates nothing.
public struct ScaledAttention: Sendable {
  /// How the vectors of heads lie in memory: those of one row lie side by side.
  public struct Layout: Hashable, Sendable {
    /// From one row (token) to the next, in elements.
    public var row: Int
    /// From one item of the batch to the next, in elements.
    public var item: Int

    /// Strides, in elements.
    public init(row: Int, item: Int) {
      self.row = row
      self.item = item
    }
  }

  /// Queries, keys and values, by their first elements.
  public struct Operands {
    var q: UnsafePointer<Float>
    var k: UnsafePointer<Float>
    var v: UnsafePointer<Float>

    /// Where the operands start.
    public init(q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>) {
      (self.q, self.k, self.v) = (q, k, v)
    }
  }

  /// The gradients by queries, keys and values, which lie as these do.
  public struct Gradients {
    var q: UnsafeMutablePointer<Float>
    var k: UnsafeMutablePointer<Float>
    var v: UnsafeMutablePointer<Float>

    /// Where the gradients start.
    public init(q: UnsafeMutablePointer<Float>, k: UnsafeMutablePointer<Float>, v: UnsafeMutablePointer<Float>) {
      (self.q, self.k, self.v) = (q, k, v)
    }
  }

  /// With so few queries, copying keys and values into panels would take longer than it saves.
  private static let fewQueries = 2

  private let batch: Int
  private let heads: Int
  private let width: Int
  private let queries: Int
  private let capacity: Int
  private let isCausal: Bool
  private let query: Layout
  private let key: Layout
  private let result: Layout

  /// For `queries` queries of each item, and for `capacity` keys or fewer; `width` is that of a head.
  ///
  /// With `causal`, a query sees the keys up to its own place.
  public init(
    batch: Int, heads: Int, width: Int, queries: Int, capacity: Int, causal: Bool, query: Layout, key: Layout, result: Layout
  ) {
    self.batch = batch
    self.heads = heads
    self.width = width
    self.queries = queries
    self.capacity = capacity
    isCausal = causal
    self.query = query
    self.key = key
    self.result = result
  }

  private var pairs: Int { batch * heads }

  /// How many logarithms of sums forward can leave for backward.
  public var logSumCount: Int { pairs * queries }

  /// The scratch that `forward` wants, in bytes.
  public var forwardScratch: Int {
    queries <= Self.fewQueries
      ? 0 : Scratch.bytes(floats: Int(zoo_attention_packed_count(Int64(pairs), Int64(capacity), Int64(width))))
  }

  private var slotScratch: Int {
    Scratch.bytes(floats: Int(zoo_attention_backward_scratch(Int64(queries), Int64(capacity), Int64(width))))
  }

  /// The scratch that `backward` wants on so many threads, in bytes.
  public func backwardScratch(threads: Int) -> Int { threads * slotScratch }

  /// The arithmetic of forward with all keys, in operations.
  public var flops: Double {
    let seen = Double(capacity) - (isCausal ? Double(queries - 1) / 2 : 0)
    return 4 * Double(pairs) * Double(queries) * seen * Double(width)
  }

  private func kernel(_ operands: Operands, keys: Int, first: Int, y: UnsafeMutablePointer<Float>) -> zoo_attention {
    var a = zoo_attention()
    (a.batch, a.heads, a.width, a.queries, a.keys) = (Int64(batch), Int64(heads), Int64(width), Int64(queries), Int64(keys))
    (a.first, a.causal, a.scale) = (Int64(first), isCausal ? 1 : 0, Float(1 / Double(width).squareRoot()))
    (a.q, a.k, a.v, a.y) = (operands.q, operands.k, operands.v, y)
    (a.q_row, a.q_item) = (Int64(query.row), Int64(query.item))
    (a.k_row, a.k_item) = (Int64(key.row), Int64(key.item))
    (a.y_row, a.y_item) = (Int64(result.row), Int64(result.item))
    return a
  }

  /// Writes y for the first `keys` keys, among which the first query's own is number `first`.
  ///
  /// `logSums` receives what backward needs of the sums.
  public func forward(
    _ call: Call, _ operands: Operands, keys: Int, first: Int = 0, into y: UnsafeMutablePointer<Float>,
    logSums: UnsafeMutablePointer<Float>? = nil, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    var attention = kernel(operands, keys: keys, first: first, y: y)
    attention.log_sums = logSums
    if queries <= Self.fewQueries {
      try call.parallel(pairs * queries, grain: Grain.moving(floats: 2 * keys * width)) { part, _ in
        withUnsafePointer(to: attention) { zoo_attention_rows($0, Int64(part.lowerBound), Int64(part.upperBound)) }
      }
      return
    }
    let packed = scratch.assumingMemoryBound(to: Float.self)
    let packTasks = Int(zoo_attention_pack_tasks(&attention))
    try call.parallel(packTasks, grain: Grain.moving(floats: 4 * pairs * keys * width / packTasks)) { part, _ in
      withUnsafePointer(to: attention) { zoo_attention_pack($0, packed, Int64(part.lowerBound), Int64(part.upperBound)) }
    }
    let tasks = Int(zoo_attention_tasks(&attention))
    try call.parallel(tasks, grain: Grain.computing(flops: flops / Double(tasks))) { part, _ in
      withUnsafePointer(to: attention) { zoo_attention_run($0, packed, Int64(part.lowerBound), Int64(part.upperBound)) }
    }
  }

  /// Writes all three gradients from dy, and from what forward read and wrote with `capacity` keys, the first query's own being the first.
  public func backward(
    _ call: Call, _ operands: Operands, y: UnsafePointer<Float>, logSums: UnsafePointer<Float>, dy: UnsafePointer<Float>,
    into gradients: Gradients, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    var attention = kernel(operands, keys: capacity, first: 0, y: UnsafeMutablePointer(mutating: y))
    attention.log_sums = UnsafeMutablePointer(mutating: logSums)
    let wanted = zoo_attention_gradients(dy: dy, dq: gradients.q, dk: gradients.k, dv: gradients.v)
    try call.parallel(pairs, grain: Grain.computing(flops: 2.5 * flops / Double(pairs))) { part, slot in
      withUnsafePointer(to: attention) { attention in
        withUnsafePointer(to: wanted) { wanted in
          zoo_attention_backward(
            attention, wanted, Int64(part.lowerBound), Int64(part.upperBound),
            (scratch + slot * slotScratch).assumingMemoryBound(to: Float.self))
        }
      }
    }
  }
}
