import CHost
import ZooRuntime
package import ZooTypes

/// What this machine does at most on the threads in use.
package struct Ceiling: Sendable {
  /// Operations a second, a multiply-add counted as two.
  package let arithmetic: Double
  /// What they are on: bf16, or f32.
  package let dtype: DType
  /// Bytes a second that are read from memory; 0: there was not enough memory to find out.
  package let reading: Double
  /// The vectors that the arithmetic was done in.
  package let vectorBits: Int

  package init(arithmetic: Double, dtype: DType = .f32, reading: Double, vectorBits: Int) {
    (self.arithmetic, self.dtype, self.reading, self.vectorBits) = (arithmetic, dtype, reading, vectorBits)
  }

  /// Measures it: multiply-adds in registers, then sums over more memory than caches hold, each for a tenth of a second.
  ///
  /// The multiply-adds are of `dtype` if the processor multiplies such numbers, and else of f32.
  package static func measure(_ dtype: DType = .f32) -> Ceiling {
    let isBF16 = dtype == .bf16 && zoo_ceiling_has_bf16() != 0
    let arithmetic = bestRate(limit: 0.1) { zoo_ceiling_arithmetic(4096 * Int64($0), isBF16 ? 1 : 0) }
    let bytes = zoo_ceiling_read_bytes()
    var reading = 0.0
    if let memory = zoo_ceiling_memory(bytes) {
      reading = bestRate(limit: 0.1) { zoo_ceiling_read(memory, bytes, Int64($0)) }
      zoo_ceiling_release(memory, bytes)
    }
    return Ceiling(arithmetic: arithmetic, dtype: isBF16 ? .bf16 : .f32, reading: reading, vectorBits: Int(zoo_ceiling_vector_bits()))
  }

  /// The highest rate at which `burst` works.
  ///
  /// It is given how much to do, in units of its own, and returns the amount of work. Whatever else the machine does slows some bursts
  /// down, so the fastest counts. They are doubled until one takes a fiftieth of `limit` even at that rate, so that neither the clock nor
  /// waking the threads matters, and are then repeated: five times at least, unless all of it takes four times as long as it should.
  package static func bestRate(limit: Double, clock: () -> Double = monotonicSeconds, burst: (Int) -> Double) -> Double {
    let start = clock()
    var (size, best, now) = (1, 0.0, start)
    var whole = 0
    while now - start < limit || (whole < 5 && now - start < 4 * limit) {
      let work = burst(size)
      let end = clock()
      if end > now { best = max(best, work / (end - now)) }
      now = end
      if best == 0 || work / best < limit / 50, size < 1 << 40 {
        size *= 2
      } else {
        whole += 1
      }
    }
    return best
  }

  /// The least time for so much arithmetic and so many bytes from memory, one after the other.
  package func floor(flops: Double, bytes: Int) -> Double {
    (arithmetic > 0 ? flops / arithmetic : 0) + (reading > 0 ? Double(bytes) / reading : 0)
  }
}
