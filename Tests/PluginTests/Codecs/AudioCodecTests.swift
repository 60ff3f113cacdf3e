import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

struct AudioCodecTests {
  /// Little-endian bytes.
  private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  private static func chunk(_ tag: String, _ body: [UInt8], size: UInt32? = nil) -> [UInt8] {
    Array(tag.utf8) + bytes(size ?? UInt32(body.count)) + body + (body.count % 2 == 1 ? [0] : [])
  }

  private static func format(code: UInt16 = 1, channels: UInt16 = 1, rate: UInt32 = 8000, bits: UInt16 = 16) -> [UInt8] {
    bytes(code) + bytes(channels) + bytes(rate) + bytes(rate) + bytes(channels &* bits / 8) + bytes(bits)
  }

  private static func file(_ chunks: [UInt8]..., size: UInt32? = nil) -> [UInt8] {
    let body = Array("WAVE".utf8) + chunks.joined()
    return Array("RIFF".utf8) + bytes(size ?? UInt32(body.count)) + body
  }

  private static func samples(_ values: [Int16]) -> [UInt8] { values.flatMap { bytes($0) } }

  /// Four samples of one channel: 0, a half, -1, and the largest there is.
  private static let four = samples([0, 16384, -32768, 32767])

  @Test func samplesOf16BitsGoFromMinusOneToAlmostOne() throws {
    let read = try CodecRun("audio").decode(Self.file(Self.chunk("fmt ", Self.format()), Self.chunk("data", Self.four)))
    #expect(read.spec == Spec([4, 1]))
    #expect(read.floats == [0, 0.5, -1, 32767 / 32768])
  }

  @Test func samplesOf8BitsHaveTheirZeroAt128() throws {
    let file = Self.file(Self.chunk("fmt ", Self.format(bits: 8)), Self.chunk("data", [128, 0, 255, 192, 64]))
    #expect(try CodecRun("audio").decode(file).floats == [0, -1, 127.0 / 128, 0.5, -0.5])
  }

  @Test func thePortSaysHowManyChannels() throws {
    let file = Self.file(
      Self.chunk("fmt ", Self.format(channels: 2)), Self.chunk("data", Self.samples([16384, -16384, 8192, 16384, 0, -32768])))
    let codec = try CodecRun("audio")
    #expect(try codec.decode(file).spec == Spec([3, 2]))
    let both = try codec.decode(file, port: [1, -1, 2])
    #expect(both.spec == Spec([1, 3, 2]))
    #expect(both.floats == [0.5, -0.5, 0.25, 0.5, 0, -1])
    for port in [[-1], [1, -1], [1, -1, 1]] { #expect(try codec.decode(file, port: port).floats == [0, 0.375, -0.5]) }
    expectRefusal("file: it has 2 channels, but the port takes 3") { _ = try codec.decode(file, port: [1, -1, 3]) }
    expectRefusal("file: sound becomes [T], [N, T] or [N, T, C], but the port has 4 axes") {
      _ = try codec.decode(file, port: [1, -1, 1, 1])
    }
    expectRefusal("file: sound becomes f32, but the port takes i64") { _ = try codec.decode(file, port: [1, -1], .i64) }
  }

  @Test func otherChunksAreSkippedAndSoIsWhatFollows() throws {
    // A chunk of an odd size is followed by a byte of padding; after the RIFF chunk may come anything.
    let file = Self.file(
      Self.chunk("LIST", [1, 2, 3]), Self.chunk("fmt ", Self.format() + [0, 0]), Self.chunk("fact", []), Self.chunk("data", Self.four))
    #expect(try CodecRun("audio").decode(file + [1, 2, 3]).floats.count == 4)
    // The code of an extensible format stands in its extension.
    let extensible = Self.format(code: 0xFFFE) + Self.bytes(22 as UInt16) + [16, 0, 4, 0, 0, 0, 1, 0] + [UInt8](repeating: 9, count: 14)
    #expect(try CodecRun("audio").decode(Self.file(Self.chunk("fmt ", extensible), Self.chunk("data", Self.four))).floats.count == 4)
  }

  @Test func theRateMustBeTheOneThatIsWanted() throws {
    let file = Self.file(Self.chunk("fmt ", Self.format(rate: 16000)), Self.chunk("data", Self.four))
    #expect(try CodecRun("audio", ["rate": 16000]).decode(file).spec == Spec([4, 1]))
    expectRefusal("file: it has 16000 samples a second, but 'rate' is 8000") { _ = try CodecRun("audio", ["rate": 8000]).decode(file) }
  }

  @Test(
    "files that are cut, or lie about their sizes, are refused",
    arguments: [
      ([], "it is not a WAV file"),
      (Array("RIFF\u{4}\0\0\0WAV".utf8), "it is not a WAV file"),
      (Array("RIFX\u{4}\0\0\0WAVE".utf8), "it is not a WAV file"),
      (file(), "it has no chunk 'fmt ', which says what its samples are"),
      (file(chunk("fmt ", format())), "it has no chunk 'data', which holds samples"),
      (file(chunk("data", four), chunk("fmt ", format())), "its samples come before the chunk 'fmt ' that says what they are"),
      (file(chunk("fmt ", format()), chunk("data", [])), "it holds no sound"),
      (file(chunk("fmt ", format()), chunk("data", four), size: 0), "it says that it has 8 bytes, but there are 52"),
      (file(chunk("fmt ", format()), size: .max), "it says that it has 4294967303 bytes, but there are 36"),
      (Array(file(chunk("fmt ", format()), chunk("data", four)).dropLast()), "it says that it has 52 bytes, but there are 51"),
      (
        file(chunk("fmt ", format()), chunk("data", four, size: 9)),
        "chunk 'data' at byte 36 says that it has 9 bytes, but only 8 follow"
      ),
      (
        file(chunk("d\u{1}ta", [], size: .max), chunk("data", four)),
        "chunk 'd.ta' at byte 12 says that it has 4294967295 bytes, but only 16 follow"
      ),
      (file(chunk("fmt ", Array(format().dropLast(2))), chunk("data", four)), "chunk 'fmt ' has 14 bytes, but 16 are the least"),
      (
        file(chunk("fmt ", format(channels: 3)), chunk("data", four)),
        "chunk 'data' has 8 bytes, but a sample of 3 channels of 16 bits has 6"
      ),
      (file(chunk("fmt ", format(channels: 0)), chunk("data", four)), "it says that it has 0 channels and 8000 samples a second"),
      (file(chunk("fmt ", format(rate: 0)), chunk("data", four)), "it says that it has 1 channels and 0 samples a second"),
      (
        file(chunk("fmt ", format(bits: 24)), chunk("data", four)),
        "its samples have format 1 and 24 bits; uncompressed ones (format 1) of 8 or 16 bits can be read"
      ),
      (
        file(chunk("fmt ", format(code: 7, bits: 8)), chunk("data", four)),
        "its samples have format 7 and 8 bits; uncompressed ones (format 1) of 8 or 16 bits can be read"
      ),
    ])
  func refusals(_ file: [UInt8], _ message: String) throws {
    expectRefusal("file: \(message)") { _ = try CodecRun("audio").decode(file) }
  }

  @Test func noPrefixOfAFileIsTakenForOne() throws {
    let whole = Self.file(Self.chunk("fmt ", Self.format()), Self.chunk("data", Self.four))
    for length in whole.indices {
      #expect(throws: CodecFailure.self) { _ = try CodecRun("audio").decode(Array(whole.prefix(length))) }
    }
  }

  @Test func whatIsWrittenIsReadAsItWas() throws {
    for (bits, step) in [(16, Float(32768)), (8, 128)] {
      let codec = try CodecRun("audio", ["rate": 8000, "bits": JSON(.integer(bits))])
      let values = [0, 1, -1, 0.5 - 1 / step, 1 - 1 / step].map { Float($0) }
      let file = try codec.encode(tensor([1, 5], values))
      #expect(file.count == 44 + 5 * bits / 8 + (bits == 8 ? 1 : 0))
      #expect(try codec.decode(file, port: [1, -1]).floats == [0, 1 - 1 / step, -1, 0.5 - 1 / step, 1 - 1 / step])
      let stereo = try codec.encode(tensor([1, 2, 2], Array(values.prefix(4))))
      #expect(try codec.decode(stereo).spec == Spec([2, 2]))
    }
  }

  @Test func samplesAreCutOffWhereAFileEnds() throws {
    let codec = try CodecRun("audio", ["rate": 8000])
    let file = try codec.encode(tensor([4], [3, -3, .infinity, -.infinity] as [Float]))
    #expect(try codec.decode(file, port: [-1]).floats == [32767 / 32768, -1, 32767 / 32768, -1])
    expectRefusal("out: element 1 of the sound is not a number") { _ = try codec.encode(tensor([1, 2], [0, .nan] as [Float])) }
  }

  @Test func aTerminalShowsHowLongAndHowLoud() throws {
    let sound = tensor([1, 16], [0, 0, 0.1, -0.1, -0.25, 0, 0.5, 0, 0.75, 0, -1, 0, 2, 0, 0, 0] as [Float])
    let codec = try CodecRun("audio", ["rate": 8])
    #expect(try codec.text(sound) == "2.00 s, 8 samples a second, 1 channel\n  ▁▁▂ ▄ ▆ █ █   \n")
    #expect(try codec.text(sound, as: .json) == #"{"samples":16,"channels":1,"rate":8}"#)
    #expect(try CodecRun("audio").text(sound).hasPrefix("16 samples, 1 channel\n"))
  }

  @Test func whatCannotBeWrittenIsExplained() throws {
    let sound = tensor([1, 2], [0, 1] as [Float])
    expectRefusal("out: 'rate' is needed to write a sound: how many samples a second it has") {
      _ = try CodecRun("audio").encode(sound)
    }
    expectRefusal("out: 'bits' must be 8 or 16, but it is 12") { _ = try CodecRun("audio", ["rate": 1, "bits": 12]).encode(sound) }
    expectRefusal("out: there is no sound in shape [1, 0]") {
      _ = try CodecRun("audio", ["rate": 1]).encode(tensor([1, 0], [] as [Float]))
    }
    expectRefusal("out: sound is made of f32 [T], [N, T] or [N, T, C], not of i64 [1]") {
      _ = try CodecRun("audio", ["rate": 1]).encode(tensor([1], [0] as [Int64], .i64))
    }
  }
}
