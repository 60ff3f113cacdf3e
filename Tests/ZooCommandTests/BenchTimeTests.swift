import Glibc
import Testing
import ZooCommand

/// A clock of a test's own.
private final class FakeClock {
  private(set) var now = 100.0

  func pass(_ seconds: Double) { now += seconds }
}

/// When timing stops, and what it makes of what it has taken.
@Suite struct TimingTests {
  @Test func quantilesLieBetweenNeighbours() {
    let timings = Timings([4, 1, 3, 2, 10])
    #expect(timings.minimum == 1)
    #expect(timings.median == 3)
    #expect(timings.quantile(0.125) == 1.5)  // half-way from the first to the second
    #expect(timings.quantile(0.875) == 7)  // half-way from 4 to 10
    #expect(timings.spread == (4.0 - 2.0) / 3)
    #expect(timings.count == 5)
    #expect(Timings([7]).quantile(0.9) == 7)
  }

  // Of n runs, the number on one side of the true median is binomial. The sum of C(n, k) / 2^n for k from lower to upper - 1 is how likely
  // the median is between those ranks: 0.992 for 8 runs, then 0.979, 0.959, 0.957, 0.967.
  @Test(arguments: [(1, 1, 1), (5, 1, 5), (8, 1, 8), (10, 2, 9), (20, 6, 15), (25, 8, 18), (50, 18, 33)])
  func theMedianLiesBetweenTheRanksOfTheTables(count: Int, lower: Int, upper: Int) {
    let timings = Timings((1...count).map(Double.init).reversed())
    #expect(timings.medianInterval == Double(lower)...Double(upper))
    let width = Double(upper - lower) / timings.median
    #expect(count < 6 ? timings.uncertainty == .infinity : (timings.uncertainty - width).magnitude < 1e-12)
  }

  /// Runs of 1 ms of which every other takes `jitter` more.
  private func take(limit: Double, jitter: Double, drift: Double = 0) -> (timings: Timings, elapsed: Double, runs: Int) {
    let clock = FakeClock()
    var runs = 0
    let timings = Timings.take(limit: limit, clock: { clock.now }) {
      clock.pass(1e-3 + (runs % 2 == 0 ? jitter : 0) + drift * Double(runs))
      runs += 1
    }
    return (timings, clock.now - 100, runs)
  }

  @Test func steadyRunsEndAfterAQuarterOfTheTime() {
    let (timings, elapsed, runs) = take(limit: 2, jitter: 1e-6)
    #expect(timings.ending == .settled)
    #expect(elapsed >= 0.5 && elapsed < 1)
    #expect(timings.uncertainty <= Timings.tolerance)
    // A tenth of the time was for warming up.
    #expect((195...205).contains(runs - timings.count), "\(runs), \(timings.count)")
  }

  @Test func unsteadyRunsTakeAllTheTime() {
    let (timings, elapsed, _) = take(limit: 2, jitter: 1e-4)
    #expect(timings.ending == .timeLimit)
    #expect(elapsed >= 2 && elapsed < 2.01)
    #expect(timings.uncertainty > Timings.tolerance)
  }

  @Test func whatTheFirstRunsTakeDoesNotCount() {
    let clock = FakeClock()
    var runs = 0
    let timings = Timings.take(limit: 1, clock: { clock.now }) {
      runs += 1
      clock.pass(runs <= 3 ? 0.05 : 0.001)
    }
    #expect(timings.seconds.allSatisfy { $0 < 0.0011 })
  }

  @Test func aRunLongerThanTheTimeIsTakenOnceAfterOneWarmUp() {
    let clock = FakeClock()
    var runs = 0
    let timings = Timings.take(limit: 1, clock: { clock.now }) {
      runs += 1
      clock.pass(3)
    }
    #expect(runs == 2)
    #expect(timings.count == 1 && timings.median == 3 && timings.ending == .timeLimit)
  }

  @Test func aFailureEndsIt() {
    struct Failure: Error {}
    #expect(throws: Failure.self) { try Timings.take(limit: 1) { throw Failure() } }
  }
}

/// What the machine does at most.
@Suite struct CeilingTests {
  /// 1000 units a second and a hundredth of a second's delay: bursts grow until the delay matters little, and then each is as good.
  @Test func burstsGrowUntilTheirBeginningDoesNotMatter() {
    let clock = FakeClock()
    var sizes: [Int] = []
    let rate = Ceiling.bestRate(limit: 50, clock: { clock.now }) { size in
      sizes.append(size)
      clock.pass(0.01 + Double(size) / 1000)
      return Double(size)
    }
    // The first that takes a fiftieth of 50 s is of 1024 units: 1.034 s.
    #expect(sizes.prefix(11) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    #expect(sizes.dropFirst(11).allSatisfy { $0 == 1024 } && sizes.count > 40)
    #expect((rate - 1024 / 1.034).magnitude < 1e-6)
  }

  @Test func theFastestBurstCounts() {
    let clock = FakeClock()
    var bursts = 0
    let rate = Ceiling.bestRate(limit: 1, clock: { clock.now }) { _ in
      bursts += 1
      clock.pass(bursts == 5 ? 0.1 : 0.2)
      return 7
    }
    #expect((rate - 70).magnitude < 1e-6)
    #expect(bursts == 6)
  }

  /// The first burst does a thousandth of a second's work, but something else had the processor: bursts must grow nevertheless.
  @Test func aBurstThatWasHeldUpDoesNotCountAsALongOne() {
    let clock = FakeClock()
    var sizes: [Int] = []
    let rate = Ceiling.bestRate(limit: 1, clock: { clock.now }) { size in
      clock.pass(Double(size) / 1000 + (sizes.count % 2 == 0 ? 0.05 : 0))
      sizes.append(size)
      return Double(size)
    }
    #expect(sizes.prefix(7) == [1, 1, 2, 4, 8, 16, 32])
    #expect(sizes.dropFirst(7).allSatisfy { $0 == 32 } && sizes.count > 10)
    #expect((rate - 1000).magnitude < 1e-6)
  }

  @Test func slowBurstsAreRepeatedButNotForever() {
    func bursts(_ seconds: Double) -> Int {
      let clock = FakeClock()
      var bursts = 0
      _ = Ceiling.bestRate(limit: 1, clock: { clock.now }) { _ in
        bursts += 1
        clock.pass(seconds)
        return 1
      }
      return bursts
    }
    #expect(bursts(0.5) == 5)
    #expect(bursts(1.5) == 3)
    #expect(bursts(100) == 1)
  }

  @Test func aClockThatStandsStillDoesNotDivideByZero() {
    let clock = FakeClock()
    var bursts = 0
    let rate = Ceiling.bestRate(limit: 1, clock: { clock.now }) { _ in
      bursts += 1
      if bursts > 100 { clock.pass(1) }
      return 1
    }
    #expect(rate == 1)
  }

  @Test func theFloorIsArithmeticPlusReading() {
    let ceiling = Ceiling(arithmetic: 200e9, reading: 40e9, vectorBits: 512)
    #expect((ceiling.floor(flops: 30e9, bytes: 553_000_000) - (0.15 + 0.013825)).magnitude < 1e-12)
    #expect(Ceiling(arithmetic: 2, reading: 0, vectorBits: 128).floor(flops: 4, bytes: 9) == 2)
  }

  /// It does what it says it does, in a time that nobody minds.
  @Test func thisMachineHasOne() {
    let ceiling = Ceiling.measure()
    #expect(ceiling.arithmetic > 0.5e9 && ceiling.arithmetic < 1e15)
    #expect(ceiling.reading > 0.1e9 && ceiling.reading < 1e13)
    let narrow = Ceiling.measure(.bf16)
    #expect((narrow.dtype == .f32 || narrow.dtype == .bf16) && narrow.arithmetic > 0.5e9 && narrow.arithmetic < 1e15)
  }
}

/// How much memory a process has had.
@Suite struct ProcessMemoryTests {
  @Test func theKernelsWordIsRead() {
    #expect(ProcessMemory.peakBytes(status: "Name:\tzoo\nVmPeak:\t  300 kB\nVmHWM:\t   1234 kB\nVmRSS:\t  99 kB\n") == 1234 * 1024)
    #expect(ProcessMemory.peakBytes(status: "Name:\tzoo\n") == nil)
    #expect(ProcessMemory.peakBytes(status: "VmHWM:\t1 page\n") == nil)
  }

  /// What is touched counts, and stays counted.
  @Test func memoryThatIsTouchedCounts() {
    let (before, size) = (ProcessMemory.peakBytes, 64 << 20)
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    memset(block, 7, size)
    block.deallocate()
    // Other tests run in this process as well.
    #expect(ProcessMemory.peakBytes >= before && ProcessMemory.peakBytes >= size)
  }
}
