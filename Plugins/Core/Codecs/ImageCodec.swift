import ZooPlugin

/// PNG and JPEG files as [H, W, C], and back.
struct ImageCodec: Codec {
  /// What to do with an image whose size is not the port's.
  enum Resize: String, CaseIterable, AttributeValue {
    /// Refuse it.
    case none
    /// Stretch it to the port's size.
    case stretch
    /// Show all of it, with black bars beside it.
    case fit
    /// Fill the port, and cut off what does not fit.
    case crop
  }

  var channels: Int?
  var resize = Resize.stretch
  var shorterSide: Int?
  var filter = ImageFilter.bilinear
  var invert = false
  var mean: [Double]?
  var deviation: [Double]?
  var format = ImageFile.Format.png
  var quality = 90

  static var declaration: CodecDeclaration<Self> {
    CodecDeclaration(
      "image", "PNG and JPEG images, channels last, from 0 (black) to 1 unless normalised otherwise.", extensions: ["png", "jpg", "jpeg"],
      attributes: [
        Attribute(
          "channels", \.channels, in: 1...4,
          "1 (grey), 3 (RGB) or 4 (RGB and alpha), whatever the file has; if not given, what the port takes, else 3."),
        Attribute(
          "resize", \.resize,
          "If the file's size is not the port's: 'stretch' it, 'fit' all of it between black bars, 'crop' it to fill, or 'none': refuse it."
        ),
        Attribute(
          "shorter_side", \.shorterSide, in: 1...1_000_000,
          "When cropping: make the shorter side so many pixels long, and cut the port's size out of the middle."),
        Attribute("filter", \.filter, "How to resize, as Pillow does; all but 'nearest' average when shrinking."),
        Attribute("invert", \.invert, "Make black white and white black."),
        Attribute("mean", \.mean, "Subtract this from 0..1; one number, or one for each channel."),
        Attribute("deviation", \.deviation, "Divide by this, after subtracting the mean; one number, or one for each channel."),
        Attribute("format", \.format, "The type of file that is written."),
        Attribute("quality", \.quality, in: 1...100, "How good a JPEG is written, from 1 to 100."),
      ])
  }

  func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec {
    let file = try ImageFile.size(bytes)
    guard let wanted else { return Spec([file.height, file.width, try checkedChannels(channels ?? 3)]) }
    guard wanted.dtype == .f32 else { throw .data("an image becomes f32, but the port takes \(wanted.dtype)") }
    guard wanted.rank == 3 || wanted.rank == 4 else {
      throw .data("an image becomes [H, W, C] or [N, H, W, C], but the port has \(wanted.rank) axes")
    }
    let axes = wanted.shape.suffix(3).map { $0 < 0 ? nil : $0 }
    let size = (height: axes[0] ?? file.height, width: axes[1] ?? file.width)
    guard size.height > 0, size.width > 0 else { throw .data("an image cannot become \(size.width)x\(size.height) pixels") }
    guard size == file || resize != .none else {
      throw .data(
        "the image is \(file.width)x\(file.height) pixels, but the port takes \(size.width)x\(size.height), and 'resize' is 'none'")
    }
    _ = try placement(from: file, to: size)
    let found = try checkedChannels(channels ?? axes[2] ?? 3)
    guard axes[2] ?? found == found else { throw .data("'channels' is \(found), but the port takes \(axes[2] ?? found)") }
    _ = try normalization(found)
    return Spec([size.height, size.width, found])
  }

  func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError) {
    let (height, width, channels) = (tensor[tensor.rank - 3], tensor[tensor.rank - 2], tensor[tensor.rank - 1])
    let normalization = try normalization(channels)
    let file = try ImageFile.size(bytes)
    let pixels = try ImageFile.decode(bytes, height: file.height, width: file.width, channels: channels)
    let numbers = UnsafeMutableBufferPointer(start: tensor.floats, count: tensor.count)
    guard let placement = try placement(from: file, to: (height, width)) else {
      normalization.apply(pixels, into: numbers)
      return
    }
    let resized = resized(pixels, file, channels, placement)
    if resized.count < numbers.count { normalization.blacken(numbers) }
    let rowCount = placement.width * channels
    for y in 0..<placement.height {
      let target = ((placement.top + y) * width + placement.left) * channels
      normalization.apply(
        resized[(y * rowCount)..<((y + 1) * rowCount)], into: UnsafeMutableBufferPointer(rebasing: numbers[target..<target + rowCount]))
    }
  }

  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    let images = try ImageGrid(tensor)
    if format == .json { return Array(images.json.utf8) }
    let pixels = try normalization(images.channels).undo(UnsafeBufferPointer(start: tensor.floats, count: tensor.count))
    let (sheet, height, width) = images.arrange(pixels)
    if format == .text {
      return Array((images.description + "\n").utf8)
        + ImageSketch.lines(sheet, height: height, width: width, channels: images.channels)
    }
    return try ImageFile.encode(sheet, height: height, width: width, channels: images.channels, as: self.format, quality: quality)
  }

  /// Which part of the image goes where; nil: it stays as it is.
  private func placement(from file: (height: Int, width: Int), to size: (height: Int, width: Int)) throws(LayerError) -> ImagePlacement? {
    guard let shorterSide else { return file == size ? nil : ImagePlacement(resize, from: file, to: size) }
    guard resize == .crop else { throw .attribute("'shorter_side' goes with 'resize': 'crop', not with '\(resize.rawValue)'") }
    guard let placement = ImagePlacement(shorterSide: shorterSide, from: file, to: size) else {
      throw .data(
        "with its shorter side \(shorterSide) pixels long, the image of \(file.width)x\(file.height) pixels has less than the "
          + "\(size.width)x\(size.height) that the port takes")
    }
    return placement
  }

  private func resized(_ pixels: [UInt8], _ file: (height: Int, width: Int), _ channels: Int, _ placement: ImagePlacement) -> [Float] {
    guard channels == 4 else { return resample(pixels, file, channels: channels, filter, placement) }
    // What is transparent must not bleed its colour into its neighbours: colours count as much as they are seen.
    var seen = pixels.map { Float($0) }
    for i in stride(from: 0, to: seen.count, by: 4) {
      for c in 0..<3 { seen[i + c] *= seen[i + 3] / 255 }
    }
    var resized = resample(seen, file, channels: channels, filter, placement)
    for i in stride(from: 0, to: resized.count, by: 4) where resized[i + 3] > 0 {
      for c in 0..<3 { resized[i + c] *= 255 / resized[i + 3] }
    }
    return resized
  }

  private func checkedChannels(_ channels: Int) throws(LayerError) -> Int {
    guard channels == 1 || channels == 3 || channels == 4 else { throw .attribute("an image has 1, 3 or 4 channels, not \(channels)") }
    return channels
  }

  private func normalization(_ channels: Int) throws(LayerError) -> ImageNormalization {
    try ImageNormalization(channels: channels, invert: invert, mean: mean, deviation: deviation)
  }
}
