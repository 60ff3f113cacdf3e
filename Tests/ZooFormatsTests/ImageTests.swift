import CImage
import Testing
import ZooFormats
import ZooTypes

/// The image reader against Pillow: see Tests/Reference/make_images.py.
struct ImageTests {
  /// An image, or the words with which it was refused.
  static func read(_ file: [UInt8], channels: Int) throws(ImageProblem) -> (spec: Spec, pixels: [UInt8]) {
    var words = [CChar](repeating: 0, count: Int(ZOO_IMAGE_WORDS))
    var info = zoo_image_info()
    guard zoo_image_read_info(file, file.count, &info, &words) == 0 else { throw ImageProblem(words) }
    let spec = Spec([Int(info.height), Int(info.width), channels], .u8)
    // Damage may make an image of 37x23 pixels claim millions, which would only take the tests' time.
    guard spec.count < 1 << 22 else { throw ImageProblem("larger than any test's image") }
    var pixels = [UInt8](repeating: 0xAA, count: spec.count)
    guard zoo_image_decode(file, file.count, Int32(channels), &pixels, &words) == 0 else { throw ImageProblem(words) }
    return (spec, pixels)
  }

  struct ImageProblem: Error, Hashable {
    let words: String
    init(_ words: String) { self.words = words }
    init(_ words: [CChar]) { self.words = String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
  }

  static func expected() throws -> SafeTensors { try SafeTensors(MappedFile(Files.fixture("images/expected.safetensors"))) }

  static let names = [
    "rgb.png", "rgba.png", "grey.png", "grey_alpha.png", "bilevel.png", "interlaced.png", "palette.png", "palette_alpha.png", "rgb16.png",
    "grey16.png", "rgb.jpg", "rgb444.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg",
  ]

  @Test("every type is read to the last bit as by Pillow, with 1, 3 and 4 channels", arguments: names)
  func everyType(_ name: String) throws {
    let expected = try Self.expected()
    for channels in [1, 3, 4] {
      let entry = try #require(expected["\(name)/\(channels)"])
      let (spec, pixels) = try Self.read(Files.bytes("images/\(name)"), channels: channels)
      #expect(spec == entry.spec)
      #expect(pixels == Array(expected.bytes(of: entry)), "\(channels) channels")
    }
  }

  @Test("an image is seen as its camera was held", arguments: 1...8)
  func orientation(_ orientation: UInt8) throws {
    var file = try Files.bytes("images/turned.jpg")
    let tag: [UInt8] = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]
    let at = try #require(file.indices.first { file[$0...].starts(with: tag) })
    file[at + 9] = orientation
    let expected = try Self.expected()
    let entry = try #require(expected["turned.jpg/orientation \(orientation)"])
    let (spec, pixels) = try Self.read(file, channels: 3)
    #expect(spec == entry.spec)
    #expect(pixels == Array(expected.bytes(of: entry)))
  }

  @Test(
    "what cannot be read is refused in words",
    arguments: [
      ("empty.png", "the file is empty"),
      ("cut_short.png", "the PNG is cut short: it ends after 1500 bytes"),
      ("cut_short.jpg", "the JPEG is cut short: it ends after 1000 bytes"),
      ("huge.png", "the image is 100000x100000 pixels; 67108864 in all and 65535 along a side are the most"),
      ("huge.jpg", "the image is 65000x65000 pixels; 67108864 in all and 65535 along a side are the most"),
      ("../formats/f32.npy", "this is neither a PNG nor a JPEG image"),
    ])
  func refused(_ name: String, _ words: String) throws {
    let file = try Files.bytes("images/\(name)")
    let error = #expect(throws: ImageProblem.self) { try Self.read(file, channels: 3) }
    #expect(error?.words == words)
  }

  @Test func otherFormatsAreCalledByTheirNames() {
    let files = [
      ("GIF89a", "a GIF"), ("RIFF....WEBPVP8 ", "a WebP"), ("BM......", "a BMP"), ("<svg xmlns", "an SVG"), ("%PDF-1.7", "a PDF"),
    ]
    for (start, name) in files {
      let error = #expect(throws: ImageProblem.self) { try Self.read(Array(start.utf8), channels: 3) }
      #expect(error?.words == "this is \(name) file; PNG and JPEG can be read")
    }
  }

  @Test("no beginning of a file is taken for the whole", arguments: names)
  func truncation(_ name: String) throws {
    let file = try Files.bytes("images/\(name)")
    for count in file.indices {
      let error = #expect(throws: ImageProblem.self, "\(count) bytes") { try Self.read(Array(file.prefix(count)), channels: 3) }
      #expect(error?.words.isEmpty == false)
    }
  }

  @Test("a file with bytes changed at random is read or refused", arguments: names)
  func damage(_ name: String) throws {
    let file = try Files.bytes("images/\(name)")
    var random = Xorshift(state: 0x9E37_79B9_7F4A_7C15)
    let clock = ContinuousClock()
    let end = clock.now + .milliseconds(60)
    while clock.now < end {
      var damaged = file
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: damaged.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      for channels in [1, 3, 4] {
        do throws(ImageProblem) { _ = try Self.read(damaged, channels: channels) } catch { #expect(!error.words.isEmpty) }
      }
    }
  }

  private struct Xorshift: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  @Test func aPNGWhoseChecksumDoesNotFitIsRefused() throws {
    var file = try Files.bytes("images/rgb.png")
    file[file.count - 13] ^= 1  // the last byte before the 12 of IEND
    let error = #expect(throws: ImageProblem.self) { try Self.read(file, channels: 3) }
    #expect(error?.words == "the PNG is damaged: IDAT: CRC error")
  }

  @Test("PNGs are written without loss and always the same", arguments: [1, 3, 4])
  func writePNG(_ channels: Int) throws {
    let pixels = (0..<7 * 5 * channels).map { UInt8(truncatingIfNeeded: $0 * 37) }
    func encode() throws -> [UInt8] {
      var words = [CChar](repeating: 0, count: Int(ZOO_IMAGE_WORDS))
      var buffer = zoo_image_buffer()
      defer { zoo_image_release(&buffer) }
      guard zoo_image_encode_png(pixels, 7, 5, Int32(channels), &buffer, &words) == 0 else { throw ImageProblem(words) }
      return Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))
    }
    let file = try encode()
    let again = try encode()
    #expect(again == file)
    let (spec, read) = try Self.read(file, channels: channels)
    #expect(spec == Spec([5, 7, channels], .u8))
    #expect(read == pixels)
  }

  @Test("JPEGs are written nearly as they are", arguments: [1, 3])
  func writeJPEG(_ channels: Int) throws {
    // A slope, which JPEG keeps well; large enough that the writer's buffer must grow.
    let (width, height) = (500, 400)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<channels { pixels.append(UInt8((x + y) / 5 + 20 * c)) }
      }
    }
    var words = [CChar](repeating: 0, count: Int(ZOO_IMAGE_WORDS))
    var buffer = zoo_image_buffer()
    defer { zoo_image_release(&buffer) }
    try #require(zoo_image_encode_jpeg(pixels, Int32(width), Int32(height), Int32(channels), 100, &buffer, &words) == 0)
    let (spec, read) = try Self.read(Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count)), channels: channels)
    #expect(spec == Spec([height, width, channels], .u8))
    #expect(zip(read, pixels).allSatisfy { abs(Int($0) - Int($1)) <= 3 })
  }

  @Test func whatCannotBeWrittenIsRefused() {
    var words = [CChar](repeating: 0, count: Int(ZOO_IMAGE_WORDS))
    var buffer = zoo_image_buffer()
    let pixels: [UInt8] = [0, 0, 0, 0]
    #expect(zoo_image_encode_png(pixels, 1, 1, 2, &buffer, &words) == -1)
    #expect(ImageProblem(words).words == "a PNG has 1, 3 or 4 channels, not 2")
    #expect(zoo_image_encode_png(pixels, 0, 1, 1, &buffer, &words) == -1)
    #expect(ImageProblem(words).words == "the image has no pixels")
    #expect(zoo_image_encode_jpeg(pixels, 1, 1, 4, 90, &buffer, &words) == -1)
    #expect(ImageProblem(words).words == "a JPEG has 1 or 3 channels, not 4")
    #expect(zoo_image_encode_jpeg(pixels, 1, 1, 1, 101, &buffer, &words) == -1)
    #expect(ImageProblem(words).words == "a JPEG's quality is from 1 to 100, not 101")
  }
}
