import ZooPlugin

/// The images in a tensor, and the sheet that shows them all.
struct ImageGrid: CustomStringConvertible {
  private let count: Int
  private let height: Int
  private let width: Int
  /// 1, 3 or 4.
  let channels: Int

  /// Black pixels between neighbours.
  private static let gap = 2

  /// Reads the shape: [N, H, W, C], [H, W, C] with C 1, 3 or 4, [N, H, W] or [H, W].
  init(_ tensor: Tensor) throws(LayerError) {
    let spec = tensor.spec
    guard spec.dtype == .f32 else { throw .data("images are made of f32, not of \(spec)") }
    let isColor = spec.rank == 4 || spec.rank == 3 && [1, 3, 4].contains(spec.width)
    let shape = isColor ? spec.shape : spec.shape + [1]
    guard 3...4 ~= shape.count, [1, 3, 4].contains(shape[shape.count - 1]) else {
      throw .data("images are [N, H, W, C] with 1, 3 or 4 channels, but the shape is \(spec.shape)")
    }
    guard spec.count > 0 else { throw .data("there are no pixels in shape \(spec.shape)") }
    count = shape.count == 4 ? shape[0] : 1
    (height, width, channels) = (shape[shape.count - 3], shape[shape.count - 2], shape[shape.count - 1])
  }

  /// `28x28 image, 1 channel`.
  var description: String {
    "\(count == 1 ? "" : "\(count) of ")\(width)x\(height) \(count == 1 ? "image" : "images"), \(channels) \(channels == 1 ? "channel" : "channels")"
  }

  /// The same for programs.
  var json: String { "{\"count\":\(count),\"width\":\(width),\"height\":\(height),\"channels\":\(channels)}" }

  /// All images on one sheet, row by row, about as many across as down.
  func arrange(_ pixels: [UInt8]) -> (pixels: [UInt8], height: Int, width: Int) {
    if count == 1 { return (pixels, height, width) }
    let across = Int(Double(count).squareRoot().rounded(.up))
    let down = (count + across - 1) / across
    let sheetHeight = down * (height + Self.gap) - Self.gap
    let sheetWidth = across * (width + Self.gap) - Self.gap
    var sheet = [UInt8](repeating: 0, count: sheetHeight * sheetWidth * channels)
    for i in 0..<count {
      let (top, left) = (i / across * (height + Self.gap), i % across * (width + Self.gap))
      for y in 0..<height {
        let source = (i * height + y) * width * channels
        let target = ((top + y) * sheetWidth + left) * channels
        sheet.replaceSubrange(target..<target + width * channels, with: pixels[source..<source + width * channels])
      }
    }
    return (sheet, sheetHeight, sheetWidth)
  }
}
