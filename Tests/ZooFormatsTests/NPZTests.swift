import Testing
import ZooFormats
import ZooTypes

struct NPZTests {
  static func read(_ archive: [UInt8], _ name: String) throws -> (spec: Spec, data: [UInt8]) {
    try archive.withUnsafeBytes { bytes in
      let file = try NPZ(bytes)
      let spec = try file.spec(of: name)
      var data = [UInt8](repeating: 0xAA, count: spec.byteCount)
      try data.withUnsafeMutableBytes { try file.read(name, into: $0) }
      return (spec, data)
    }
  }

  @Test("stored and deflated arrays of every type are read", arguments: ["stored", "deflated"])
  func everyType(_ name: String) throws {
    let file = try Files.bytes("formats/\(name).npz")
    let names = try file.withUnsafeBytes { try NPZ($0).names }
    #expect(
      names == ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"])
    func elements<T: BitwiseCopyable>(_ name: String, _ dtype: DType, as type: T.Type) throws -> [T] {
      let (spec, data) = try Self.read(file, name)
      #expect(spec == Spec([2, 3], dtype))
      return Array(of: data)
    }
    let (signed, unsigned) = (SafeTensorsTests.signed, SafeTensorsTests.unsigned)
    #expect(try elements("float64", .f64, as: Double.self) == signed.map(Double.init))
    #expect(try elements("float32", .f32, as: Float.self) == signed.map(Float.init))
    #expect(try elements("float16", .f16, as: Float16.self) == signed.map { Float16($0) })
    #expect(try elements("int64", .i64, as: Int64.self) == signed.map(Int64.init))
    #expect(try elements("int32", .i32, as: Int32.self) == signed.map(Int32.init))
    #expect(try elements("int16", .i16, as: Int16.self) == signed.map(Int16.init))
    #expect(try elements("int8", .i8, as: Int8.self) == signed.map(Int8.init))
    #expect(try elements("uint64", .u64, as: UInt64.self) == unsigned.map(UInt64.init))
    #expect(try elements("uint32", .u32, as: UInt32.self) == unsigned.map(UInt32.init))
    #expect(try elements("uint16", .u16, as: UInt16.self) == unsigned.map(UInt16.init))
    #expect(try elements("uint8", .u8, as: UInt8.self) == unsigned.map(UInt8.init))
    #expect(try elements("bool", .bool, as: UInt8.self) == [0, 1, 0, 1, 0, 1])
  }

  @Test func archivesWith64BitSizesAndACommentAreRead() throws {
    let file = try Files.bytes("formats/zip64.npz")
    #expect([Float](of: try Self.read(file, "a").data) == [-11, -4, 3, 10, 17, 24])
    #expect([Double](of: try Self.read(file, "b").data) == [2.5])
  }

  @Test func fortranOrderBecomesRowMajor() throws {
    #expect([Int32](of: try Self.read(Files.bytes("formats/fortran.npz"), "a").data) == Array(0..<24))
  }

  @Test func aHeaderLongerThanMostIsRead() throws {
    let (spec, data) = try Self.read(Files.bytes("formats/long_header.npz"), "a")
    #expect(spec.shape == [Int](repeating: 1, count: 31) + [2])
    #expect([Float](of: data) == [0, 1])
  }

  @Test func theRealDigitsAreRead() throws {
    let labels = try MappedFile(Files.repository + "/zoo/data/mnist5k.npz").withUnsafeBytes { bytes in
      let digits = try NPZ(bytes)
      #expect(digits.names == ["image", "label"])
      #expect(try digits.spec(of: "image") == Spec([5000, 28, 28, 1], .u8))
      var labels = [UInt8](repeating: 0, count: try digits.spec(of: "label").byteCount)
      try labels.withUnsafeMutableBytes { try digits.read("label", into: $0) }
      return labels
    }
    // Every ten rows are the digits 0 to 9: zoo/data/mnist5k.README.md.
    #expect([Int64](of: labels) == (0..<5000).map { Int64($0 % 10) })
  }

  @Test func whatIsWrittenIsReadBackAndAlwaysTheSame() throws {
    let (values, labels): ([Float], [Int64]) = ((0..<10_000).map { Float($0 % 17) * 0.25 }, [7, -1])
    try values.withUnsafeBytes { values in
      try labels.withUnsafeBytes { labels in
        let tensors = [
          NamedTensor("x", Spec([100, 100]), values), NamedTensor("y", Spec([2], .i64), labels),
          NamedTensor("none", Spec([0, 3]), .init(start: nil, count: 0)),
        ]
        let file = try NPZ.encode(tensors)
        let again = try NPZ.encode(tensors)
        #expect(again == file)
        #expect(file.count < values.count / 4)
        let names = try file.withUnsafeBytes { try NPZ($0).names }
        #expect(names == ["x", "y", "none"])
        #expect(try Self.read(file, "x").data == Array(values))
        #expect(try Self.read(file, "y").data == Array(labels))
        #expect(try Self.read(file, "none").spec == Spec([0, 3]))
        expectError("the archive has two members named 'x'") { _ = try NPZ.encode([tensors[0], tensors[0]]) }
        expectError("array 'x': NumPy has no element type bf16") {
          _ = try NPZ.encode([NamedTensor("x", Spec([0], .bf16), .init(start: nil, count: 0))])
        }
      }
    }
  }

  @Test func aMissingArrayIsNamedWithThoseThatAreThere() throws {
    let file = try Files.bytes("formats/zip64.npz")
    expectError("there is no array 'A'; there is 'a' and 'b'", help: "did you mean 'a'?") { _ = try Self.read(file, "A") }
  }

  /// Where the directory entry of the first member starts.
  private func directory(_ file: [UInt8]) throws -> Int {
    try #require(file.indices.dropLast(3).first { file[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
  }

  private func with(_ file: [UInt8], _ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
    var copy = file
    copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return copy
  }

  @Test func whatIsNoArchiveIsRefused() throws {
    let words = "this is not a ZIP archive, or it is cut short: it has no directory at its end"
    expectError(words) { _ = try Self.read([], "a") }
    expectError(words) { _ = try Self.read(Files.bytes("images/rgb.png"), "a") }
    expectError(words) { _ = try Self.read(Array(Files.bytes("formats/deflated.npz").dropLast(3)), "a") }
  }

  @Test func liesOfTheDirectoryAreFound() throws {
    let file = try Files.bytes("formats/fortran.npz")
    let entry = try directory(file)
    let size = Int(UInt32(file[entry + 24]) | UInt32(file[entry + 25]) << 8)
    let compressed = Int(UInt32(file[entry + 20]) | UInt32(file[entry + 21]) << 8)
    #expect(size == 224)
    expectError("member 'a.npy' claims to hold 1073741824 bytes, which its \(compressed) compressed bytes cannot") {
      _ = try Self.read(with(file, entry + 24, [0, 0, 0, 64]), "a")
    }
    // A bomb: what it inflates to is more than it claims, and no more than that is inflated.
    expectError("array 'a': the array is cut short: i32 [2, 3, 4] needs 96 bytes of data, but 95 are there") {
      _ = try Self.read(with(file, entry + 24, [223]), "a")
    }
    expectError("array 'a': 1 bytes follow the data of the array, which is i32 [2, 3, 4]") {
      _ = try Self.read(with(file, entry + 24, [225]), "a")
    }
    expectError("member 'a.npy' is damaged: its checksum does not fit") { _ = try Self.read(with(file, entry + 16, [0, 0]), "a") }
    expectError("member 'a.npy' is encrypted") { _ = try Self.read(with(file, entry + 8, [1]), "a") }
    expectError("member 'a.npy' is compressed by method 12; zoo reads 0 (stored) and 8 (deflate)") {
      _ = try Self.read(with(file, entry + 10, [12]), "a")
    }
    expectError("the archive is cut short or damaged: member 'a.npy' lies beyond its end") {
      _ = try Self.read(with(file, entry + 20, [255, 255]), "a")
    }
    expectError("the archive is cut short or damaged: member 'a.npy' lies beyond its end") {
      _ = try Self.read(with(file, entry + 42, [0, 0, 0, 64]), "a")
    }
    expectError("the archive is damaged: there is no member 'a.npy' where one should be") {
      _ = try Self.read(with(file, entry + 42, [3]), "a")
    }
    expectError("the archive is damaged: there is no directory entry where one should be") {
      _ = try Self.read(with(file, entry, [0]), "a")
    }
    expectError("the archive is cut short or damaged: the directory lies beyond its end") {
      _ = try Self.read(with(file, file.count - 6, [0, 0, 0, 64]), "a")
    }
    expectError("the archive is split into several files") { _ = try Self.read(with(file, file.count - 18, [1]), "a") }
  }

  @Test func aBombInflatesNoFurtherThanItClaims() throws {
    // 1 MB of zeros in about 1 KB, as a member that claims to have 128 bytes of header and 24 of data.
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    var bomb = try zeros.withUnsafeBytes { try NPZ.encode([NamedTensor("a", Spec([1 << 20], .u8), $0)]) }
    let entry = try directory(bomb)
    bomb = with(bomb, entry + 24, [UInt8](repeating: 0, count: 4))
    bomb[entry + 24] = 152
    expectError("array 'a': the array is cut short: u8 [1048576] needs 1048576 bytes of data, but 24 are there") {
      _ = try Self.read(bomb, "a")
    }
  }

  @Test func anArchiveWithAnyByteChangedIsReadRightlyOrRefused() throws {
    let file = try Files.bytes("formats/fortran.npz")
    let expected = try Self.read(file, "a").data
    for index in file.indices {
      for change: UInt8 in [1, 0x80, 0xFF] {
        guard let (spec, data) = try? Self.read(with(file, index, [file[index] ^ change]), "a") else { continue }
        // Dates, versions and the like say nothing about the data.
        #expect(spec == Spec([2, 3, 4], .i32) && data == expected, "byte \(index)")
      }
    }
    for count in file.indices { #expect(throws: NPZError.self) { try Self.read(Array(file.prefix(count)), "a") } }
  }
}
