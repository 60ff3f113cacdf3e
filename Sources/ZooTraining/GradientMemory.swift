import CHost
package import ZooRuntime

/// The gradients of some parameters as whole arrays: measured, scaled, limited, added up.
///
/// Nothing is allocated after `init`, and no result depends on the number of threads.
package final class GradientMemory {
  private struct Span {
    let values: UnsafeMutablePointer<Float>
    let count: Int
    /// What batches before this one have left; nil: an iteration has one batch.
    let sum: UnsafeMutablePointer<Float>?
    let firstBlock: Int
  }

  private let spans: [Span]
  private var blocks: [Double]

  /// Those of the parameters of `store` with these indices; `accumulates`: an iteration adds up several batches.
  package init(_ parameters: [Int], of store: ParameterStore, accumulates: Bool) {
    var spans: [Span] = []
    var blocks = 0
    for range in store.ranges(parameters) {
      spans.append(
        Span(
          values: store.gradient(of: range.first).assumingMemoryBound(to: Float.self), count: range.floats,
          sum: accumulates ? .allocate(capacity: range.floats) : nil, firstBlock: blocks))
      blocks += Int(zoo_square_block_count(Int64(range.floats)))
    }
    self.spans = spans
    self.blocks = Array(repeating: 0, count: blocks)
  }

  deinit { for span in spans { span.sum?.deallocate() } }

  /// The root of the sum of their squares: summed in f64, block by block.
  package func norm() -> Double {
    blocks.withUnsafeMutableBufferPointer { blocks in
      guard let first = blocks.baseAddress else { return 0 }
      for span in spans { zoo_square_blocks(span.values, Int64(span.count), first + span.firstBlock) }
      var sum = 0.0
      for block in blocks { sum += block }
      return sum.squareRoot()
    }
  }

  /// Multiplies all of them.
  package func scale(_ factor: Double) {
    for span in spans { zoo_scale_floats(span.values, Int64(span.count), Float(factor)) }
  }

  /// Multiplies all of them, and brings each between `-limit` and `limit`.
  package func scale(_ factor: Double, limit: Double) {
    for span in spans { zoo_limit_floats(span.values, Int64(span.count), Float(factor), Float(limit)) }
  }

  /// Multiplies all of them, and clips what comes out; by the norm if it is known, which is then `norm`.
  package func scale(_ factor: Double, clip: GradientClip?, norm: Double?) {
    switch clip {
    case .value(let limit): scale(factor, limit: limit)
    case .norm(let limit):
      let factor = norm.map { $0 > limit ? factor * limit / $0 : factor } ?? factor
      if factor != 1 { scale(factor) }
    case nil: if factor != 1 { scale(factor) }
    }
  }

  /// Adds up: after the last batch of an iteration, they are the sum over all.
  func collect(batch: Int, of count: Int) {
    for span in spans {
      guard let sum = span.sum else { continue }
      if batch == count - 1 {
        if count > 1 { zoo_accumulate(span.values, sum, Int64(span.count)) }
      } else if batch == 0 {
        sum.update(from: span.values, count: span.count)
      } else {
        zoo_accumulate(sum, span.values, Int64(span.count))
      }
    }
  }
}
