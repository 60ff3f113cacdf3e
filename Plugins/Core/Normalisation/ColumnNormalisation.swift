import CKernels
import ZooPlugin

/// What batch, group and instance normalisation have in common: statistics over rows and groups of neighbouring channels.
///
/// Each sample has its own. For batch normalisation the batch is one sample, and each channel a group.
///
///     z = (x - mean) / sqrt(variance + epsilon)
///     y = weight[c] z + bias[c]
///
/// The work is cut into blocks of a fixed number of rows, whose statistics are put together in f64.
struct ColumnNormalisation {
  /// One sample, `[rows, channels]`, as the kernels see it.
  private var shape = zoo_columns()
  private(set) var samples = 1
  private(set) var groups = 1

  init() {}

  init(samples: Int, rows: Int, channels: Int, groups: Int) {
    shape = zoo_columns_make(Int64(rows), Int64(channels))
    (self.samples, self.groups) = (samples, groups)
  }

  var rows: Int { Int(shape.rows) }
  var channels: Int { Int(shape.channels) }
  private var width: Int { Int(shape.width) }
  private var blocks: Int { Int(shape.blocks) }
  /// The elements of a sample.
  private var size: Int { rows * channels }
  /// Blocks below which one thread is faster.
  private var grain: Int { max(Grain.light / (width * Int(ZOO_NORM_LINES)), 1) }

  /// The statistics of every group: mean, what rounding took from it, and one over the deviation.
  var norms: Spec { Spec([samples, groups, 3]) }

  /// Where things are in scratch: f64 first, so that everything is aligned.
  private struct Scratch {
    /// Two sums for each channel: `[samples, 2, channels]`.
    let channels: UnsafeMutablePointer<Double>
    /// What each block found: `[samples, blocks, parts, width]`.
    let blocks: UnsafeMutablePointer<Float>
    /// What is applied to every element: `[samples, 4, width]`.
    let tables: UnsafeMutablePointer<Float>
    /// The statistics, where nobody keeps them: `[samples, groups]`.
    let norms: UnsafeMutablePointer<zoo_norm>

    init(_ memory: UnsafeMutableRawPointer, _ layer: ColumnNormalisation, parts: Int) {
      channels = memory.assumingMemoryBound(to: Double.self)
      blocks = (memory + layer.samples * 2 * layer.channels * 8).assumingMemoryBound(to: Float.self)
      tables = blocks + layer.samples * layer.blocks * parts * layer.width
      norms = UnsafeMutableRawPointer(tables + layer.samples * 4 * layer.width).assumingMemoryBound(to: zoo_norm.self)
    }

    static func byteCount(_ layer: ColumnNormalisation, parts: Int) -> Int {
      let floats = layer.blocks * parts * layer.width + 4 * layer.width
      return layer.samples * (2 * layer.channels * 8 + floats * 4 + layer.groups * MemoryLayout<zoo_norm>.stride)
    }
  }

  /// The scratch of `forward`, in bytes.
  var forwardScratch: Int { Scratch.byteCount(self, parts: 3) }
  /// The scratch of `backward`, in bytes.
  var backwardScratch: Int { Scratch.byteCount(self, parts: 2) }

  /// Normalises by the statistics of the input itself, and keeps them in `saved` if there is one.
  ///
  /// `measured` sees the mean of each channel and the sum of its squared distances from it, once for each sample.
  func forward(
    _ call: Call, epsilon: Double, weight: UnsafePointer<Float>?, bias: UnsafePointer<Float>?, saved: Tensor?,
    measured: (_ mean: UnsafePointer<Double>, _ squares: UnsafePointer<Double>) -> Void = { _, _ in }
  ) throws(LayerError) {
    let scratch = Scratch(call.scratch, self, parts: 3)
    let norms = saved.map { UnsafeMutableRawPointer($0.floats).assumingMemoryBound(to: zoo_norm.self) } ?? scratch.norms
    let (x, y) = (call.inputs[0].floats, call.outputs[0].floats)
    try call.parallel(samples * blocks, grain: grain) { part, _ in
      for i in part {
        let sample = i / blocks
        withUnsafePointer(to: shape) {
          zoo_columns_moments($0, x + sample * size, Int64(i % blocks), scratch.blocks + sample * blocks * 3 * width)
        }
      }
    }
    try call.parallel(samples, grain: grain) { part, _ in
      for sample in part {
        let mean = scratch.channels + sample * 2 * channels
        let (squares, norms) = (mean + channels, norms + sample * groups)
        withUnsafePointer(to: shape) {
          zoo_columns_statistics($0, x + sample * size, scratch.blocks + sample * blocks * 3 * width, mean, squares)
          zoo_groups_norms($0, Int64(groups), mean, squares, epsilon, norms)
          zoo_groups_table($0, Int64(groups), norms, weight, bias, scratch.tables + sample * 4 * width)
        }
      }
    }
    for sample in 0..<samples { measured(scratch.channels + sample * 2 * channels, scratch.channels + (sample * 2 + 1) * channels) }
    try apply(call, scratch.tables, x, y)
  }

  /// Normalises by statistics from elsewhere: one sample, in which each channel is a group.
  func forward(
    _ call: Call, epsilon: Double, weight: UnsafePointer<Float>?, bias: UnsafePointer<Float>?, mean: UnsafePointer<Float>,
    variance: UnsafePointer<Float>
  ) throws(LayerError) {
    let scratch = Scratch(call.scratch, self, parts: 3)
    for c in 0..<channels {
      scratch.norms[c] = zoo_norm(mean: mean[c], mean_rest: 0, scale: Float(1 / (Double(variance[c]) + epsilon).squareRoot()))
    }
    withUnsafePointer(to: shape) { zoo_groups_table($0, Int64(groups), scratch.norms, weight, bias, scratch.tables) }
    try apply(call, scratch.tables, call.inputs[0].floats, call.outputs[0].floats)
  }

  private func apply(
    _ call: Call, _ tables: UnsafeMutablePointer<Float>, _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    try call.parallel(samples * blocks, grain: grain) { part, _ in
      for i in part {
        let start = i / blocks * size
        withUnsafePointer(to: shape) {
          zoo_columns_apply($0, x + start, tables + i / blocks * 4 * width, Int64(i % blocks), y + start)
        }
      }
    }
  }

  /// The gradients by x, and by weight and bias if the layer has them, from the statistics that `forward` kept.
  func backward(_ call: Call, weight: UnsafePointer<Float>?, saved: Tensor) throws(LayerError) {
    guard let source = call.outputGradients.optional(0) else { return call.clearGradients() }
    let scratch = Scratch(call.scratch, self, parts: 2)
    let norms = UnsafeMutableRawPointer(saved.floats).assumingMemoryBound(to: zoo_norm.self)
    let (x, dy) = (call.inputs[0].floats, source.floats)
    for sample in 0..<samples {
      withUnsafePointer(to: shape) {
        zoo_groups_centre($0, Int64(groups), norms + sample * groups, scratch.tables + sample * 4 * width)
      }
    }
    try call.parallel(samples * blocks, grain: grain) { part, _ in
      for i in part {
        let sample = i / blocks
        withUnsafePointer(to: shape) {
          zoo_columns_products(
            $0, x + sample * size, dy + sample * size, scratch.tables + sample * 4 * width, Int64(i % blocks),
            scratch.blocks + sample * blocks * 2 * width)
        }
      }
    }
    try call.parallel(samples, grain: grain) { part, _ in
      for sample in part {
        let (sum, table) = (scratch.channels + sample * 2 * channels, scratch.tables + sample * 4 * width)
        withUnsafePointer(to: shape) {
          zoo_columns_totals(
            $0, x + sample * size, dy + sample * size, table, scratch.blocks + sample * blocks * 2 * width, sum, sum + channels)
          zoo_groups_table_backward($0, Int64(groups), norms + sample * groups, weight, sum, sum + channels, table)
        }
      }
    }
    if let gradient = call.inputGradients.optional(0) {
      let (dx, adds) = (gradient.floats, Int32(call.accumulatesInput(0) ? 1 : 0))
      try call.parallel(samples * blocks, grain: grain) { part, _ in
        for i in part {
          let start = i / blocks * size
          withUnsafePointer(to: shape) {
            zoo_columns_apply_backward(
              $0, x + start, dy + start, scratch.tables + i / blocks * 4 * width, Int64(i % blocks), dx + start, adds)
          }
        }
      }
    }
    addUp(call, parameter: 0, scratch.channels + channels)
    addUp(call, parameter: 1, scratch.channels)
  }

  /// The gradient by weight or bias: the sum over samples of what starts at `totals`, `2 channels` apart.
  private func addUp(_ call: Call, parameter: Int, _ totals: UnsafePointer<Double>) {
    guard let gradient = call.parameterGradients.optional(parameter) else { return }
    let (target, adds) = (gradient.floats, call.accumulatesParameter(parameter))
    for c in 0..<channels {
      var total = 0.0
      for sample in 0..<samples { total += totals[sample * 2 * channels + c] }
      target[c] = adds ? target[c] + Float(total) : Float(total)
    }
  }
}
