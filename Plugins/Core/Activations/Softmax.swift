import CKernels
import ZooPlugin

/// Probabilities in the proportion of the exponentials along one axis.
///
///     y[i] = exp(x[i] - max_j x[j]) / sum_k exp(x[k] - max_j x[j])
///
/// - Shapes: any of rank 1 or more; `y` has that of `x`.
/// - Reference: Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
struct Softmax: NormalizedExponential {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.softmax", "Probabilities in the proportion of the exponentials along one axis.",
      formula: "y[i] = exp(x[i]) / sum_k exp(x[k]), with the maximum subtracted first",
      reference: "Bridle 1990, Probabilistic interpretation of feedforward classification network outputs",
      attributes: [axisAttribute])
  }

  var axis = -1
  var layout = AxisLayout()

  static var kernels: NormalizedExponentialKernels {
    .init(
      rows: zoo_softmax_rows, columns: zoo_softmax_columns,
      rowsBackward: zoo_softmax_rows_backward, columnsBackward: zoo_softmax_columns_backward)
  }
}

/// The logarithm of softmax, which stays exact where softmax itself would round to 0.
///
///     y[i] = (x[i] - max_j x[j]) - log(sum_k exp(x[k] - max_j x[j]))
///
/// - Shapes: any of rank 1 or more; `y` has that of `x`.
struct LogSoftmax: NormalizedExponential {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.log_softmax", "The logarithm of softmax, which stays exact where softmax itself would round to 0.",
      formula: "y[i] = x[i] - log(sum_k exp(x[k])), with the maximum subtracted first", attributes: [axisAttribute])
  }

  var axis = -1
  var layout = AxisLayout()

  static var kernels: NormalizedExponentialKernels {
    .init(
      rows: zoo_log_softmax_rows, columns: zoo_log_softmax_columns,
      rowsBackward: zoo_log_softmax_rows_backward, columnsBackward: zoo_log_softmax_columns_backward)
  }
}

/// What softmax and its logarithm have in common: everything but the kernels.
protocol NormalizedExponential: DifferentiableLayer {
  /// Along which axis; negative ones count from the last.
  var axis: Int { get set }
  /// The tensor as the kernels see it.
  var layout: AxisLayout { get set }
  /// The kernels that compute it, along rows and along columns.
  static var kernels: NormalizedExponentialKernels { get }
}

/// The kernels of `softmax.h`.
struct NormalizedExponentialKernels {
  var rows: @convention(c) (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int64, Int64) -> Void
  var columns: @convention(c) (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int64, Int64, Int64) -> Void
  var rowsBackward: @convention(c) (UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int64, Int64, Int32) -> Void
  var columnsBackward:
    @convention(c) (UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int64, Int64, Int64, Int32) -> Void
}

extension NormalizedExponential {
  static var axisAttribute: Attribute<Self> {
    Attribute("axis", \.axis, in: -8...7, "The axis along which y sums to 1; negative ones count from the last.")
  }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0, rank: 1...8)
    layout = try AxisLayout(of: x, axis: axis)
    var plan = Plan(outputs: [x])
    plan.aliases = [(output: 0, input: 0)]
    plan.neededOutputs = [0]
    plan.isRowIndependent = layout.axis != 0
    plan.accumulates = true
    plan.flops = 5 * Double(x.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (kernels, n, x, y) = (Self.kernels, layout.length, call.inputs[0].floats, call.outputs[0].floats)
    if layout.inner == 1 {
      try call.rows(layout.outer, of: n, grain: Grain.heavy) { part in
        kernels.rows(x + part.lowerBound * n, y + part.lowerBound * n, Int64(part.count), Int64(n))
      }
    } else {
      let inner = layout.inner
      try layout.forEachStrip(call) { start, width in
        kernels.columns(x + start, y + start, Int64(n), Int64(inner), Int64(width))
      }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let gradient = call.inputGradients.optional(0) else { return }
    let adds = call.accumulatesInput(0)
    guard let source = call.outputGradients.optional(0) else { return call.clear(gradient, unlessAdding: adds) }
    let (kernels, n) = (Self.kernels, layout.length)
    let (y, dy, dx, flag) = (call.outputs[0].floats, source.floats, gradient.floats, Int32(adds ? 1 : 0))
    if layout.inner == 1 {
      try call.rows(layout.outer, of: n, grain: Grain.heavy) { part in
        let start = part.lowerBound * n
        kernels.rowsBackward(y + start, dy + start, dx + start, Int64(part.count), Int64(n), flag)
      }
    } else {
      let inner = layout.inner
      try layout.forEachStrip(call) { start, width in
        kernels.columnsBackward(y + start, dy + start, dx + start, Int64(n), Int64(inner), Int64(width), flag)
      }
    }
  }
}

/// A tensor seen along one of its axes: `[outer, length, inner]`.
struct AxisLayout {
  var axis = 0
  var outer = 1
  var length = 1
  var inner = 1

  /// A layout to be planned.
  init() {}

  /// `x` along `axis`, which may be negative.
  init(of x: Spec, axis: Int) throws(LayerError) {
    guard (-x.rank..<x.rank).contains(axis) else {
      throw .attribute("axis \(axis) is not one of x, whose shape is \(x)")
    }
    self.axis = axis < 0 ? axis + x.rank : axis
    outer = x.shape[..<self.axis].reduce(1, *)
    length = x.shape[self.axis]
    inner = x.shape[(self.axis + 1)...].reduce(1, *)
    guard length > 0 else { throw .shape("axis \(axis) of x must not be empty, but the shape is \(x)") }
  }

  /// Calls `body` with the offset and width of strips of neighbouring columns, on the host's threads.
  ///
  /// Where strips begin does not depend on the number of threads.
  func forEachStrip(_ call: Call, _ body: (_ start: Int, _ width: Int) -> Void) throws(LayerError) {
    let columns = Int(ZOO_SOFTMAX_COLUMNS)
    let (strips, slice, inner) = ((inner + columns - 1) / columns, length * inner, inner)
    try call.rows(outer * strips, of: length * min(columns, inner), grain: Grain.heavy) { part in
      for strip in part {
        let column = strip % strips * columns
        body(strip / strips * slice + column, min(columns, inner - column))
      }
    }
  }
}
