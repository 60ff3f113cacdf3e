import Testing
import ZooFormats
import ZooTypes

struct TensorTextTests {
  private func text<T: BitwiseCopyable>(_ shape: [Int], _ values: [T], _ dtype: DType = .f32) -> String {
    String(decoding: values.withUnsafeBytes { TensorText.encode(Spec(shape, dtype), $0) }, as: UTF8.self)
  }

  private func json<T: BitwiseCopyable>(_ shape: [Int], _ values: [T], _ dtype: DType = .f32) -> String {
    String(decoding: values.withUnsafeBytes { TensorJSON.encode(Spec(shape, dtype), $0) }, as: UTF8.self)
  }

  @Test func numbersStandInColumnsWithNoMoreDecimalsThanTheyNeed() {
    #expect(text([2, 3], [1, -2.5, 0.25, 10, 0, 3] as [Float]) == "f32 [2, 3]\n[[ 1.00 -2.50  0.25]\n [10.00  0.00  3.00]]\n")
    #expect(text([3], [0.99984, 1e-7, 0.12345] as [Float]) == "f32 [3]\n[0.9998 0.0000 0.1235]\n")
    #expect(text([3], [1, 2, 30] as [Int64], .i64) == "i64 [3]\n[ 1  2 30]\n")
    #expect(text([], [2.5] as [Double], .f64) == "f64 []\n2.5\n")
    #expect(text([0, 3], [] as [Float]) == "f32 [0, 3]\n[]\n")
  }

  @Test func powersOfTenAreUsedWhereDigitsWouldHide() {
    #expect(text([2], [1e-5, 0.002] as [Float]) == "f32 [2]\n[1.0000e-05 2.0000e-03]\n")
    #expect(text([2], [1, 1.5e9] as [Float]) == "f32 [2]\n[1.0000e+00 1.5000e+09]\n")
    #expect(text([3], [.nan, -.infinity, 1] as [Float]) == "f32 [3]\n[ nan -inf    1]\n")
  }

  @Test func matricesAreSetApart() {
    #expect(
      text([2, 2, 2], Array(0..<8) as [Int32], .i32) == "i32 [2, 2, 2]\n[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]\n")
  }

  @Test func ofManyElementsTheEndsAreShown() {
    let corners = text([50, 40], (0..<2000).map { Int32($0) }, .i32)
    #expect(
      corners == """
        i32 [50, 40]
        [[   0    1    2 ...   37   38   39]
         [  40   41   42 ...   77   78   79]
         [  80   81   82 ...  117  118  119]
         ...
         [1880 1881 1882 ... 1917 1918 1919]
         [1920 1921 1922 ... 1957 1958 1959]
         [1960 1961 1962 ... 1997 1998 1999]]

        """)
  }

  @Test func longRowsAreWrapped() {
    let lines = text([100], (0..<100).map { Int32($0) }, .i32).split(separator: "\n")
    #expect(lines[1] == "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25")
    #expect(lines[2] == " 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51")
    #expect(lines.last == " 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99]")
  }

  @Test func jsonIsNestedListsOfTheShortestNumbers() throws {
    #expect(json([2, 2], [0.1, -1, 1e-7, 2] as [Float]) == "[[0.1,-1.0],[1e-07,2.0]]")
    #expect(json([3], [.nan, .infinity, 0.5] as [Float]) == "[null,null,0.5]")
    #expect(json([2], [1, 0] as [UInt8], .bool) == "[true,false]")
    #expect(json([1, 2], [Int64.max, -1], .i64) == "[[9223372036854775807,-1]]")
    #expect(json([], [UInt64.max], .u64) == "18446744073709551615")
    #expect(json([2, 0], [] as [Float]) == "[[],[]]")
    #expect(json([1], [UInt16(0x3FC0)], .bf16) == "[1.5]")
    _ = try JSONDocument(Array(json([2, 2], [0.1, -1, 1e-7, 2] as [Float]).utf8), file: "x")
  }
}
