import ZooPlugin

/// A WAV file of uncompressed samples: RIFF chunks, of which `fmt ` says what the samples in `data` are.
///
/// - Reference: Microsoft & IBM 1991, "Multimedia programming interface and data specifications 1.0".
struct AudioFile {
  /// Samples a second.
  let rate: Int
  let channels: Int
  /// 8 or 16.
  let bits: Int
  /// Where the samples are in the file.
  let samples: Range<Int>

  /// Samples of each channel.
  var length: Int { samples.count / (channels * bits / 8) }

  /// Reads all but the samples; every size in the file is checked against the file's own.
  init(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
    let file = Reader(bytes)
    guard bytes.count >= 12, file.tag(0) == "RIFF", file.tag(8) == "WAVE" else { throw .data("it is not a WAV file") }
    let said = file.u32(4) + 8
    guard said >= 12, said <= bytes.count else {
      throw .data("it says that it has \(said) bytes, but there are \(bytes.count)")
    }
    var format: Format?
    var at = 12
    while at + 8 <= said {
      let (tag, body, size) = (file.tag(at), at + 8, file.u32(at + 4))
      guard size <= said - body else {
        throw .data("chunk '\(tag)' at byte \(at) says that it has \(size) bytes, but only \(said - body) follow")
      }
      if tag == "fmt ", format == nil { format = try Format(file, body: body, size: size) }
      if tag == "data" {
        guard let format else { throw .data("its samples come before the chunk 'fmt ' that says what they are") }
        guard size % format.frame == 0 else {
          throw .data(
            "chunk 'data' has \(size) bytes, but a sample of \(format.channels) channels of \(format.bits) bits has \(format.frame)")
        }
        guard size > 0 else { throw .data("it holds no sound") }
        (rate, channels, bits, samples) = (format.rate, format.channels, format.bits, body..<body + size)
        return
      }
      // Chunks begin at even bytes.
      at = body + size + size % 2
    }
    throw .data(format == nil ? "it has no chunk 'fmt ', which says what its samples are" : "it has no chunk 'data', which holds samples")
  }

  /// Calls `body` with each number of the file, channel by channel of sample after sample, from -1 to 1.
  func forEach(_ bytes: UnsafeRawBufferPointer, _ body: (_ index: Int, _ value: Float) -> Void) {
    let data = UnsafeRawBufferPointer(rebasing: bytes[samples])
    if bits == 8 {
      for (i, byte) in data.enumerated() { body(i, (Float(byte) - 128) / 128) }
    } else {
      for i in 0..<data.count / 2 {
        body(i, Float(Int16(littleEndian: data.loadUnaligned(fromByteOffset: 2 * i, as: Int16.self))) / 32768)
      }
    }
  }

  /// A file of these numbers, channel by channel of sample after sample; beyond -1 and 1 they are cut off.
  static func encode(_ values: UnsafeBufferPointer<Float>, rate: Int, channels: Int, bits: Int) throws(LayerError) -> [UInt8] {
    let frame = channels * bits / 8
    guard let size = UInt32(exactly: values.count * bits / 8), size < .max - 64, let speed = UInt32(exactly: rate * frame) else {
      throw .data("a WAV file cannot hold \(values.count) numbers")
    }
    var file = Array("RIFF".utf8) + bytes(36 + size + size % 2) + Array("WAVEfmt ".utf8) + bytes(16 as UInt32)
    file += bytes(1 as UInt16) + bytes(UInt16(channels)) + bytes(UInt32(rate)) + bytes(speed) + bytes(UInt16(frame)) + bytes(UInt16(bits))
    file += Array("data".utf8) + bytes(size)
    file.reserveCapacity(file.count + Int(size) + 1)
    for (i, value) in values.enumerated() {
      guard !value.isNaN else { throw .data("element \(i) of the sound is not a number") }
      if bits == 8 {
        file.append(UInt8(min(max((value * 128).rounded() + 128, 0), 255)))
      } else {
        file += bytes(UInt16(bitPattern: Int16(min(max((value * 32768).rounded(), -32768), 32767))))
      }
    }
    if size % 2 == 1 { file.append(0) }
    return file
  }

  private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }
}

/// What a chunk `fmt ` says.
private struct Format {
  let rate: Int
  let channels: Int
  let bits: Int
  /// Bytes of one sample of all channels.
  let frame: Int

  /// The codes of uncompressed samples, and of those whose code stands in the chunk's extension.
  private static let (pcm, extensible) = (1, 0xFFFE)

  init(_ file: Reader, body: Int, size: Int) throws(LayerError) {
    guard size >= 16 else { throw .data("chunk 'fmt ' has \(size) bytes, but 16 are the least") }
    var code = file.u16(body)
    if code == Self.extensible, size >= 40 { code = file.u16(body + 24) }
    (channels, rate, bits) = (file.u16(body + 2), file.u32(body + 4), file.u16(body + 14))
    guard code == Self.pcm, bits == 8 || bits == 16 else {
      throw .data("its samples have format \(code) and \(bits) bits; uncompressed ones (format 1) of 8 or 16 bits can be read")
    }
    guard channels > 0, rate > 0 else { throw .data("it says that it has \(channels) channels and \(rate) samples a second") }
    frame = channels * bits / 8
  }
}

/// Little-endian numbers at offsets that the caller has checked.
private struct Reader {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func u16(_ at: Int) -> Int { Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self))) }
  func u32(_ at: Int) -> Int { Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))) }

  /// Four characters; what is no printable ASCII is a dot.
  func tag(_ at: Int) -> String {
    String(decoding: bytes[at..<at + 4].map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
  }
}
