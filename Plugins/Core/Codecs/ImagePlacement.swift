/// A part of an axis, in pixels; its ends may lie between two.
struct ImageInterval {
  var start: Double
  var length: Double
}

/// Which part of an image goes where when its size changes, by the arithmetic of Pillow's ImageOps.pad and ImageOps.fit.
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
    rows = ImageInterval(start: 0, length: Double(file.height))
    columns = ImageInterval(start: 0, length: Double(file.width))
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
        columns.length = wantedRatio * Double(file.height)
        columns.start = (Double(file.width) - columns.length) / 2
      } else {
        rows.length = Double(file.width) / wantedRatio
        rows.start = (Double(file.height) - rows.length) / 2
      }
    }
  }
}

/// As Python's `round`: halves to the even one.
private func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }
