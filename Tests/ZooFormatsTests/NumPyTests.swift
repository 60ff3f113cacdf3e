import Testing
import ZooFormats
import ZooTypes

struct NumPyTests {
  /// Type, shape and bytes of an array file.
  static func read(_ bytes: [UInt8]) throws -> (spec: Spec, data: [UInt8]) {
    try bytes.withUnsafeBytes { bytes in
      let spec = try NumPyHeader(bytes).spec
      var data = [UInt8](repeating: 0xAA, count: spec.byteCount)
      try data.withUnsafeMutableBytes { try NumPy.decode(bytes, into: $0) }
      return (spec, data)
    }
  }

  static func read(_ fixture: String) throws -> (spec: Spec, data: [UInt8]) { try read(Files.bytes("formats/\(fixture).npy")) }

  @Test("versions 1, 2 and 3, and both byte orders, are read", arguments: ["f32", "version2", "version3", "big_endian"])
  func everyVersion(_ name: String) throws {
    let (spec, data) = try Self.read(name)
    #expect(spec == Spec([2, 3]))
    #expect([Float](of: data) == [-11, -4, 3, 10, 17, 24])
  }

  @Test func fortranOrderBecomesRowMajor() throws {
    let (spec, data) = try Self.read("fortran")
    #expect(spec == Spec([2, 3, 4], .i32))
    #expect([Int32](of: data) == Array(0..<24))
    let (small, swapped) = try Self.read("fortran_big_endian")
    #expect(small == Spec([2, 3], .i16))
    #expect([Int16](of: swapped) == Array(0..<6))
  }

  @Test func scalarsAndArraysWithoutElementsAreRead() throws {
    let (scalar, data) = try Self.read("scalar")
    #expect(scalar == Spec([], .f64) && [Double](of: data) == [2.5])
    let (none, nothing) = try Self.read("no_elements")
    #expect(none == Spec([3, 0, 2]) && nothing.isEmpty)
  }

  @Test func whatIsWrittenIsWhatNumPyWrites() throws {
    let file = try Files.bytes("formats/f32.npy")
    let values: [Float] = [-11, -4, 3, 10, 17, 24]
    let matrix = try values.withUnsafeBytes { try NumPy.encode(Spec([2, 3]), $0) }
    #expect(matrix == file)
    let scalar = try Files.bytes("formats/scalar.npy")
    let number = try [2.5].withUnsafeBytes { try NumPy.encode(Spec([], .f64), $0) }
    #expect(number == scalar)
    let none = try Files.bytes("formats/no_elements.npy")
    #expect(try NumPy.encode(Spec([3, 0, 2]), .init(start: nil, count: 0)) == none)
  }

  @Test func whatNumPyHasNoTypeForIsRefused() {
    expectError("NumPy has no element type bf16") { _ = try NumPy.encode(Spec([0], .bf16), .init(start: nil, count: 0)) }
    expectError("a tensor that is f32 [2] comes with 0 bytes of data") { _ = try NumPy.encode(Spec([2]), .init(start: nil, count: 0)) }
  }

  @Test(
    "arrays that are not numbers are refused",
    arguments: [
      ("objects", "the array holds Python objects"), ("records", "the array holds records of several fields"),
      ("complex", "the array has element type '<c8', which zoo does not have"),
    ])
  func notNumbers(_ name: String, _ message: String) { expectError(message) { _ = try Self.read(name) } }

  @Test(
    "broken headers are refused",
    arguments: [
      (
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }x",
        "the array's header is damaged: expected nothing after '}' at byte 69"
      ),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)", "the array's header is damaged: expected '}' at byte 66"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, }", "the array's header is damaged: expected a length at byte 64"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "the array's header is damaged: expected a length at byte 61"),
      (
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "the array's header is damaged: expected a length below 2^63 at byte 79"
      ),
      ("{'descr': '<f4', 'fortran_order': no, 'shape': (2, 3), }", "the array's header is damaged: expected True or False at byte 44"),
      ("{'descr': '<f4, 'fortran_order': False, 'shape': (2, 3), }", "the array's header is damaged: expected '}' at byte 27"),
      ("{'descr': '<f4', 'fortran_order': False, }", "the array's header has no 'shape'"),
      ("{'descr': '<f4', 'shape': (2, 3), }", "the array's header has no 'fortran_order'"),
      ("{'fortran_order': False, 'shape': (2, 3), }", "the array's header has no 'descr'"),
      ("{'descr': '<f4', 'descr': '<f4'}", "the array's header has an unexpected 'descr'"),
      ("{'colour': '<f4'}", "the array's header has an unexpected 'colour'"),
      (
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
        "an array cannot have shape [4294967296, 4294967296]"
      ),
      (
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }",
        "the array is cut short: f32 [2, 4] needs 32 bytes of data, but 24 are there"
      ),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }", "4 bytes follow the data of the array, which is f32 [5]"),
    ])
  func brokenHeader(_ header: String, _ message: String) {
    let file = Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) }) + [1, 0, UInt8(header.utf8.count), 0] + header.utf8
    expectError(message) { _ = try Self.read(file + [UInt8](repeating: 0, count: 24)) }
  }

  @Test func whatIsNoArrayIsRefused() throws {
    expectError("this is not a NumPy array: it does not start with \\x93NUMPY") { _ = try Self.read([]) }
    expectError("this is not a NumPy array: it does not start with \\x93NUMPY") { _ = try Self.read(Files.bytes("images/rgb.png")) }
    var file = try Files.bytes("formats/f32.npy")
    file[6] = 4
    expectError("the array is in version 4.0 of NumPy's format; 1.0, 2.0 and 3.0 exist") { _ = try Self.read(file) }
    file = try Files.bytes("formats/version2.npy")
    file[10] = 2
    expectError("the array's header claims 131188 bytes; none needs more than 65536") { _ = try Self.read(file) }
  }

  @Test func noBeginningOfAFileIsTakenForTheWhole() throws {
    let file = try Files.bytes("formats/f32.npy")
    for count in file.indices { #expect(throws: NumPyError.self) { try Self.read(Array(file.prefix(count))) } }
    expectError("the array is cut short: it has 20 bytes, and its header alone needs 128") { _ = try Self.read(Array(file.prefix(20))) }
    expectError("the array is cut short: f32 [2, 3] needs 24 bytes of data, but 22 are there") {
      _ = try Self.read(Array(file.prefix(150)))
    }
  }

  @Test("a file with any byte changed is read or refused", arguments: ["f32", "version2", "fortran", "scalar"])
  func damage(_ name: String) throws {
    var file = try Files.bytes("formats/\(name).npy")
    for index in file.indices {
      let byte = file[index]
      for value in UInt8.min ... .max {
        file[index] = value
        do {
          let (spec, data) = try Self.read(file)
          #expect(data.count == spec.byteCount)
        } catch {
          #expect(error is NumPyError)
        }
      }
      file[index] = byte
    }
  }
}
