import Testing
import ZooFormats
import ZooTypes

struct CSVTests {
  /// Rows, columns and numbers of a table.
  static func read<T: BitwiseCopyable>(
    _ text: String, as dtype: DType, _ type: T.Type, _ set: (inout CSVTable.Options) -> Void = { _ in }
  ) throws -> (rows: Int, columns: Int, numbers: [T]) {
    var options = CSVTable.Options()
    set(&options)
    return try Array(text.utf8).withUnsafeBytes { bytes in
      let table = try CSVTable(bytes, options)
      var data = [UInt8](repeating: 0xAA, count: table.rowCount * table.columnCount * dtype.byteCount)
      try data.withUnsafeMutableBytes { try table.read(as: dtype, into: $0) }
      return (table.rowCount, table.columnCount, Array(of: data))
    }
  }

  static func floats(_ text: String, _ set: (inout CSVTable.Options) -> Void = { _ in }) throws -> (
    rows: Int, columns: Int, numbers: [Float]
  ) {
    try read(text, as: .f32, Float.self, set)
  }

  @Test(
    "delimiters are detected",
    arguments: [
      "1,2.5,-3e2\n4,5,6\n", "1;2.5;-3e2\r\n4;5;6", "1\t2.5\t-3e2\n4\t5\t6\n", "1 2.5  -3e2 \n  4 5 6", "\u{FEFF}1, 2.5 ,-3e2\n\n4,5,6\n\n",
      "# made by hand\n1,2.5,-3e2\n 4,5,6\n", "\"1\",\"2.5\",\"-3e2\"\n4,\"5\" ,6",
    ])
  func delimiters(_ text: String) throws {
    let (rows, columns, numbers) = try Self.floats(text)
    #expect(rows == 2 && columns == 3)
    #expect(numbers == [1, 2.5, -300, 4, 5, 6])
  }

  @Test func aHeaderIsDetectedOrSaid() throws {
    #expect(try Self.floats("width,height\n1,2\n").numbers == [1, 2])
    #expect(try Self.floats("\"a \"\"quoted\"\", name\",b\n1,2\n").numbers == [1, 2])
    #expect(try Self.floats("1,2\n3,4\n") { $0.hasHeader = true }.numbers == [3, 4])
    expectError("line 1, column 1: 'width' is not a number") { _ = try Self.floats("width,height\n1,2\n") { $0.hasHeader = false } }
  }

  @Test func columnsAreChosenFromEitherEnd() throws {
    let iris = "length,width,name\n5.1,3.5,setosa\n6.2,2.9,\"versicolor, mostly\"\n"
    let (rows, columns, numbers) = try Self.floats(iris) { $0.columns = [1, -3] }
    #expect(rows == 2 && columns == 2)
    #expect(numbers == [3.5, 5.1, 2.9, 6.2])
    expectError("there is no column 3: the table has 3, the first of which is 0") { _ = try Self.floats(iris) { $0.columns = [3] } }
    expectError("there is no column -4: the table has 3, the first of which is 0") { _ = try Self.floats(iris) { $0.columns = [-4] } }
    expectError("line 2, column 3: 'setosa' is not a number") { _ = try Self.floats(iris) }
  }

  @Test func emptyFieldsAreAnErrorOrWhatIsSaid() throws {
    expectError("line 2, column 2: the field is empty") { _ = try Self.floats("1,2\n3,\n") }
    #expect(try Self.floats("1,2\n3,\n,4") { $0.missing = -1 }.numbers == [1, 2, 3, -1, -1, 4])
  }

  @Test(
    "what is no table is refused",
    arguments: [
      ("", "the table has no rows"), ("\n\n# nothing\n", "the table has no rows"), ("a,b\n", "the table has no rows"),
      ("1,2\n\n3\n", "line 3 has 1 field, but line 1 has 2"), ("1,2\n3,4,5\n", "line 2 has 3 fields, but line 1 has 2"),
      ("1,2\n3,x4\n", "line 2, column 2: 'x4' is not a number"), ("1,2\n3,\"4\n5", "line 2, column 2: the quote is never closed"),
      ("1,2\n3,\"4\"5\n", "line 2, column 2: text follows the closing quote"),
      ("1,2\n3,1.2.3\n", "line 2, column 2: '1.2.3' is not a number"),
      ("1,2\n3,-\n", "line 2, column 2: '-' is not a number"), ("1,2\n3,1e\n", "line 2, column 2: '1e' is not a number"),
    ])
  func noTable(_ text: String, _ message: String) { expectError(message) { _ = try Self.floats(text) } }

  @Test func integersAreExactOrRefused() throws {
    #expect(try Self.read("7\n-1\n3.0\n", as: .i64, Int64.self).numbers == [7, -1, 3])
    #expect(try Self.read("0,1\n255,2", as: .u8, UInt8.self).numbers == [0, 1, 255, 2])
    #expect(try Self.read("0,1\n", as: .bool, UInt8.self).numbers == [0, 1])
    expectError("line 2, column 1: i64 cannot hold 1.5") { _ = try Self.read("7\n1.5\n", as: .i64, Int64.self) }
    expectError("line 1, column 2: u8 cannot hold 256") { _ = try Self.read("0,256\n", as: .u8, UInt8.self) }
    expectError("line 1, column 1: i32 cannot hold nan") { _ = try Self.read("nan\n", as: .i32, Int32.self) }
    expectError("a table cannot be read as f16") { _ = try Self.read("1\n", as: .f16, UInt16.self) }
  }

  @Test func numbersAreRoundedOnceToTheNearest() throws {
    // 1 + 2^-24 is between two f32 and goes to the even one, 1; a little more goes up, though f64 cannot see the little.
    let halfway = "1.000000059604644775390625"
    #expect(try Self.floats("\(halfway)\n\(halfway)0000001\n").numbers == [1, 1 + .ulpOfOne])
    let texts = [
      "0.1", "1e23", "123456789012345677877719597056", "4.9e-324", "1.7976931348623157e308", "-0.0", "9007199254740993", "1e-22", ".5",
      "5.", "+3",
    ]
    let expected: [Double] = [
      0.1, 1e23, 123456789012345677877719597056, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.0, 9007199254740992, 1e-22, 0.5, 5, 3,
    ]
    let got = try Self.read(texts.joined(separator: "\n"), as: .f64, Double.self).numbers
    #expect(got.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test func everyFloatSurvivesBeingWrittenAndRead() throws {
    var random = SystemRandomNumberGenerator()
    let values = (0..<5000).map { _ in Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000, using: &random)) }
    let text = try values.withUnsafeBytes { try CSVTable.encode(Spec([1000, 5]), $0) }
    #expect(try Self.floats(String(decoding: text, as: UTF8.self)).numbers == values)
  }

  @Test func tablesAreWrittenRowByRow() throws {
    let values: [Float] = [1, -2.5, 1e-5, .infinity]
    let text = try values.withUnsafeBytes { try CSVTable.encode(Spec([2, 2]), $0) }
    #expect(String(decoding: text, as: UTF8.self) == "1.0,-2.5\n1e-05,inf\n")
    let column = try [Int64(7), -1].withUnsafeBytes { try CSVTable.encode(Spec([2], .i64), $0) }
    #expect(String(decoding: column, as: UTF8.self) == "7\n-1\n")
    expectError("a tensor of shape [1, 2, 2] is no table: it must have rank 1 or 2") {
      _ = try values.withUnsafeBytes { try CSVTable.encode(Spec([1, 2, 2]), $0) }
    }
  }

  @Test func anyTextIsReadOrRefused() {
    let letters = Array(",;\t \"\n\r#1.e-x".utf8)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<5000 {
      let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in letters.randomElement(using: &random) ?? 0 }
      do {
        let (rows, columns, numbers) = try Self.floats(String(decoding: text, as: UTF8.self))
        #expect(rows > 0 && numbers.count == rows * columns)
      } catch {
        #expect(error is CSVError)
      }
    }
  }
}
