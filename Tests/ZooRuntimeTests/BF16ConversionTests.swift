import CHost
import CZooNumbers
import Testing
import ZooTestSupport

/// f32 and bf16 into one another.
@Suite struct BF16ConversionTests {
  private func narrowed(_ values: [Float]) -> [UInt16] {
    var result = [UInt16](repeating: 0, count: values.count)
    zoo_bf16_narrow(values, &result, Int64(values.count))
    return result
  }

  private func widened(_ values: [UInt16]) -> [Float] {
    var result = [Float](repeating: 0, count: values.count)
    zoo_bf16_widen(values, &result, Int64(values.count))
    return result
  }

  private static let all = (0...UInt16.max).map { $0 }

  @Test func everyNumberWidensToItselfAndBack() {
    let wide = widened(Self.all)
    #expect(wide.map(\.bitPattern) == Self.all.map { UInt32($0) << 16 })
    let back = narrowed(wide)
    // A signalling NaN becomes quiet, as in any conversion.
    for (i, value) in Self.all.enumerated() { #expect(back[i] == (wide[i].isNaN ? value | 0x40 : value)) }
  }

  // Between two neighbours: below half way down, above up, half way to the even one, whatever the sign and the exponent.
  @Test func whatLiesBetweenIsRoundedToTheNearestAndToEven() {
    for (below, expected) in [(0x0001, 0), (0x7FFF, 0), (0x8001, 1), (0xFFFF, 1)] {
      let results = narrowed(Self.all.map { Float(bitPattern: UInt32($0) << 16 | UInt32(below)) })
      for value in Self.all where value & 0x7FFF < 0x7F80 { #expect(results[Int(value)] == value + UInt16(expected)) }
    }
    let ties = narrowed(Self.all.map { Float(bitPattern: UInt32($0) << 16 | 0x8000) })
    for value in Self.all where value & 0x7FFF < 0x7F80 { #expect(ties[Int(value)] == value + value % 2) }
  }

  @Test func whatIsNoNumberStaysWhatItIs() {
    #expect(narrowed([.infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude]) == [0x7F80, 0xFF80, 0x7F80, 0xFF80])
    let nans: [UInt32] = [0x7F80_0001, 0x7FC0_0000, 0xFFFF_FFFF, 0x7F80_FFFF]
    for result in widened(narrowed(nans.map { Float(bitPattern: $0) })) { #expect(result.isNaN) }
    #expect(narrowed([0, -0.0, .leastNonzeroMagnitude, 0x1p-133, -0x1.8p-133]) == [0, 0x8000, 0, 1, 0x8002])
  }

  // 1 + 2^-8 is half way between 1 and the next number of bf16; with 2^-9 more, the sum is beyond it.
  @Test func whatIsAddedIsRoundedOnce() {
    var sums = narrowed([1, 1, 2])
    zoo_bf16_narrow_add([0x1p-8, 0x1.8p-8, -2], &sums, 3)
    #expect(widened(sums) == [1, 1 + 0x1p-7, 0])
    var floats: [Float] = [1, 2]
    zoo_bf16_widen_add(narrowed([0x1p-8, 0.5]), &floats, 2)
    #expect(floats == [1 + 0x1p-8, 2.5])
    var both = narrowed([1, 3])
    zoo_bf16_add(narrowed([0x1p-8, 0.5]), &both, 2)
    #expect(widened(both) == [1, 3.5])
  }

  @Test func anInfinityAmongManyIsFound() {
    var values = narrowed([Float](repeating: 1, count: 5000))
    #expect(zoo_first_nonfinite_bf16(values, 5000) == -1)
    values[4321] = 0xFF80
    #expect(zoo_first_nonfinite_bf16(values, 5000) == 4321)
  }
}
