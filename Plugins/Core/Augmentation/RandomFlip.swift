import CKernels
import ZooPlugin

/// Mirrors images by chance, in training alone: left and right, top and bottom, each image by itself.
///
///     y[n, i, j, c] = x[n, i or H - 1 - i, j or W - 1 - j, c]
///
/// In inference `y = x`. Which images depends on the run's seed, the layer's path, the step and the image's place in the batch.
///
/// - Shapes: `x` and `y` are `[N, H, W, C]`.
/// - Reference: Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks"; torchvision's
///   `RandomHorizontalFlip` and `RandomVerticalFlip`.
struct RandomFlip: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.random_flip", "Mirrors images by chance, in training alone.",
      formula: "y[n, i, j, c] = x[n, i or H - 1 - i, j or W - 1 - j, c]; in inference y = x",
      reference: "Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks",
      attributes: [
        Attribute("horizontal", \.horizontal, in: 0...1, "The probability that left and right change places."),
        Attribute("vertical", \.vertical, in: 0...1, "The probability that top and bottom change places."),
      ], inputs: [ImageBatch.port], outputs: [Port("y", "[N, H, W, C]")])
  }

  var horizontal = 0.5
  var vertical = 0.0
  private var isDrawn = false
  private var images = ImageBatch()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    images = try ImageBatch(x)
    isDrawn = request.isTraining && (horizontal > 0 || vertical > 0)
    var plan = Plan(outputs: [x])
    if isDrawn { plan.saved = [try Spec.checked([images.count, 2], .u32, "x")] } else { plan.aliases = [(output: 0, input: 0)] }
    plan.isRowIndependent = !isDrawn
    plan.accumulates = true
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    guard isDrawn else { return try call.copyThrough() }
    try call.random(.bits, into: call.saved[0].pointer(to: UInt32.self), count: 2 * images.count)
    try mirror(call, call.inputs[0].floats, into: call.outputs[0].floats, adding: false)
  }

  // Mirrored twice is what it was, so the gradient goes the same way back.
  func backward(_ call: Call) throws(LayerError) {
    guard let gradient = call.inputGradients.optional(0) else { return }
    let adds = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0) else { return call.clear(gradient, unlessAdding: adds) }
    try mirror(call, dy.floats, into: gradient.floats, adding: adds)
  }

  private func mirror(
    _ call: Call, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, adding adds: Bool
  ) throws(LayerError) {
    let (images, horizontal, vertical) = (images, horizontal, vertical)
    let bits = isDrawn ? call.saved[0].pointer(to: UInt32.self) : nil
    try call.images(images.count, of: images.size) { i in
      let rows = bits.map { happens($0[2 * i], vertical) } ?? false
      let columns = bits.map { happens($0[2 * i + 1], horizontal) } ?? false
      zoo_mirror(
        x + i * images.size, Int64(images.height), Int64(images.width), Int64(images.channels), rows ? 1 : 0, columns ? 1 : 0,
        y + i * images.size, adds ? 1 : 0)
    }
  }
}
