import CKernels
import ZooPlugin

/// A window that lies somewhere else in each image, in training alone.
///
///     y[n, i, j, c] = x[n, i + row_n, j + column_n, c], and `fill` outside of x
///
/// Rows and columns are drawn evenly from ranges. Where each lies depends on the run's seed, the layer's path, the step and the image's place
/// in the batch.
protocol RandomWindow: DifferentiableLayer {
  /// What surrounds the images.
  var fill: Float { get set }
  /// What the plan found out.
  var window: PlannedWindow { get set }
  /// The window's size and where it may begin.
  func placement(in x: ImageBatch) throws(LayerError) -> WindowPlacement
}

/// The size of a window, and where in an image it may begin.
struct WindowPlacement {
  var height: Int
  var width: Int
  var rows: ClosedRange<Int>
  var columns: ClosedRange<Int>
  /// Where it begins in inference.
  var still: (row: Int, column: Int)
}

/// A window that is planned for images.
struct PlannedWindow {
  var images = ImageBatch()
  var placement = WindowPlacement(height: 0, width: 0, rows: 0...0, columns: 0...0, still: (0, 0))
  var isDrawn = false

  /// For kernels.
  var shape: zoo_window {
    zoo_window(
      in_height: Int64(images.height), in_width: Int64(images.width), out_height: Int64(placement.height),
      out_width: Int64(placement.width), channels: Int64(images.channels))
  }

  /// The elements of one image that comes out.
  var size: Int { placement.height * placement.width * images.channels }

  /// Where the window of an image begins, by 64 random bits for each axis.
  func start(_ bits: UnsafePointer<UInt64>?, _ image: Int) -> (row: Int64, column: Int64) {
    guard let bits else { return (Int64(placement.still.row), Int64(placement.still.column)) }
    let (rows, columns) = (placement.rows, placement.columns)
    return (
      Int64(rows.lowerBound + pick(bits[2 * image], of: rows.count)),
      Int64(columns.lowerBound + pick(bits[2 * image + 1], of: columns.count))
    )
  }
}

extension RandomWindow {
  static var fillAttribute: Attribute<Self> { Attribute("fill", \.fill, in: -1e30...1e30, "What lies around the images.") }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    let images = try ImageBatch(x)
    let placement = try placement(in: images)
    let isDrawn = request.isTraining && (placement.rows.count > 1 || placement.columns.count > 1)
    window = PlannedWindow(images: images, placement: placement, isDrawn: isDrawn)
    let y = try Spec.checked([images.count, placement.height, placement.width, images.channels], .f32)
    var plan = Plan(outputs: [y])
    if isDrawn { plan.saved = [try Spec.checked([images.count, 2], .i64, "x")] }
    plan.isRowIndependent = !isDrawn
    plan.accumulates = true
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (window, fill, x, y) = (window, fill, call.inputs[0].floats, call.outputs[0].floats)
    let bits = window.isDrawn ? call.saved[0].pointer(to: UInt64.self) : nil
    if let bits { try call.random(.bits, into: bits, count: 4 * window.images.count) }
    try call.images(window.images.count, of: window.size) { i in
      let start = window.start(bits, i)
      zoo_window_forward(window.shape, x + i * window.images.size, start.row, start.column, fill, y + i * window.size)
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let gradient = call.inputGradients.optional(0) else { return }
    let adds = call.accumulatesInput(0)
    guard let source = call.outputGradients.optional(0) else { return call.clear(gradient, unlessAdding: adds) }
    let (window, dy, dx) = (window, source.floats, gradient.floats)
    let bits = window.isDrawn ? call.saved[0].pointer(to: UInt64.self) : nil
    try call.images(window.images.count, of: window.images.size) { i in
      let start = window.start(bits, i)
      zoo_window_backward(window.shape, dy + i * window.size, start.row, start.column, dx + i * window.images.size, adds ? 1 : 0)
    }
  }
}
