/// A part of an axis, in pixels; its ends may lie between two.
struct ImageInterval {
  let start: Double
  let length: Double

  /// All of an axis of so many pixels.
  init(all count: Int) { (start, length) = (0, Double(count)) }

  /// What becomes pixels `range` when `count` pixels become `resized` of them.
  init(of range: Range<Int>, whenResizing count: Int, to resized: Int) {
    let scale = Double(count) / Double(resized)
    (start, length) = (Double(range.lowerBound) * scale, Double(range.count) * scale)
  }

  /// `length` pixels in the middle of `whole`.
  ///
  /// Pillow keeps the ends in f32; where a pixel's centre falls between two of the source, that decides.
  init(middle length: Double, of whole: Double) {
    let start = (whole - length) / 2
    self.start = Double(Float(start))
    self.length = Double(Float(start + length) - Float(start))
  }
}

/// Which part of an image goes where when its size changes, by the arithmetic of Pillow's ImageOps.pad and ImageOps.fit, or of
/// torchvision's Resize and CenterCrop.
struct ImagePlacement {
  /// The part of the source that is used.
  private(set) var rows: ImageInterval
  private(set) var columns: ImageInterval
  /// The size that the part gets, and where it lies in the whole.
  private(set) var height: Int
  private(set) var width: Int
  private(set) var top = 0
  private(set) var left = 0

  init(_ resize: ImageCodec.Resize, from file: (height: Int, width: Int), to size: (height: Int, width: Int)) {
    rows = ImageInterval(all: file.height)
    columns = ImageInterval(all: file.width)
    (height, width) = size
    let ratio = Double(file.width) / Double(file.height)
    let wantedRatio = Double(size.width) / Double(size.height)
    if ratio == wantedRatio { return }
    switch resize {
    case .none, .stretch: break
    case .fit:
      if ratio > wantedRatio {
        height = max(1, rounded(Double(file.height) / Double(file.width) * Double(size.width)))
        top = rounded(Double(size.height - height) / 2)
      } else {
        width = max(1, rounded(ratio * Double(size.height)))
        left = rounded(Double(size.width - width) / 2)
      }
    case .crop:
      if ratio > wantedRatio {
        columns = ImageInterval(middle: wantedRatio * Double(file.height), of: Double(file.width))
      } else {
        rows = ImageInterval(middle: Double(file.width) / wantedRatio, of: Double(file.height))
      }
    }
  }

  /// The middle of an image whose shorter side has been made `shorterSide` pixels long; nil: there is less than `size` of it.
  init?(shorterSide: Int, from file: (height: Int, width: Int), to size: (height: Int, width: Int)) {
    let shorter = min(file.height, file.width)
    func resized(_ length: Int) -> Int? {
      let (product, overflows) = length.multipliedReportingOverflow(by: shorterSide)
      return overflows ? nil : product / shorter
    }
    func middle(_ length: Int, of whole: Int) -> Range<Int> {
      let start = rounded(Double(whole - length) / 2)
      return start..<start + length
    }
    guard let height = resized(file.height), let width = resized(file.width), height >= size.height, width >= size.width else { return nil }
    rows = ImageInterval(of: middle(size.height, of: height), whenResizing: file.height, to: height)
    columns = ImageInterval(of: middle(size.width, of: width), whenResizing: file.width, to: width)
    (self.height, self.width) = size
  }
}

/// As Python's `round`: halves to the even one.
private func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }
