import CHost
import Testing

/// The counter-based generator.
@Suite struct RandomTests {
  // The known answers that come with Random123 1.14 (kat_vectors, "philox4x32 10").
  @Test(
    "Philox 4x32-10 gives the paper's known answers",
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
      (
        [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], [0xFFFF_FFFF, 0xFFFF_FFFF],
        [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
      ),
      (
        [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], [0xA409_3822, 0x299F_31D0],
        [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func knownAnswers(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
    var out = [UInt32](repeating: 0, count: 4)
    zoo_philox(counter, key, &out)
    #expect(out == expected)
  }

  private func bits(_ count: Int, seed: UInt64 = 1, path: UInt64 = 2, step: UInt64 = 3, stream: UInt32 = 4, first: UInt64 = 0) -> [UInt32] {
    var out = [UInt32](repeating: 0, count: count)
    zoo_random_bits(seed, path, step, stream, first, &out, Int64(count))
    return out
  }

  @Test func aPartIsTheSameAsThatPartOfTheWhole() {
    let whole = bits(1000)
    for (first, count) in [(0, 1000), (4, 7), (64, 64), (128, 333), (996, 4)] {
      #expect(bits(count, first: UInt64(first)) == Array(whole[first..<first + count]))
    }
  }

  @Test func everyKeyGivesOtherNumbers() {
    let all = [
      bits(8), bits(8, seed: 2), bits(8, path: 3), bits(8, step: 4), bits(8, stream: 5), bits(8, step: 3 + 1 << 32), bits(8, first: 8),
    ]
    #expect(Set(all).count == all.count)
  }

  @Test func uniformNumbersFillTheirInterval() {
    var values = [Float](repeating: 0, count: 100_001)
    zoo_random_uniform(7, 8, 0, 0, 0, &values, Int64(values.count))
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)
    // Four standard errors: sqrt(1/12/n) = 0.0009, and of the variance sqrt(1/180/n) = 0.00024.
    #expect(abs(mean - 0.5) < 0.0037)
    #expect(abs(variance - 1.0 / 12) < 0.001)
  }

  @Test func normalNumbersHaveTheMomentsOfTheNormalDistribution() {
    var values = [Float](repeating: 0, count: 100_001)
    zoo_random_normal(7, 8, 0, 0, 0, &values, Int64(values.count))
    func moment(_ k: Int) -> Double {
      values.reduce(0) { sum, x in sum + (0..<k).reduce(1.0) { product, _ in product * Double(x) } } / Double(values.count)
    }
    #expect(abs(moment(1)) < 0.013)  // four times sqrt(1/n)
    #expect(abs(moment(2) - 1) < 0.018)  // sqrt(2/n)
    #expect(abs(moment(3)) < 0.05)  // sqrt(15/n)
    #expect(abs(moment(4) - 3) < 0.13)  // sqrt(96/n)
    #expect(values.allSatisfy { $0.isFinite })
  }
}
