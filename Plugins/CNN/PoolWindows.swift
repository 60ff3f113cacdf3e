import ZooKernels
import ZooPlugin

/// The attributes of pooling: how windows lie over an image.
struct PoolWindows {
  var size = [1]
  var stride: [Int]?
  var padding = Padding.valid

  /// The attributes of a layer that has its windows at `path`.
  static func attributes<Owner>(_ path: WritableKeyPath<Owner, PoolWindows>) -> [Attribute<Owner>] {
    [
      Attribute("size", path.appending(path: \.size), .required, in: pixels, "Height and width of the windows, in pixels."),
      Attribute(
        "stride", path.appending(path: \.stride), in: pixels, "Pixels from one window to the next, down and across; as many as size."),
      Attribute(
        "padding", path.appending(path: \.padding), in: 0...1_000_000,
        "Pixels around the image: same, valid, or their number for all sides, (height, width) or four."),
    ]
  }

  /// Windows over the images `x`, each with at least one pixel that is not padding.
  func axes(over x: Spec) throws(LayerError) -> (height: WindowAxis, width: WindowAxis) {
    let size = try size.pair("size")
    let stride = try (stride ?? self.size).pair("stride")
    let padding = try padding.axes()
    return (
      try axis("height", x.shape[1], size.height, stride.height, padding.height),
      try axis("width", x.shape[2], size.width, stride.width, padding.width)
    )
  }

  private func axis(
    _ name: String, _ input: Int, _ size: Int, _ stride: Int, _ padding: WindowAxis.Padding
  ) throws(LayerError) -> WindowAxis {
    if case .explicit(let before, let after) = padding, max(before, after) >= size {
      throw .attribute("padding of \(max(before, after)) pixels must be smaller than windows, whose \(name) is \(size)")
    }
    return try WindowAxis(name, input: input, size: size, stride: stride, padding: padding)
  }
}
