/// A piece of memory that is used from one step of a program to another.
package final class ArenaBuffer {
  package let bytes: Int
  /// The first and the last step that touches it.
  package private(set) var first: Int
  package private(set) var last: Int
  /// Where it lies; -1 until the arena is laid out.
  package var offset: Int { whole.map { $0.buffer.offset + $0.offset } ?? place }
  fileprivate var place = -1
  /// What it is a part of, and where; nil: it lies by itself.
  private let whole: (buffer: ArenaBuffer, offset: Int)?
  /// Whether it lies on the tape: what one iteration of a loop keeps for its backward, apart from the arena.
  package private(set) var isOnTape = false

  package init(bytes: Int, at step: Int) {
    self.bytes = (max(bytes, 1) + 63) / 64 * 64
    first = step
    last = step
    whole = nil
  }

  /// A part of another, which is kept for as long.
  init(in whole: ArenaBuffer, at offset: Int) {
    (bytes, first, last) = (whole.bytes - offset, whole.first, whole.last)
    self.whole = (whole, offset)
  }

  /// Puts it on a tape, so far from where each iteration's part begins.
  func place(onTapeAt offset: Int) {
    isOnTape = true
    place = offset
  }

  /// Keeps it for a step.
  package func use(at step: Int) {
    whole?.buffer.use(at: step)
    first = min(first, step)
    last = max(last, step)
  }

  /// Whether both are in use at some step.
  fileprivate func isUsed(with other: ArenaBuffer) -> Bool { first <= other.last && other.first <= last }
}

/// Lays buffers out in one block so that those used at the same time do not overlap.
///
/// Greedy: one after the other, each at the lowest offset that is free for its whole life (Pisarchyk & Lee 2020, arXiv:2001.03288). Several
/// orders are tried until one needs no more than what is in use at once; if none does, the best is improved by moving forward what sticks
/// out, within a bound on the work.
package struct Arena {
  /// The size of the block.
  package let bytes: Int
  /// The most that is in use at one step: no arrangement takes less.
  package let peak: Int

  package init(_ buffers: [ArenaBuffer]) {
    let peak = Self.peak(buffers)
    var best = FirstFit(of: buffers, in: [])
    for order in Self.orders(buffers) {
      let placement = FirstFit(of: buffers, in: order)
      if best.order.isEmpty || placement.bytes < best.bytes { best = placement }
      if best.bytes == peak { break }
    }
    best.improve(buffers, downTo: peak)
    for (buffer, offset) in zip(buffers, best.offsets) { buffer.place = offset }
    (bytes, self.peak) = (best.bytes, peak)
  }

  private static func peak(_ buffers: [ArenaBuffer]) -> Int {
    // What is in use grows only where a buffer begins.
    var begins: [Int: Int] = [:]
    var ends: [Int: Int] = [:]
    for buffer in buffers {
      begins[buffer.first, default: 0] += buffer.bytes
      ends[buffer.last + 1, default: 0] += buffer.bytes
    }
    var (used, peak) = (0, 0)
    for step in Set(begins.keys).union(ends.keys).sorted() {
      used += begins[step, default: 0] - ends[step, default: 0]
      peak = max(peak, used)
    }
    return peak
  }

  /// The orders that do well on networks: the largest first, those in use longest first, by both at once, and as they come.
  private static func orders(_ buffers: [ArenaBuffer]) -> [[Int]] {
    func sorted(_ key: (ArenaBuffer) -> (Int, Int)) -> [Int] {
      let keys = buffers.map(key)
      return buffers.indices.sorted { (keys[$0].0, keys[$0].1, $0) < (keys[$1].0, keys[$1].1, $1) }
    }
    func life(_ buffer: ArenaBuffer) -> Int { buffer.last - buffer.first + 1 }
    func area(_ buffer: ArenaBuffer) -> Int { buffer.bytes.multipliedReportingOverflow(by: life(buffer)).partialValue }
    return [
      sorted { (-$0.bytes, $0.first) }, sorted { (-life($0), -$0.bytes) }, sorted { (-area($0), $0.first) },
      sorted { ($0.first, -$0.bytes) },
    ]
  }
}

/// Where buffers lie when they are placed one after the other.
private struct FirstFit {
  private(set) var order: [Int]
  private(set) var offsets: [Int]
  private(set) var bytes = 0

  init(of buffers: [ArenaBuffer], in order: [Int]) {
    self.order = order
    offsets = Array(repeating: 0, count: buffers.count)
    var placed: [Int] = []  // by offset
    placed.reserveCapacity(order.count)
    for index in order {
      let buffer = buffers[index]
      var offset = 0
      for other in placed where buffers[other].isUsed(with: buffer) {
        if offsets[other] >= offset + buffer.bytes { break }
        offset = max(offset, offsets[other] + buffers[other].bytes)
      }
      offsets[index] = offset
      bytes = max(bytes, offset + buffer.bytes)
      placed.insert(index, at: placed.firstIndex { offsets[$0] > offset } ?? placed.count)
    }
  }

  /// Moves what ends highest, and as often anything else, before something that it is in use with, and keeps what is no worse.
  mutating func improve(_ buffers: [ArenaBuffer], downTo peak: Int) {
    let attempts = min(4000, Self.work / max(order.count * order.count, 1))
    var random: UInt64 = 1
    func choose(_ count: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407  // Knuth's MMIX
      return Int((random >> 33) % UInt64(count))
    }
    var current = self
    for _ in 0..<attempts where bytes > peak {
      let highest = current.order.indices.filter { i in
        current.offsets[current.order[i]] + buffers[current.order[i]].bytes == current.bytes
      }
      // What stands out may be there because of what others took; without those, small buffers would stay between large ones.
      let top = highest[choose(highest.count)]
      let from = choose(2) == 0 ? choose(current.order.count) : top
      let buffer = buffers[current.order[from]]
      let before = current.order.indices[..<from].filter { buffers[current.order[$0]].isUsed(with: buffer) }
      if before.isEmpty { continue }
      var order = current.order
      order.insert(order.remove(at: from), at: before[choose(before.count)])
      let moved = FirstFit(of: buffers, in: order)
      if moved.bytes <= current.bytes { current = moved }
      if current.bytes < bytes { self = current }
    }
  }

  // Pairs of buffers that may be looked at: a few milliseconds.
  private static let work = 2_000_000
}
