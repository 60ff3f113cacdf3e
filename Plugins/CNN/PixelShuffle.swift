import CKernels
import ZooKernels
import ZooPlugin

/// Channels dealt out to pixels: images with fewer channels and more pixels (depth to space).
///
///     y[n, i r + p, j r + q, c] = x[n, i, j, c r r + p r + q]
///
/// - Shapes: `x` is `[N, H, W, C r r]`, `y` is `[N, H r, W r, C]`, the channels in the order of PyTorch's `PixelShuffle`.
/// - Reference: Shi et al. 2016, <https://arxiv.org/abs/1609.05158>.
struct PixelShuffle: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.pixel_shuffle", "Channels dealt out to pixels: images with fewer channels and more pixels.",
      formula: "y[n, i r + p, j r + q, c] = x[n, i, j, c r r + p r + q]", reference: "Shi et al. 2016, arXiv:1609.05158",
      attributes: [Shuffled.attribute(\.factor)], inputs: [Port("x", "[N, H, W, C]")], outputs: [Port("y", "[N, H r, W r, C / (r r)]")],
      checks: [CheckCase(#"{"factor": 3}"#, "f32[2, 2, 3, 18]"), CheckCase(#"{"factor": 2}"#, "f32[2, 3, 1, 4]")])
  }

  var factor = 1
  private var shuffled: Shuffled?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.images()
    let area = factor * factor
    guard x.width.isMultiple(of: area) else {
      throw .shape("the \(x.width) channels of x must be a multiple of factor * factor, \(area); its shape is \(x.shape)")
    }
    let fine = Spec([x.shape[0], x.shape[1] * factor, x.shape[2] * factor, x.width / area])
    shuffled = Shuffled(coarse: x, factor: factor)
    return Shuffled.plan(fine)
  }

  func forward(_ call: Call) throws(LayerError) {
    try shuffled?.toSpace(call, from: call.inputs[0].floats, to: call.outputs[0].floats)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try shuffled?.toDepth(call, from: dy, to: dx)
  }
}

/// Pixels gathered into channels: images with more channels and fewer pixels (space to depth).
///
///     y[n, i, j, c r r + p r + q] = x[n, i r + p, j r + q, c]
///
/// - Shapes: `x` is `[N, H r, W r, C]`, `y` is `[N, H, W, C r r]`, the channels in the order of PyTorch's `PixelUnshuffle`.
/// - Reference: Shi et al. 2016, <https://arxiv.org/abs/1609.05158>.
struct PixelUnshuffle: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "cnn.pixel_unshuffle", "Pixels gathered into channels: images with more channels and fewer pixels.",
      formula: "y[n, i, j, c r r + p r + q] = x[n, i r + p, j r + q, c]", reference: "Shi et al. 2016, arXiv:1609.05158",
      attributes: [Shuffled.attribute(\.factor)], inputs: [Port("x", "[N, H, W, C]")], outputs: [Port("y", "[N, H / r, W / r, C r r]")],
      checks: [CheckCase(#"{"factor": 3}"#, "f32[2, 6, 3, 2]"), CheckCase(#"{"factor": 2}"#, "f32[2, 2, 4, 3]")])
  }

  var factor = 1
  private var shuffled: Shuffled?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.images()
    guard x.shape[1].isMultiple(of: factor), x.shape[2].isMultiple(of: factor) else {
      throw .shape("height and width of x must be multiples of factor, \(factor), but its shape is \(x.shape)")
    }
    let coarse = Spec([x.shape[0], x.shape[1] / factor, x.shape[2] / factor, x.width * factor * factor])
    shuffled = Shuffled(coarse: coarse, factor: factor)
    return Shuffled.plan(coarse)
  }

  func forward(_ call: Call) throws(LayerError) {
    try shuffled?.toDepth(call, from: call.inputs[0].floats, to: call.outputs[0].floats)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try shuffled?.toSpace(call, from: dy, to: dx)
  }
}

/// The same numbers as a few pixels of many channels and as many of few.
private struct Shuffled {
  private let rows: Int
  private let width: Int
  private let channels: Int
  private let factor: Int

  init(coarse: Spec, factor: Int) {
    (rows, width, channels) = (coarse.shape[0] * coarse.shape[1], coarse.shape[2], coarse.width / (factor * factor))
    self.factor = factor
  }

  static func attribute<Owner>(_ path: WritableKeyPath<Owner, Int>) -> Attribute<Owner> {
    Attribute("factor", path, .required, in: 1...1024, "r: how many pixels of the larger image are one of the smaller, down and across.")
  }

  static func plan(_ y: Spec) -> Plan {
    var plan = Plan(outputs: [y])
    plan.isRowIndependent = true
    return plan
  }

  func toSpace(_ call: Call, from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>) throws(LayerError) {
    try parallel(call) { zoo_depth_to_space(from, Int64(width), Int64(channels), Int64(factor), to, $0, $1) }
  }

  func toDepth(_ call: Call, from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>) throws(LayerError) {
    try parallel(call) { zoo_space_to_depth(from, Int64(width), Int64(channels), Int64(factor), to, $0, $1) }
  }

  private func parallel(_ call: Call, _ kernel: (_ from: Int64, _ to: Int64) -> Void) throws(LayerError) {
    try call.parallel(rows, grain: Grain.moving(floats: 2 * width * channels * factor * factor)) { part, _ in
      kernel(Int64(part.lowerBound), Int64(part.upperBound))
    }
  }
}
