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
}

/// Lays buffers out in one block so that those used at the same time do not overlap.
///
/// Greedy by size: the largest first, each at the lowest offset that is free for its whole life (Pisarchyk & Lee 2020,
/// arXiv:2001.03288).
package struct Arena {
  /// The size of the block.
  package private(set) var bytes = 0

  package init(_ buffers: [ArenaBuffer]) {
    var placed: [ArenaBuffer] = []  // by offset
    let order = buffers.indices.sorted { (-buffers[$0].bytes, buffers[$0].first, $0) < (-buffers[$1].bytes, buffers[$1].first, $1) }
    for buffer in order.map({ buffers[$0] }) {
      var offset = 0
      for other in placed where other.first <= buffer.last && buffer.first <= other.last {
        if other.offset >= offset + buffer.bytes { break }
        offset = max(offset, other.offset + other.bytes)
      }
      buffer.place = offset
      bytes = max(bytes, offset + buffer.bytes)
      placed.insert(buffer, at: placed.firstIndex { $0.offset > offset } ?? placed.count)
    }
  }
}
