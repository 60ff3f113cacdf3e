import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The codecs npy, npz, safetensors and csv.
///
/// The formats themselves are tested in ZooFormatsTests; here they meet ports and attributes.
struct ArrayCodecTests {
  // arange(6).reshape(2, 3) * 7 - 11: Tests/Reference/make_formats.py.
  private let numbers: [Float] = [-11, -4, 3, 10, 17, 24]

  @Test func arraysAreReadAsTheyAre() throws {
    for port in [nil, [-1, 3], [2, 3]] {
      let read = try CodecRun("npy").decode(fixtureBytes("formats/f32.npy"), port: port)
      #expect(read.spec == Spec([2, 3]))
      #expect(read.floats == numbers)
    }
    #expect(try CodecRun("npy").decode(fixtureBytes("formats/fortran.npy")).spec == Spec([2, 3, 4], .i32))
    #expect(try CodecRun("npz", ["key": "float32"]).decode(fixtureBytes("formats/deflated.npz"), port: [-1, 3]).floats == numbers)
    let tensor = try CodecRun("safetensors", ["key": "f32"]).decode(fixtureBytes("formats/every_dtype.safetensors"), port: [-1, 3])
    #expect(tensor.floats == numbers)
  }

  @Test("element types are converted only if that is said", arguments: ["float64", "float16", "int64", "int8"])
  func cast(_ key: String) throws {
    let file = try fixtureBytes("formats/deflated.npz")
    let raw = try CodecRun("npz", ["key": JSON(.string(key))]).decode(file)
    expectRefusal(
      "file: it holds \(raw.spec), but the port takes f32: set 'cast' to convert it, or 'scale' to multiply it as well"
    ) { _ = try CodecRun("npz", ["key": JSON(.string(key))]).decode(file, port: [-1, 3]) }
    #expect(try CodecRun("npz", ["key": JSON(.string(key)), "cast": true]).decode(file, port: [-1, 3]).floats == numbers)
    let scaled = try CodecRun("npz", ["key": JSON(.string(key)), "scale": 2, "offset": -1]).decode(file, port: [-1, 3])
    #expect(scaled.floats == numbers.map { $0 * 2 - 1 })
  }

  @Test func scaledNumbersAreFloatsUnlessThePortSaysOtherwise() throws {
    let file = try fixtureBytes("formats/every_dtype.safetensors")
    #expect(try CodecRun("safetensors", ["key": "u8", "scale": 0.5]).decode(file).floats == [0, 3.5, 7, 10.5, 14, 17.5])
    expectRefusal("file: element 1 is 3.5, which i64 cannot hold") {
      _ = try CodecRun("safetensors", ["key": "u8", "scale": 0.5]).decode(file, port: [-1, 3], .i64)
    }
    let integers = try CodecRun("safetensors", ["key": "bf16", "cast": true]).decode(file, port: [-1, 3], .i32)
    #expect(integers.spec == Spec([2, 3], .i32))
  }

  @Test func anArrayIsChosenByItsKeyOrIsTheOnlyOne() throws {
    let one = try CodecRun("npz").decode(fixtureBytes("formats/fortran.npz"))
    #expect(one.spec == Spec([2, 3, 4], .i32))
    expectRefusal("file: it holds 2 arrays: say with 'key' which one; there is 'a' and 'b'") {
      _ = try CodecRun("npz").decode(fixtureBytes("formats/zip64.npz"))
    }
    expectRefusal("file: there is no array 'c'; there is 'a' and 'b'") {
      _ = try CodecRun("npz", ["key": "c"]).decode(fixtureBytes("formats/zip64.npz"))
    }
    let tensors = try fixtureBytes("formats/every_dtype.safetensors")
    expectRefusal(
      "file: it holds 15 tensors: say with 'key' which one; there is \(try names(tensors))"
    ) { _ = try CodecRun("safetensors").decode(tensors) }
    expectRefusal("file: there is no tensor 'c'; there is \(try names(tensors))") {
      _ = try CodecRun("safetensors", ["key": "c"]).decode(tensors)
    }
  }

  /// The first eight tensors of a file, as messages name them.
  private func names(_ file: [UInt8]) throws -> String {
    try file.withUnsafeBytes { bytes in
      let names = try SafeTensors(bytes).entries.map { "'\($0.name)'" }
      return names.prefix(8).joined(separator: ", ") + " and \(names.count - 8) more"
    }
  }

  @Test("what is broken is refused in the format's own words")
  func broken() throws {
    expectRefusal("a.npy: the array is cut short: f32 [2, 3] needs 24 bytes of data, but 22 are there") {
      _ = try CodecRun("npy").decode(Array(fixtureBytes("formats/f32.npy").dropLast(2)), file: "a.npy")
    }
    expectRefusal("a.npz: this is not a ZIP archive, or it is cut short: it has no directory at its end") {
      _ = try CodecRun("npz").decode([1, 2, 3], file: "a.npz")
    }
    expectRefusal("a.safetensors: the file is cut short: 7 bytes are missing, from tensor 'second' on") {
      _ = try CodecRun("safetensors").decode(fixtureBytes("formats/cut_short.safetensors"), file: "a.safetensors")
    }
    expectRefusal("a.csv: line 2, column 1: 'x' is not a number") { _ = try CodecRun("csv").decode(Array("1,2\nx,4".utf8), file: "a.csv") }
    expectRefusal("file: it holds a tensor of rank 32; 8 is the most") {
      _ = try CodecRun("npz").decode(fixtureBytes("formats/long_header.npz"))
    }
  }

  @Test("what is written is read back", arguments: ["npy", "npz", "safetensors"])
  func roundTrip(_ name: String) throws {
    let codec = try CodecRun(name)
    let written = try codec.encode(tensor([2, 3], numbers))
    #expect(written == (try codec.encode(tensor([2, 3], numbers))))
    #expect(try codec.decode(written).spec == Spec([2, 3]))
    #expect(try codec.decode(written).floats == numbers)
    let scalar = try codec.decode(codec.encode(tensor([], [Int64(-7)], .i64)))
    #expect(scalar.spec == Spec([], .i64))
    let none = try codec.decode(codec.encode(tensor([0, 2], [] as [Float])))
    #expect(none.spec == Spec([0, 2]))
  }

  @Test func arraysAreWrittenUnderTheirKey() throws {
    let file = try CodecRun("npz", ["key": "x"]).encode(tensor([1], [1] as [Float]))
    #expect(try file.withUnsafeBytes { try NPZ($0).names } == ["x"])
    let unnamed = try CodecRun("npz").encode(tensor([1], [1] as [Float]))
    #expect(try unnamed.withUnsafeBytes { try NPZ($0).names } == ["arr_0"])
    let tensors = try CodecRun("safetensors", ["key": "x"]).encode(tensor([1], [1] as [Float]))
    #expect(try tensors.withUnsafeBytes { try SafeTensors($0).entries.map(\.name) } == ["x"])
  }

  @Test("all show their numbers", arguments: ["npy", "npz", "safetensors", "csv"])
  func shown(_ name: String) throws {
    let codec = try CodecRun(name)
    #expect(try codec.text(tensor([1, 3], [1, -2.5, 0] as [Float])) == "f32 [1, 3]\n[[ 1.0 -2.5  0.0]]\n")
    #expect(try codec.text(tensor([1, 3], [1, -2.5, 0] as [Float]), as: .json) == "[[1.0,-2.5,0.0]]")
  }

  @Test func tablesAreRows() throws {
    let iris = Array("length,width,class\n5.1,3.5,0\n6.2,2.9,1\n".utf8)
    let all = try CodecRun("csv").decode(iris, port: [-1, 3])
    #expect(all.spec == Spec([2, 3]))
    #expect(all.floats == [5.1, 3.5, 0, 6.2, 2.9, 1])
    let features = try CodecRun("csv", ["columns": [0, 1]]).decode(iris, port: [-1, 2])
    #expect(features.floats == [5.1, 3.5, 6.2, 2.9])
    // One column is a list of numbers where the port is one.
    let classes = try CodecRun("csv", ["columns": -1]).decode(iris, port: [-1], .i64)
    #expect(classes.spec == Spec([2], .i64))
    #expect(Array(classes.bytes.bindMemory(to: Int64.self)) == [0, 1])
    #expect(try CodecRun("csv", ["columns": 2]).decode(iris, port: [-1, 1]).spec == Spec([2, 1]))
    #expect(
      try CodecRun("csv", ["delimiter": "semicolon", "header": "no", "missing": -1]).decode(Array("1;\n;2".utf8)).floats == [1, -1, -1, 2])
    #expect(try CodecRun("csv").text(tensor([2, 2], [1, 2, 3.5, 4] as [Float]), as: .file) == "1.0,2.0\n3.5,4.0\n")
    expectRefusal("file: a table cannot be read as f16") { _ = try CodecRun("csv").decode(iris, port: [-1, 3], .f16) }
  }
}
