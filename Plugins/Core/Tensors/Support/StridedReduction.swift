import CKernels
import ZooPlugin

/// Which elements of one or two operands each output is made of, and how the work is cut into parts.
final class StridedReduction {
  /// What is summed.
  enum Term: Int32 {
    case first = 0
    case products = 1
    case quotients = 2
    case matches = 3
    case exponentials = 4
  }

  let pointer: UnsafePointer<zoo_reduction>
  private let memory: UnsafeMutablePointer<zoo_reduction>
  let outputs: Int
  let elements: Int
  /// If outputs are few, the elements are cut into blocks instead, whose length does not depend on the number of threads.
  let blocks: Int
  private let block: Int

  /// Reduces `axes` of views of one shape.
  ///
  /// Outputs are in the order of the other axes.
  init(_ views: [View], axes: [Int]) {
    let kept = views[0].shape.indices.filter { !axes.contains($0) }
    memory = .allocate(capacity: 1)
    memory.initialize(
      to: zoo_reduction(kept: zoo_nest(views.map { $0.transposed(kept) }), reduced: zoo_nest(views.map { $0.transposed(axes) })))
    pointer = UnsafePointer(memory)
    outputs = Int(memory.pointee.kept.count)
    elements = Int(memory.pointee.reduced.count)
    if outputs > 0, outputs <= 256, elements >= (1 << 17) / outputs {
      block = max((1 << 16) / outputs, (elements + 1023) / 1024)
      blocks = (elements + block - 1) / block
    } else {
      (block, blocks) = (elements, 1)
    }
  }

  deinit { memory.deallocate() }

  /// The scratch that `sum` and `maximum` want, in bytes.
  var scratch: Int { blocks == 1 ? 0 : blocks * outputs * MemoryLayout<Double>.size }

  /// How many outputs are worth a part of their own.
  var grain: Int { max((1 << 15) / max(elements, 1), 1) }

  /// Writes `scale` times the sums of terms of `a` and `b`, each divided by what `divisor` has in its place.
  func sum(
    _ call: Call, of term: Term = .first, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>? = nil, scale: Double = 1,
    divisor: UnsafePointer<Float>? = nil, into y: UnsafeMutablePointer<Float>, adding: Bool = false, scratch: UnsafeMutableRawPointer?
  ) throws(LayerError) {
    let (reduction, of, b) = (pointer, term.rawValue, b ?? a)
    let finish = zoo_finish(scale: scale, divisor: divisor, accumulates: adding ? 1 : 0)
    if let sums = try blockSums(call, of: term, a, b, scratch: scratch) {
      zoo_sum_blocks(sums, Int64(blocks), Int64(outputs), finish, y)
    } else {
      try call.parallel(outputs, grain: grain) { part, _ in
        zoo_sum(reduction, of, a, b, finish, y, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
  }

  /// The sums of each block in `scratch`, one block's outputs after another's; nil if there is only one block.
  func blockSums(
    _ call: Call, of term: Term, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, scratch: UnsafeMutableRawPointer?
  ) throws(LayerError) -> UnsafeMutablePointer<Double>? {
    guard blocks > 1, let scratch else { return nil }
    let (reduction, of, outputs, elements, block) = (pointer, term.rawValue, outputs, elements, block)
    let sums = scratch.assumingMemoryBound(to: Double.self)
    try call.parallel(blocks) { part, _ in
      for i in part {
        zoo_sums(
          reduction, of, a, b, sums + i * outputs, 0, Int64(outputs), Int64(i * block), Int64(min((i + 1) * block, elements)))
      }
    }
    return sums
  }

  /// Writes the maxima of `a`; NaN where one is among them.
  func maximum(
    _ call: Call, _ a: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer?
  ) throws(LayerError) {
    let (reduction, outputs, elements, block) = (pointer, outputs, elements, block)
    guard blocks > 1, let scratch else {
      return try call.parallel(outputs, grain: grain) { part, _ in
        zoo_max(reduction, a, y, Int64(part.lowerBound), Int64(part.upperBound), 0, Int64(elements))
      }
    }
    let maxima = scratch.assumingMemoryBound(to: Float.self)
    try call.parallel(blocks) { part, _ in
      for i in part {
        zoo_max(reduction, a, maxima + i * outputs, 0, Int64(outputs), Int64(i * block), Int64(min((i + 1) * block, elements)))
      }
    }
    zoo_max_blocks(maxima, Int64(blocks), Int64(outputs), y)
  }
}
