import Testing
import ZooFormats
import ZooTypes

struct SafeTensorsTests {
  // arange(6) * 7 - 11; unsigned without the - 11; booleans i % 2. See Tests/Reference/make_formats.py.
  static let signed = [-11, -4, 3, 10, 17, 24]
  static let unsigned = [0, 7, 14, 21, 28, 35]

  @Test func everyElementTypeOfTheLibraryIsRead() throws {
    let file = try SafeTensors(MappedFile(Files.fixture("formats/every_dtype.safetensors")))
    #expect(file.entries.count == 15)
    func elements<T: BitwiseCopyable>(_ name: String, _ dtype: DType, as type: T.Type) throws -> [T] {
      let entry = try #require(file[name])
      #expect(entry.spec == Spec([2, 3], dtype))
      return Array(of: file.bytes(of: entry))
    }
    #expect(try elements("f64", .f64, as: Double.self) == Self.signed.map(Double.init))
    #expect(try elements("f32", .f32, as: Float.self) == Self.signed.map(Float.init))
    #expect(try elements("f16", .f16, as: Float16.self) == Self.signed.map { Float16($0) })
    #expect(try elements("bf16", .bf16, as: UInt16.self) == Self.signed.map { UInt16(Float($0).bitPattern >> 16) })
    #expect(try elements("i64", .i64, as: Int64.self) == Self.signed.map(Int64.init))
    #expect(try elements("i32", .i32, as: Int32.self) == Self.signed.map(Int32.init))
    #expect(try elements("i16", .i16, as: Int16.self) == Self.signed.map(Int16.init))
    #expect(try elements("i8", .i8, as: Int8.self) == Self.signed.map(Int8.init))
    #expect(try elements("u64", .u64, as: UInt64.self) == Self.unsigned.map(UInt64.init))
    #expect(try elements("u32", .u32, as: UInt32.self) == Self.unsigned.map(UInt32.init))
    #expect(try elements("u16", .u16, as: UInt16.self) == Self.unsigned.map(UInt16.init))
    #expect(try elements("u8", .u8, as: UInt8.self) == Self.unsigned.map(UInt8.init))
    #expect(try elements("bool", .bool, as: UInt8.self) == [0, 1, 0, 1, 0, 1])
    #expect(file["empty"]?.spec == Spec([3, 0]))
    #expect(file["scalar"]?.spec == Spec([]))
    #expect(file["nothing"] == nil)
    #expect(Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.name, $0.value) }) == ["format": "pt", "note": "nötig \"quoted\""])
  }

  @Test func whatIsWrittenIsReadBackAndStartsAtAMultipleOf64() throws {
    let (small, large): ([UInt8], [Float]) = ([1, 2, 3], [0.5, -1])
    try small.withUnsafeBytes { small in
      try large.withUnsafeBytes { large in
        let tensors = [
          NamedTensor("a", Spec([3], .u8), small), NamedTensor("b \"ß\"", Spec([1, 2]), large),
          NamedTensor("e", Spec([0]), .init(start: nil, count: 0)),
        ]
        let bytes = try SafeTensorsWriter.encode(tensors, metadata: [("z", "1"), ("a", "two\n")])
        let reversed = try SafeTensorsWriter.encode(tensors.reversed(), metadata: [("z", "1"), ("a", "two\n")])
        #expect(bytes == reversed)
        try bytes.withUnsafeBytes { bytes in
          let file = try SafeTensors(bytes)
          // Wide elements first, so that all are aligned.
          #expect(file.entries.map(\.name) == ["b \"ß\"", "e", "a"])
          #expect(file.entries.map(\.spec) == [Spec([1, 2]), Spec([0]), Spec([3], .u8)])
          #expect(file.entries[0].range.lowerBound % 64 == 0)
          #expect(Array<Float>(of: file.bytes(of: file.entries[0])) == [0.5, -1])
          #expect(Array(file.bytes(of: file.entries[2])) == [1, 2, 3])
          #expect(file.metadata.map(\.name) == ["z", "a"])
          #expect(file.metadata.map(\.value) == ["1", "two\n"])
        }
        let given = try SafeTensorsWriter.encode(tensors, order: .given)
        let names = try given.withUnsafeBytes { try SafeTensors($0).entries.map(\.name) }
        #expect(names == ["a", "b \"ß\"", "e"])
      }
    }
  }

  @Test func aFileIsWrittenAtomicallyAndItsErrorsNameIt() throws {
    try Files.inFolder { folder in
      let path = folder + "/w.safetensors"
      let values: [Float] = [1, 2]
      try values.withUnsafeBytes { values in
        try SafeTensorsWriter.write([NamedTensor("w", Spec([2]), values)], to: path)
        let file = try SafeTensors(MappedFile(path))
        #expect(Array<Float>(of: file.bytes(of: file.entries[0])) == [1, 2])
        expectError("\(path): there cannot be another tensor named 'w'") {
          try SafeTensorsWriter.write([NamedTensor("w", Spec([2]), values), NamedTensor("w", Spec([2]), values)], to: path)
        }
        expectError("\(path): tensor 'w' is f32 [3], but it comes with 8 bytes of data") {
          try SafeTensorsWriter.write([NamedTensor("w", Spec([3]), values)], to: path)
        }
        expectError("\(path): tensor 'w' is f8, which the format does not have") {
          try SafeTensorsWriter.write([NamedTensor("w", Spec([8], DType(code: 2, bits: 8)), values)], to: path)
        }
      }
      #expect(Files.names(in: folder) == ["w.safetensors"])
    }
  }

  @Test func aNameOfTheFormatsOwnIsTaken() {
    expectError("there cannot be another tensor named '__metadata__'") {
      _ = try SafeTensorsWriter.encode([NamedTensor("__metadata__", Spec([0]), .init(start: nil, count: 0))])
    }
  }

  @Test(
    "files that lie name the file",
    arguments: [
      ("cut_short", "the file is cut short: 7 bytes are missing, from tensor 'second' on"),
      ("wrong_offsets", "tensor 'weight' is f32 [2, 3] and needs 24 bytes, but its data offsets span 20"),
      ("overlap", "tensors 'first' and 'second' share 8 bytes of data"),
      ("long_header", "the first 8 bytes claim a header of 1099511627776 bytes, but only 2 follow"),
    ])
  func lyingFile(_ name: String, _ message: String) throws {
    let path = Files.fixture("formats/\(name).safetensors")
    expectError("\(path): \(message)") { _ = try SafeTensors(MappedFile(path)) }
  }

  /// A header that is wrong, how many bytes follow it, and what is said about it.
  struct Lie: Sendable, CustomTestStringConvertible {
    let header: String
    let data: Int
    let message: String
    var testDescription: String { header }

    init(_ header: String, _ data: Int, _ message: String) { (self.header, self.data, self.message) = (header, data, message) }
    init(_ header: String, _ message: String) { self.init(header, 24, message) }
  }

  static func tensor(_ dtype: String = "\"F32\"", _ shape: String = "[2,3]", _ offsets: String = "[0,24]") -> String {
    #"{"w":{"dtype":\#(dtype),"shape":\#(shape),"data_offsets":\#(offsets)}}"#
  }

  @Test(
    "headers that lie",
    arguments: [
      Lie("{", "the header is not JSON: header:1:2: expected a name in double quotes or '}', found the end of the file"),
      Lie("[]", "the header must be an object, but it is a list"),
      Lie(#"{"w":3}"#, "tensor 'w' must be an object, but it is a whole number"),
      Lie(#"{"__metadata__":[]}"#, 0, "__metadata__ must be an object, but it is a list"),
      Lie(#"{"__metadata__":{"a":1}}"#, 0, "'a' in __metadata__ must be text, but it is a whole number"),
      Lie(#"{"w":{"shape":[2,3],"data_offsets":[0,24]}}"#, "tensor 'w' has no 'dtype'"),
      Lie(#"{"w":{"dtype":"F32","data_offsets":[0,24]}}"#, "tensor 'w' has no 'shape'"),
      Lie(#"{"w":{"dtype":"F32","shape":[2,3]}}"#, "tensor 'w' has no 'data_offsets'"),
      Lie(tensor("32"), "tensor 'w': 'dtype' must be text"),
      Lie(tensor("\"F8_E4M3\""), "tensor 'w' has element type 'F8_E4M3', which zoo does not know"),
      Lie(tensor("\"F32\"", "6"), "tensor 'w': 'shape' must be a list of whole numbers"),
      Lie(tensor("\"F32\"", "[2.5]"), "tensor 'w': 'shape' must be a list of whole numbers"),
      Lie(tensor("\"F32\"", "[-2,-3]"), "tensor 'w' cannot have shape [-2, -3]"),
      Lie(tensor("\"F32\"", "[4294967296,4294967296]"), "tensor 'w' cannot have shape [4294967296, 4294967296]"),
      Lie(tensor("\"F32\"", "[0,-1]", "[0,0]"), "tensor 'w' cannot have shape [0, -1]"),
      Lie(tensor("\"F32\"", "[2,3]", "[0]"), "tensor 'w': 'data_offsets' must be two whole numbers"),
      Lie(tensor("\"F32\"", "[2,3]", "[0,24,48]"), "tensor 'w': 'data_offsets' must be two whole numbers"),
      Lie(tensor("\"F32\"", "[2,3]", "[24,0]"), "tensor 'w' has the data offsets [24, 0], which is no range"),
      Lie(tensor("\"F32\"", "[2,3]", "[-24,0]"), "tensor 'w' has the data offsets [-24, 0], which is no range"),
      Lie(
        tensor("\"F32\"", "[2,3]", "[9223372036854775783,9223372036854775807]"),
        "tensor 'w' has the data offsets [9223372036854775783, 9223372036854775807], which is no range"
      ),
      Lie(tensor("\"F32\"", "[2,4]"), "tensor 'w' is f32 [2, 4] and needs 32 bytes, but its data offsets span 24"),
      Lie(tensor("\"F32\"", "[2,3]", "[8,32]"), 32, "8 bytes before the data of tensor 'w' belong to no tensor"),
      Lie(tensor(), 30, "6 bytes after the data of the last tensor belong to no tensor"),
      Lie(tensor(), 20, "the file is cut short: 4 bytes are missing, from tensor 'w' on"),
      Lie("{}", 1, "1 bytes after the data of the last tensor belong to no tensor"),
    ])
  func lyingHeader(_ lie: Lie) {
    let header = Array(lie.header.utf8)
    let file = [UInt64(header.count)].asBytes + header + [UInt8](repeating: 0, count: lie.data)
    expectError(lie.message) { try file.withUnsafeBytes { _ = try SafeTensors($0) } }
  }

  @Test func aFileWithoutAHeaderIsCutShort() {
    for count in [0, 1, 7] {
      let file = [UInt8](repeating: 0, count: count)
      expectError("the file is cut short: it has \(count) bytes, and its header alone needs 8") {
        try file.withUnsafeBytes { _ = try SafeTensors($0) }
      }
    }
  }

  @Test func noBeginningOfAFileIsTakenForTheWhole() throws {
    let file = try Files.bytes("formats/every_dtype.safetensors")
    for count in file.indices {
      file.prefix(count).withUnsafeBytes { part in
        _ = #expect(throws: SafeTensorsError.self, "\(count) bytes") { try SafeTensors(part) }
      }
    }
  }

  @Test func aFileWithAnyBitFlippedIsReadOrRefusedButNeverBeyondItsEnd() throws {
    var file = try Files.bytes("formats/every_dtype.safetensors")
    let headerEnd = file.count - 218
    for bit in 0..<headerEnd * 8 {
      file[bit / 8] ^= 1 << (bit % 8)
      file.withUnsafeBytes { bytes in
        guard let tensors = try? SafeTensors(bytes) else { return }
        for entry in tensors.entries { #expect(tensors.bytes(of: entry).count == entry.spec.byteCount) }
      }
      file[bit / 8] ^= 1 << (bit % 8)
    }
  }
}
