import ZooPlugin

/// Moves each image by some pixels, in training alone.
///
///     y[n, i, j, c] = x[n, i + row_n, j + column_n, c], and `fill` outside of x
///     -rows <= row_n <= rows and -columns <= column_n <= columns
///
/// In inference `y = x`.
///
/// - Shapes: `x` and `y` are `[N, H, W, C]`.
/// - Reference: Simard et al. 2003, "Best practices for convolutional neural networks applied to visual document analysis",
///   <https://doi.org/10.1109/ICDAR.2003.1227801>.
struct RandomShift: RandomWindow {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.random_shift", "Moves each image by some pixels, in training alone.",
      formula: "y[n, i, j, c] = x[n, i + row_n, j + column_n, c], and 'fill' outside of x; in inference y = x",
      reference: "Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801",
      attributes: [
        Attribute("rows", \.rows, in: 0...1e6, "The most that it moves up or down, in pixels."),
        Attribute("columns", \.columns, in: 0...1e6, "The most that it moves left or right, in pixels."), fillAttribute,
      ], inputs: [ImageBatch.port], outputs: [Port("y", "[N, H, W, C]")])
  }

  var rows = 2
  var columns = 2
  var fill: Float = 0
  var window = PlannedWindow()

  func placement(in x: ImageBatch) -> WindowPlacement {
    WindowPlacement(height: x.height, width: x.width, rows: -rows...rows, columns: -columns...columns, still: (0, 0))
  }
}
