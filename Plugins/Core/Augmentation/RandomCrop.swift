import ZooPlugin

/// Cuts a window out of each image, in training anywhere, otherwise out of the middle.
///
///     y[n, i, j, c] = x[n, i + row_n, j + column_n, c], and `fill` outside of x
///     -padding <= row_n <= H + padding - height, and likewise for columns
///
/// With padding and the images' own size it moves them: the usual augmentation of CIFAR-10 has a padding of 4.
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, height, width, C]`.
/// - Reference: He et al. 2016, <https://arxiv.org/abs/1512.03385>; torchvision's `RandomCrop`, and `CenterCrop` in inference.
struct RandomCrop: RandomWindow {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.random_crop", "Cuts a window out of each image, in training anywhere, otherwise out of the middle.",
      formula: "y[n, i, j, c] = x[n, i + row_n, j + column_n, c], and 'fill' outside of x", reference: "He et al. 2016, arXiv:1512.03385",
      attributes: [
        Attribute("height", \.height, in: 1...1e9, "Of the window; that of the images if absent."),
        Attribute("width", \.width, in: 1...1e9, "Of the window; that of the images if absent."),
        Attribute("padding", \.padding, in: 0...1e6, "How far the window may lie outside, in pixels."), fillAttribute,
      ], inputs: [ImageBatch.port], outputs: [Port("y", "[N, height, width, C]")])
  }

  var height: Int?
  var width: Int?
  var padding = 0
  var fill: Float = 0
  var window = PlannedWindow()

  func placement(in x: ImageBatch) throws(LayerError) -> WindowPlacement {
    let (height, width) = (height ?? x.height, width ?? x.width)
    guard height <= x.height + 2 * padding, width <= x.width + 2 * padding else {
      throw .shape(
        "a window of \(height) by \(width) does not fit into images of \(x.height) by \(x.width) with a padding of \(padding)")
    }
    return WindowPlacement(
      height: height, width: width, rows: -padding...x.height + padding - height, columns: -padding...x.width + padding - width,
      still: ((x.height - height) / 2, (x.width - width) / 2))
  }
}
