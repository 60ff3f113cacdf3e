import CHost
import Testing
import ZooRuntime

/// How activations share one block of memory.
@Suite struct ArenaTests {
  private func overlap(_ a: ArenaBuffer, _ b: ArenaBuffer) -> Bool {
    a.first <= b.last && b.first <= a.last && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes
  }

  @Test("buffers in use at the same time never overlap", arguments: 0..<20)
  func noOverlap(seed: UInt64) {
    var numbers = [UInt32](repeating: 0, count: 300)
    zoo_random_bits(seed, 0, 0, 0, 0, &numbers, 300)
    let buffers = (0..<100).map { i -> ArenaBuffer in
      let start = Int(numbers[3 * i] % 50)
      let buffer = ArenaBuffer(bytes: Int(numbers[3 * i + 1] % 5000), at: start)
      buffer.use(at: start + Int(numbers[3 * i + 2] % 10))
      return buffer
    }
    let arena = Arena(buffers)
    for i in buffers.indices {
      #expect(buffers[i].offset >= 0 && buffers[i].offset % 64 == 0 && buffers[i].offset + buffers[i].bytes <= arena.bytes)
      for j in 0..<i { #expect(!overlap(buffers[i], buffers[j])) }
    }
    // It is never smaller than what is in use at once, and here, where there is no room to choose, hardly larger.
    let peak = (0..<60).map { step in buffers.filter { $0.first <= step && step <= $0.last }.reduce(0) { $0 + $1.bytes } }.max() ?? 0
    #expect(arena.bytes >= peak && arena.peak == peak)
    #expect(arena.bytes <= peak * 9 / 8)
  }

  @Test func aChainNeedsTwoBuffers() {
    // Each value is read by the next layer alone: values 0 -> 1 -> 2 ... live for two steps.
    let buffers = (0..<10).map { i -> ArenaBuffer in
      let buffer = ArenaBuffer(bytes: 1024, at: i)
      buffer.use(at: i + 1)
      return buffer
    }
    #expect(Arena(buffers).bytes == 2048)
  }
}
