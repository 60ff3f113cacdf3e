import Testing
import ZooFormats
import ZooTypes

struct ElementConversionTests {
  static func convert<From: BitwiseCopyable, To: BitwiseCopyable>(
    _ values: [From], _ from: DType, _ to: DType, as type: To.Type, scale: Double = 1, offset: Double = 0
  ) throws -> [To] {
    var data = [UInt8](repeating: 0xAA, count: values.count * to.byteCount)
    try values.withUnsafeBytes { source in
      try data.withUnsafeMutableBytes { try ElementConversion.convert(source, from, to: $0, to, scale: scale, offset: offset) }
    }
    return Array(of: data)
  }

  @Test func pixelsBecomeTheFloatsThatPyTorchDividesThemInto() throws {
    let pixels = (0..<5000).map { UInt8($0 % 256) }
    let floats = try Self.convert(pixels, .u8, .f32, as: Float.self, scale: 1 / 255)
    #expect(floats == pixels.map { Float($0) / 255 })
    #expect(try Self.convert([UInt8(0), 255], .u8, .f32, as: Float.self, scale: 2, offset: -1) == [-1, 509])
  }

  @Test func numbersAreRoundedToTheNearest() throws {
    #expect(try Self.convert([0.1, 1e300], .f64, .f32, as: Float.self) == [0.1, .infinity])
    #expect(try Self.convert([Float(0.1), 70_000], .f32, .f16, as: Float16.self) == [0.1, .infinity])
    #expect(try Self.convert([Int64.max, 3], .i64, .f32, as: Float.self) == [0x1p63, 3])
    #expect(try Self.convert([UInt8(0), 1], .bool, .f32, as: Float.self) == [0, 1])
  }

  @Test func bfloat16IsRoundedOnce() throws {
    func bits(_ values: [Double]) throws -> [UInt16] { try Self.convert(values, .f64, .bf16, as: UInt16.self) }
    // Neighbours of 1 are 2^-7 apart; 1 + 2^-8 is between 1 (even) and 1 + 2^-7.
    let half = 0x1p-8
    #expect(try bits([1, 1 + half, 1 + 3 * half, -1 - half]) == [0x3F80, 0x3F80, 0x3F82, 0xBF80])
    // A little beside the middle: an f32 does not see the little, and would round to even.
    #expect(try bits([1 + half + 0x1p-40, 1 + 3 * half - 0x1p-40, -1 - half - 0x1p-40]) == [0x3F81, 0x3F81, 0xBF81])
    #expect(try bits([.infinity, -.infinity, 3.4e38, 0]) == [0x7F80, 0xFF80, 0x7F80, 0])
    #expect(Float(bitPattern: UInt32(try bits([.nan])[0]) << 16).isNaN)
    #expect(try Self.convert([UInt16(0x3F81)], .bf16, .f64, as: Double.self) == [1 + 2 * half])
  }

  @Test func integersKeepAllTheirDigits() throws {
    #expect(try Self.convert([Int64.max, .min], .i64, .i64, as: Int64.self) == [.max, .min])
    #expect(try Self.convert([Int64(9_007_199_254_740_993)], .i64, .u64, as: UInt64.self) == [9_007_199_254_740_993])
    #expect(try Self.convert([Int32(-7), 7], .i32, .i8, as: Int8.self) == [-7, 7])
    #expect(try Self.convert([Float(3), -2], .f32, .i64, as: Int64.self) == [3, -2])
  }

  private func expectMisfit<From: BitwiseCopyable>(
    _ values: [From], _ from: DType, _ to: DType, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectError(message, sourceLocation: sourceLocation) { _ = try Self.convert(values, from, to, as: UInt8.self) }
  }

  @Test func whatDoesNotFitIsNamed() {
    expectMisfit([Int64(1), 256], .i64, .u8, "element 1 is 256, which u8 cannot hold")
    expectMisfit([Int32(-1)], .i32, .u64, "element 0 is -1, which u64 cannot hold")
    expectMisfit([Float(0), 1.5], .f32, .i32, "element 1 is 1.5, which i32 cannot hold")
    expectMisfit([Float.nan], .f32, .i64, "element 0 is nan, which i64 cannot hold")
    expectMisfit([UInt8(2)], .u8, .bool, "element 0 is 2, which bool cannot hold")
    expectMisfit([UInt64.max], .u64, .i32, "element 0 is 18446744073709551615, which i64 cannot hold")
    expectMisfit([Float](repeating: 0, count: 3000) + [0.5], .f32, .i32, "element 3000 is 0.5, which i32 cannot hold")
    expectMisfit([UInt8(0)], DType(code: 2, bits: 8), .f32, "elements of type f8 cannot be converted")
  }
}
