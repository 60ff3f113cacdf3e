import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// The image codec against Pillow: see Tests/Reference/make_images.py.
struct ImageCodecTests {
  private func expected(_ name: String) throws -> TensorBuffer {
    let file = try SafeTensors(MappedFile(Repository.fixtures + "/images/expected.safetensors"))
    let entry = try #require(file[name], "no tensor \(name)")
    return TensorBuffer(entry.spec, bytes: file.bytes(of: entry))
  }

  private let file: [UInt8]

  init() throws { file = try fixtureBytes("images/rgb.png") }

  @Test("pixels are exactly v / 255 where nothing is resized", arguments: [1, 3, 4])
  func exact(_ channels: Int) throws {
    let pixels = try expected("rgba.png/\(channels)")
    let image = try CodecRun("image", ["channels": JSON(.integer(channels))]).decode(
      fixtureBytes("images/rgba.png"), port: [-1, -1, -1, channels])
    #expect(image.spec == Spec([1, 23, 37, channels]))
    #expect(image.floats == pixels.bytes.map { Float($0) / 255 })
  }

  @Test func aPortOfOneImageGetsOne() throws {
    #expect(try CodecRun("image").decode(file, port: [-1, -1, 3]).spec == Spec([23, 37, 3]))
    #expect(try CodecRun("image").decode(file).spec == Spec([23, 37, 3]))
    #expect(try CodecRun("image").decode(file, port: [-1, 23, 37, 1]).spec == Spec([1, 23, 37, 1]))
  }

  @Test(
    "resizing agrees with Pillow in floating point", arguments: ["stretch", "crop", "fit"],
    ["nearest", "bilinear", "bicubic"].flatMap { filter in ["smaller", "larger", "one", "mixed"].map { "\(filter)/\($0)" } })
  func resize(_ mode: String, _ way: String) throws {
    let pixels = try expected("resize/\(mode)/\(way)")
    let filter = String(way.prefix { $0 != "/" })
    let image = try CodecRun("image", ["resize": JSON(.string(mode)), "filter": JSON(.string(filter))])
      .decode(file, port: [-1] + pixels.spec.shape)
    #expect(image.spec.shape == [1] + pixels.spec.shape)
    expectClose(image.floats, pixels.floats, tolerance: 2e-6)
  }

  @Test(
    "the middle of an image whose shorter side is given agrees with Pillow",
    arguments: [(16, "smaller"), (40, "larger"), (23, "exact")], ["nearest", "bilinear", "bicubic"])
  func shorterSide(_ size: (shorter: Int, name: String), _ filter: String) throws {
    let pixels = try expected("resize/shorter side \(size.shorter)/\(filter)/\(size.name)")
    let codec = try CodecRun(
      "image", ["resize": "crop", "shorter_side": JSON(.integer(size.shorter)), "filter": JSON(.string(filter))])
    let image = try codec.decode(file, port: [-1] + pixels.spec.shape)
    #expect(image.spec.shape == [1] + pixels.spec.shape)
    expectClose(image.floats, pixels.floats, tolerance: 2e-6)
  }

  @Test func resizingAgreesWithPillowOn8BitsWithinOneStep() throws {
    let pixels = try expected("resize/8 bits/bilinear/smaller")
    let image = try CodecRun("image").decode(file, port: [-1, 11, 16, 3])
    for (got, expected) in zip(image.floats, pixels.bytes) { #expect(abs(got * 255 - Float(expected)) <= 1) }
  }

  @Test func transparentPixelsDoNotBleedIntoTheirNeighbours() throws {
    let pixels = try expected("resize/alpha/bilinear/smaller")
    let image = try CodecRun("image").decode(fixtureBytes("images/rgba.png"), port: [-1, 11, 16, 4])
    expectClose(image.floats, pixels.floats, tolerance: 2e-6)
  }

  @Test func anAxisOfAnyLengthTakesTheFilesOwn() throws {
    #expect(try CodecRun("image").decode(file, port: [-1, 11, -1, 3]).spec == Spec([1, 11, 37, 3]))
  }

  @Test func numbersAreInvertedThenNormalised() throws {
    let plain = try CodecRun("image").decode(file, port: [-1, -1, 3]).floats
    let inverted = try CodecRun("image", ["invert": true]).decode(file, port: [-1, -1, 3]).floats
    expectClose(inverted, plain.map { 1 - $0 })
    // Constants that differ, so that swapped channels show.
    let (mean, deviation): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    let normalized = try CodecRun("image", ["mean": [0.485, 0.456, 0.406], "deviation": [0.229, 0.224, 0.225]]).decode(
      file, port: [-1, -1, 3])
    expectClose(normalized.floats, plain.enumerated().map { ($1 - mean[$0 % 3]) / deviation[$0 % 3] })
    let both = try CodecRun("image", ["invert": true, "mean": 0.5, "deviation": 0.25]).decode(file, port: [-1, -1, 3])
    expectClose(both.floats, plain.map { (1 - $0 - 0.5) / 0.25 })
    let resized = try CodecRun("image", ["invert": true, "mean": 0.5, "deviation": 0.25]).decode(file, port: [11, 16, 3])
    expectClose(resized.floats, try expected("resize/stretch/bilinear/smaller").floats.map { (1 - $0 - 0.5) / 0.25 })
  }

  @Test func alphaIsNotInvertedAndOneMeanIsForColoursOnly() throws {
    let rgba = try fixtureBytes("images/rgba.png")
    let plain = try CodecRun("image").decode(rgba, port: [-1, -1, 4]).floats
    let changed = try CodecRun("image", ["invert": true, "mean": 0.25]).decode(rgba, port: [-1, -1, 4]).floats
    expectClose(changed, plain.enumerated().map { $0 % 4 == 3 ? $1 : 1 - $1 - 0.25 })
  }

  @Test func barsAreBlackAfterInverting() throws {
    let image = try CodecRun("image", ["resize": "fit", "invert": true]).decode(file, port: [40, 37, 3])
    #expect(image.floats.prefix(8 * 37 * 3).allSatisfy { $0 == 0 })
    #expect(image.floats.suffix(9 * 37 * 3).allSatisfy { $0 == 0 })
  }

  @Test func aRealDigitIsRead() throws {
    let seven = try MappedFile(Repository.root + "/zoo/data/samples/7.png").contents
    let digits = try MappedFile(Repository.root + "/zoo/data/mnist5k.npz").contents
    let image = try CodecRun("image", ["channels": 1]).decode(seven, port: [-1, 28, 28, 1])
    let all = try CodecRun("npz", ["key": "image", "scale": 0.00392156862745098]).decode(digits, port: [-1, 28, 28, 1])
    // The samples are the first ten held-out rows: zoo/data/mnist5k.README.md.
    #expect(image.floats == Array(all.floats[(4007 * 784)..<(4008 * 784)]))
  }

  @Test("what cannot be used is refused in words")
  func refusals() throws {
    expectRefusal("a.png: the PNG is cut short: it ends after 1500 bytes") {
      _ = try CodecRun("image").decode(fixtureBytes("images/cut_short.png"), port: [-1, -1, -1, 3], file: "a.png")
    }
    expectRefusal("a.png: the file is empty") { _ = try CodecRun("image").decode([], file: "a.png") }
    expectRefusal("a.png: the image is 100000x100000 pixels; 67108864 in all and 65535 along a side are the most") {
      _ = try CodecRun("image").decode(fixtureBytes("images/huge.png"), file: "a.png")
    }
    expectRefusal("file: the image is 37x23 pixels, but the port takes 16x11, and 'resize' is 'none'") {
      _ = try CodecRun("image", ["resize": "none"]).decode(file, port: [-1, 11, 16, 3])
    }
    expectRefusal("file: 'channels' is 3, but the port takes 1") {
      _ = try CodecRun("image", ["channels": 3]).decode(file, port: [-1, 11, 16, 1])
    }
    expectRefusal("file: an image has 1, 3 or 4 channels, not 2") { _ = try CodecRun("image").decode(file, port: [-1, 11, 16, 2]) }
    expectRefusal("file: an image becomes [H, W, C] or [N, H, W, C], but the port has 2 axes") {
      _ = try CodecRun("image").decode(file, port: [-1, 784])
    }
    expectRefusal("file: an image becomes f32, but the port takes i64") { _ = try CodecRun("image").decode(file, port: [-1, -1, 3], .i64) }
    expectRefusal("file: an image cannot become 0x11 pixels") { _ = try CodecRun("image").decode(file, port: [11, 0, 3]) }
    expectRefusal("file: 'mean' has 2 numbers, but the image has 3 channels") {
      _ = try CodecRun("image", ["mean": [0.5, 0.5]]).decode(file, port: [-1, -1, 3])
    }
    expectRefusal("file: 'shorter_side' goes with 'resize': 'crop', not with 'stretch'") {
      _ = try CodecRun("image", ["shorter_side": 16]).decode(file, port: [11, 11, 3])
    }
    expectRefusal(
      "file: with its shorter side 16 pixels long, the image of 37x23 pixels has less than the 11x17 that the port takes"
    ) {
      _ = try CodecRun("image", ["resize": "crop", "shorter_side": 16]).decode(file, port: [17, 11, 3])
    }
    expectRefusal("file: 'deviation' must not be 0: pixels are divided by it") {
      _ = try CodecRun("image", ["deviation": 0]).decode(file, port: [-1, -1, 3])
    }
  }

  @Test("images are written as they were read, whatever their normalisation", arguments: [false, true])
  func roundTrip(_ invert: Bool) throws {
    let codec = try CodecRun("image", ["invert": JSON(.boolean(invert)), "mean": [0.1, 0.2, 0.3], "deviation": [0.5, 2, 3]])
    let image = try codec.decode(file, port: [-1, -1, -1, 3])
    let written = try codec.encode(image)
    #expect(written == (try codec.encode(image)))
    #expect(try codec.decode(written, port: [-1, -1, -1, 3]).floats == image.floats)
  }

  @Test func aJPEGIsWrittenWhereAskedFor() throws {
    let jpeg = try CodecRun("image", ["format": "jpeg", "quality": 100])
    let image = try jpeg.decode(file, port: [-1, -1, -1, 3])
    let written = try jpeg.encode(image)
    #expect(Array(written.prefix(3)) == [0xFF, 0xD8, 0xFF])
    #expect(try jpeg.decode(written, port: [-1, -1, -1, 3]).spec == image.spec)
  }

  @Test func valuesBeyondBlackAndWhiteAreCutOff() throws {
    let image = tensor([1, 1, 5, 1], [-1, 2, .nan, 0.5, .infinity] as [Float])
    let read = try CodecRun("image").decode(CodecRun("image").encode(image), port: [-1, -1, -1, 1])
    #expect(read.floats == [0, 1, 0, 128 / 255, 1])
  }

  @Test func severalImagesShareOneSheet() throws {
    // Five grey images of 2x3 pixels, image i of value i / 5: three across, two down, 2 pixels between.
    let images = tensor([5, 2, 3, 1], (0..<30).map { Float($0 / 6) / 5 })
    let sheet = try CodecRun("image").decode(CodecRun("image").encode(images), port: [-1, -1, -1, 1])
    #expect(sheet.spec == Spec([1, 6, 13, 1]))
    let top: [Float] = [0, 0, 0, 0, 0, 0.2, 0.2, 0.2, 0, 0, 0.4, 0.4, 0.4]
    let bottom: [Float] = [0.6, 0.6, 0.6, 0, 0, 0.8, 0.8, 0.8, 0, 0, 0, 0, 0]
    let black = [Float](repeating: 0, count: 13)
    expectClose(sheet.floats, top + top + black + black + bottom + bottom)
  }

  @Test(arguments: [(400, 200, 48, 48), (10, 1000, 1, 72), (1000, 1, 48, 1), (36, 36, 36, 72), (100, 100, 36, 72)])
  func aSketchFitsATerminal(_ height: Int, _ width: Int, _ rows: Int, _ columns: Int) throws {
    let white = tensor([height, width, 1], [Float](repeating: 1, count: height * width))
    let lines = try CodecRun("image").text(white).split(separator: "\n").dropFirst()
    #expect(lines.count == rows)
    #expect(lines.allSatisfy { $0 == String(repeating: "@", count: columns) })
  }

  @Test func textAndJSONSayWhatTheImagesAre() throws {
    let codec = try CodecRun("image")
    #expect(try codec.text(tensor([1, 3, 2, 1], [0.5, 0.5, 1, 1, 0, 0] as [Float])) == "2x3 image, 1 channel\n++++\n@@@@\n\n")
    let rows = String(repeating: "\n", count: 2)
    #expect(try codec.text(tensor([2, 2, 3, 3], [Float](repeating: 0, count: 36))) == "2 of 3x2 images, 3 channels\n" + rows)
    #expect(
      try codec.text(tensor([2, 2, 3, 3], [Float](repeating: 0, count: 36)), as: .json)
        == #"{"count":2,"width":3,"height":2,"channels":3}"#)
    expectRefusal("out: images are [N, H, W, C] with 1, 3 or 4 channels, but the shape is [1, 2, 2, 2]") {
      _ = try codec.text(tensor([1, 2, 2, 2], [Float](repeating: 0, count: 8)))
    }
    expectRefusal("out: images are made of f32, not of i64 [1, 1, 1, 1]") { _ = try codec.text(tensor([1, 1, 1, 1], [Int64(1)], .i64)) }
  }
}
