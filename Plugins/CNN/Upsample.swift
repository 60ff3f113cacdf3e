import ZooKernels
import ZooPlugin

/// Images or sequences made larger, or smaller, by copying or interpolating elements.
///
///     nearest: y[n, i, j, c] = x[n, floor(i r), floor(j s), c]
///     bilinear: y[n, i, j, c] = x at ((i + 1/2) r - 1/2, (j + 1/2) s - 1/2), interpolated linearly between pixels; the edge goes on outside
///     r = H / H', s = W / W'; where scale is given, r and s are its inverses and H' = floor(H scale)
///     bilinear with align_corners: x at (i r, j s), r = (H - 1) / (H' - 1), s = (W - 1) / (W' - 1)
///
/// - Shapes: `x` is `[N, H, W, C]`, `y` is `[N, H', W', C]`, and the same with one axis. As PyTorch's `Upsample`, but channels last.
struct Upsample<G: Grid>: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    let one = G.letters[0]
    return Declaration(
      "cnn.upsample\(G.suffix)", "\(G.rank == 1 ? "Sequences" : "Images") made larger, or smaller, by copying or interpolating \(G.unit).",
      formula: "nearest: y[n, \(G.places), c] = x[n, \(G.indices.place.map { "floor(\($0) r)" }.joined(separator: ", ")), c]; "
        + "\(G.interpolation): x at \(G.indices.place.map { "(\($0) + 1/2) r - 1/2" }.joined(separator: ", ")), interpolated linearly; "
        + "r = \(one) / \(one)'; with align_corners x at \(G.indices.place.map { "\($0) r" }.joined(separator: ", ")), "
        + "r = (\(one) - 1) / (\(one)' - 1); an r for each axis",
      attributes: [
        Attribute("scale", \.scale, in: 1e-6...1e6, "How much larger y is: one number\(G.several)."),
        Attribute("size", \.size, in: pixels, "Instead of scale: \(G.extent.lowercased()) of y, in \(G.unit)."),
        Attribute("mode", \.mode, "Whether \(G.unit) are copied (nearest) or interpolated (\(G.interpolation))."),
        Attribute(
          "align_corners", \.alignsCorners, "Whether the first and last \(G.unit) of x are those of y; for mode \(G.interpolation)."),
      ], inputs: [Port("x", G.input)], outputs: [Port("y", G.output())],
      checks: [
        CheckCase(#"{"scale": 2}"#, check), CheckCase(#"{"size": 5, "mode": "\#(G.interpolation)"}"#, check),
        CheckCase(#"{"size": 7, "mode": "\#(G.interpolation)", "align_corners": true}"#, check),
      ])
  }

  private static var check: String { "f32[2, \(G.rank == 1 ? "" : "3, ")4, 3]" }

  var scale: [Double]?
  var size: [Int]?
  var mode = UpsampleMode<G>.nearest
  var alignsCorners = false
  private var resizing: Resizing?

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.batch(over: G.self)
    guard !alignsCorners || mode == .linear else { throw .attribute("align_corners is for mode '\(G.interpolation)'") }
    var axes: [ResizedAxis] = []
    for (i, name) in G.axes.enumerated() {
      let from = x.shape[1 + i]
      let (to, ratio) = try target(i, name, from)
      guard from < 1 << 24, to < 1 << 24 else { throw .shape("a \(name) of \(max(from, to)) \(G.unit) is too large") }
      axes.append(resized(from, to, ratio))
    }
    let y = Spec([x.shape[0]] + axes.map(\.to) + [x.width])
    guard let count = product(y.shape), count < 1 << 40 else { throw .attribute("an output of \(y.shape) elements is too large") }
    let rows = axes.count == 1 ? resized(1, 1, 1) : axes[0]
    let resizing = Resizing(images: x.shape[0], rows: rows, columns: axes[axes.count - 1], channels: x.width)
    self.resizing = resizing
    var plan = Plan(outputs: [y])
    plan.forwardScratch = resizing.scratchBytes(threads: request.threadCount)
    plan.backwardScratch = plan.forwardScratch
    plan.isRowIndependent = true
    plan.accumulates = true
    plan.flops = mode == .nearest ? 0 : 4 * Double(y.count)
    return plan
  }

  private func resized(_ from: Int, _ to: Int, _ ratio: Double) -> ResizedAxis {
    switch mode {
    case .nearest: ResizedAxis(nearest: from, to: to, ratio: ratio)
    case .linear where alignsCorners: ResizedAxis(aligning: from, to: to)
    case .linear: ResizedAxis(linear: from, to: to, ratio: ratio)
    }
  }

  /// The length of axis `i` of y, and how much of x there is to each of its elements.
  private func target(_ i: Int, _ name: String, _ from: Int) throws(LayerError) -> (to: Int, ratio: Double) {
    switch (scale, size) {
    case (let scale?, nil):
      guard scale.count == 1 || scale.count == G.rank else {
        throw .attribute("scale must be one number\(G.several), but it has \(scale.count)")
      }
      let scale = scale[i % scale.count]
      let to = Int(Double(from) * scale)
      guard to > 0 else { throw .shape("at a scale of \(scale), nothing is left of the \(name) of x, \(from)") }
      return (to, 1 / scale)
    case (nil, let size?):
      let to = try G.each(size, "size")[i]
      return (to, Double(from) / Double(to))
    default: throw .attribute("give either scale or size")
    }
  }

  func forward(_ call: Call) throws(LayerError) {
    try resizing?.forward(call, call.inputs[0].floats, into: call.outputs[0].floats)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let gradient = call.inputGradients.optional(0) else { return }
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    try resizing?.backward(call, dy: dy, into: gradient.floats, adds: call.accumulatesInput(0))
  }
}

/// How the elements of what is made larger come about.
enum UpsampleMode<G: Grid>: AttributeValue {
  case nearest, linear

  static var attributeType: AttributeType { .text }
  static var choices: [String] { ["nearest", G.interpolation] }

  init?(literal: AttributeLiteral) {
    switch literal {
    case .text("nearest"): self = .nearest
    case .text(G.interpolation): self = .linear
    default: return nil
    }
  }

  var literal: AttributeLiteral { .text(self == .nearest ? "nearest" : G.interpolation) }
}
