import CKernels
import Glibc
import ZooPlugin

/// Turns each image about its middle, in training alone, by an angle between two.
///
///     y[n, p] = x[n, R(angle_n) (p - middle) + middle], between pixels interpolated bilinearly
///
/// Positive angles are counter-clockwise; what comes from outside of `x` is `fill`. In inference `y = x`. The angles depend on the run's seed,
/// the layer's path, the step and the image's place in the batch.
///
/// - Shapes: `x` and `y` are `[N, H, W, C]`.
/// - Reference: Simard et al. 2003, "Best practices for convolutional neural networks applied to visual document analysis",
///   <https://doi.org/10.1109/ICDAR.2003.1227801>; torchvision's `RandomRotation`.
struct RandomRotate: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.random_rotate", "Turns each image about its middle, in training alone, by an angle between two.",
      formula: "y[n, p] = x[n, R(angle_n) (p - middle) + middle], interpolated bilinearly; in inference y = x",
      reference: "Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801",
      attributes: [
        Attribute("low", \.low, in: -360...360, "The least angle, in degrees, counter-clockwise."),
        Attribute("high", \.high, in: -360...360, "The largest angle, in degrees, counter-clockwise."),
        Attribute("fill", \.fill, in: -1e30...1e30, "What lies around the images."),
      ], inputs: [ImageBatch.port], outputs: [Port("y", "[N, H, W, C]")])
  }

  var low = -10.0
  var high = 10.0
  var fill: Float = 0
  private var isDrawn = false
  private var images = ImageBatch()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.float(0)
    images = try ImageBatch(x)
    guard low <= high else { throw .attribute("low must not be more than high, but they are \(low) and \(high)") }
    isDrawn = request.isTraining
    var plan = Plan(outputs: [x])
    if isDrawn {
      plan.forwardScratch = try Spec.checked([images.count], .f32, "x").count * MemoryLayout<Float>.stride
      plan.flops = 12 * Double(x.count)
    } else {
      plan.aliases = [(output: 0, input: 0)]
    }
    plan.isRowIndependent = !isDrawn
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    guard isDrawn else { return try call.copyThrough() }
    let (images, low, high, fill, x, y) = (images, low, high, fill, call.inputs[0].floats, call.outputs[0].floats)
    let draws = call.scratch.assumingMemoryBound(to: Float.self)
    try call.random(.uniform, into: draws, count: images.count)
    try call.images(images.count, of: images.size, grain: Grain.heavy) { i in
      let angle = (low + (high - low) * Double(draws[i])) * .pi / 180
      zoo_turn(
        x + i * images.size, Int64(images.height), Int64(images.width), Int64(images.channels), cos(angle), sin(angle), fill,
        y + i * images.size)
    }
  }
}
