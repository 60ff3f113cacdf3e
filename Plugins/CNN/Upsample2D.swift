import ZooKernels
import ZooPlugin

/// Images made larger, or smaller, by copying or interpolating pixels.
///
///     nearest: y[n, i, j, c] = x[n, floor(i r), floor(j s), c]
///     bilinear: y[n, i, j, c] = x at ((i + 1/2) r - 1/2, (j + 1/2) s - 1/2), interpolated linearly between pixels; the edge goes on outside
///     r = H / H', s = W / W'; where scale is given, r and s are its inverses and H' = floor(H scale)
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', C]`. As PyTorch's `Upsample` with `align_corners=False`, but channels last.
struct Upsample2D: DifferentiableLayer {
  /// How pixels come about.
  enum Mode: String, CaseIterable, AttributeValue { case nearest, bilinear }

  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.upsample2d", "Images made larger, or smaller, by copying or interpolating pixels.",
      formula: "nearest: y[n, i, j, c] = x[n, floor(i r), floor(j s), c]; "
        + "bilinear: y[n, i, j, c] = x at ((i + 1/2) r - 1/2, (j + 1/2) s - 1/2), interpolated linearly; r = H / H', s = W / W'",
      attributes: [
        Attribute("scale", \.scale, in: 1e-6...1e6, "How much larger y is: one number, or height and width."),
        Attribute("size", \.size, in: pixels, "Instead of scale: height and width of y, in pixels."),
        Attribute("mode", \.mode, "Whether pixels are copied (nearest) or interpolated (bilinear)."),
      ], inputs: [Port("x", "[N, H, W, C]")], outputs: [Port("y", "[N, H', W', C]")],
      checks: [
        CheckCase(#"{"scale": 2}"#, "f32[2, 3, 4, 3]"), CheckCase(#"{"size": [5, 7], "mode": "bilinear"}"#, "f32[2, 3, 4, 3]"),
      ])
  }

  var scale: [Double]?
  var size: [Int]?
  var mode = Mode.nearest
  private var resizing: Resizing?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.images()
    var axes: [ResizedAxis] = []
    for (i, name) in ["height", "width"].enumerated() {
      let from = x.shape[1 + i]
      let (to, ratio) = try target(i, name, from)
      guard from < 1 << 24, to < 1 << 24 else { throw .shape("a \(name) of \(max(from, to)) pixels is too large") }
      switch mode {
      case .nearest: axes.append(ResizedAxis(nearest: from, to: to, ratio: ratio))
      case .bilinear: axes.append(ResizedAxis(linear: from, to: to, ratio: ratio))
      }
    }
    let y = Spec([x.shape[0], axes[0].to, axes[1].to, x.width])
    guard let count = product(y.shape), count < 1 << 40 else { throw .attribute("an output of \(y.shape) elements is too large") }
    let resizing = Resizing(images: x.shape[0], rows: axes[0], columns: axes[1], channels: x.width)
    self.resizing = resizing
    var plan = Plan(outputs: [y])
    plan.forwardScratch = resizing.scratchBytes(threads: request.threadCount)
    plan.backwardScratch = plan.forwardScratch
    plan.isRowIndependent = true
    plan.accumulates = true
    plan.flops = mode == .nearest ? 0 : 4 * Double(y.count)
    return plan
  }

  /// The pixels along axis `i` of y, and those of x to each of them.
  private func target(_ i: Int, _ name: String, _ from: Int) throws(LayerError) -> (to: Int, ratio: Double) {
    switch (scale, size) {
    case (let scale?, nil):
      guard (1...2).contains(scale.count) else {
        throw .attribute("scale must be one number or two (height, width), but it has \(scale.count)")
      }
      let scale = scale[i % scale.count]
      let to = Int(Double(from) * scale)
      guard to > 0 else { throw .shape("at a scale of \(scale), nothing is left of the \(name) of x, \(from)") }
      return (to, 1 / scale)
    case (nil, let size?):
      let pair = try size.pair("size")
      let to = i == 0 ? pair.height : pair.width
      return (to, Double(from) / Double(to))
    default: throw .attribute("give either scale or size")
    }
  }

  func forward(_ call: Call) throws(LayerError) {
    try resizing?.forward(call, call.inputs[0].floats, into: call.outputs[0].floats)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let gradient = call.inputGradients.optional(0) else { return }
    let adds = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0)?.floats else {
      if !adds { gradient.floats.update(repeating: 0, count: gradient.count) }
      return
    }
    try resizing?.backward(call, dy: dy, into: gradient.floats, adds: adds)
  }
}
