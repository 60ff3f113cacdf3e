import CKernels
import ZooPlugin

/// A coupling: some features scale and shift the others, so that the way back is as short as the way forth.
///
///     y = x exp(s) + shift, s = log_scale, or clamp tanh(log_scale / clamp)
///     inverse: y = (x - shift) exp(-s)
///     log_determinant[n] = sum of s (inverse: of -s) over the transformed features of item n
///
/// The features that are kept, of which a network makes shift and log_scale (`flow.half` takes them out), are the same in y: the same
/// network finds them there for the inverse. Without log_scale, s is 0. A log_determinant that goes in, that of the layers before, is added.
///
/// - Shapes: `x` and `y` are `[N, ..., D]`; shift and log_scale `[N, ..., d]`, where d of the D features are not kept; log_determinant is `[N]`.
/// - Reference: Dinh, Sohl-Dickstein & Bengio 2017, equations 4 to 8, <https://arxiv.org/abs/1605.08803>; without log_scale, Dinh, Krueger &
///   Bengio 2015, <https://arxiv.org/abs/1410.8516>.
struct AffineCoupling: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "flow.affine_coupling", "Some features scale and shift the others, which can be undone.",
      formula: "y = x exp(s) + shift, s = log_scale, or clamp tanh(log_scale / clamp); inverse: y = (x - shift) exp(-s); "
        + "log_determinant[n] = sum of s (inverse: of -s) over item n",
      reference: "Dinh, Sohl-Dickstein & Bengio 2017, equations 4 to 8, arXiv:1605.08803",
      attributes: [
        Attribute("keep", \.keep, "The features that stay: the first or second half, those with even or odd numbers from 0, or none."),
        Attribute("inverse", \.inverse, "Whether it is undone."),
        Attribute("clamp", \.clamp, in: 0...80, "Bounds s; 0: it is not bounded."),
      ],
      inputs: [
        Port("x", "[N, ..., D]"), Port("shift", "[N, ..., d]", "What is added to each of the d features that are not kept."),
        Port("log_scale", "[N, ..., d]", "The logarithms of what they are multiplied by.", .optional),
        Port("log_determinant", "[N]", "That of the layers before.", .optional),
      ],
      outputs: [
        Port("y", "[N, ..., D]"), Port("log_determinant", "[N]", "Logarithms of how much volumes grow around each item."),
      ])
  }

  var keep = Kept.first
  var inverse = false
  var clamp: Float = 0
  private var coupling = zoo_coupling()
  private var items = 0

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.items()
    guard clamp == 0 || clamp >= 1e-6 else { throw .attribute("clamp must be 0 or at least 0.000001, but it is \(clamp)") }
    let (kept, moved) = keep.features(of: x.width)
    guard moved.count > 0 else {
      throw .shape("x must have a feature that is not kept, but its shape is \(x.shape), of which the \(keep) half is kept")
    }
    let scaled = request.optional(2) != nil
    let shape = x.shape.dropLast() + [Int(moved.count)]
    for (i, name) in [(1, "shift"), (2, "log_scale")] where i == 1 || scaled {
      let spec = try request.float(i, name)
      guard spec.shape == Array(shape) else {
        throw .shape(
          "\(name) must have the shape \(Array(shape)) for an x of \(x.shape) that keeps '\(keep)', but its shape is \(spec.shape)")
      }
    }
    items = x.shape[0]
    if request.optional(3) != nil { try request.expectOne(3, "log_determinant", for: items) }
    coupling = zoo_coupling(moved: moved, kept: kept, positions: Int64(x.rows / items), clamp: clamp, inverse: inverse ? 1 : 0)

    var plan = Plan(outputs: [x, Spec([items])])
    plan.aliases = [(output: 0, input: 0)]
    if scaled {
      plan.neededInputs = inverse ? [2] : [0, 2]
      plan.neededOutputs = inverse ? [0] : []
    }
    plan.isRowIndependent = true
    plan.accumulates = true
    plan.flops = 4 * Double(x.rows) * Double(moved.count)
    return plan
  }

  /// The transformed features of an item.
  private var features: Int { Int(coupling.positions * coupling.moved.count) }

  func forward(_ call: Call) throws(LayerError) {
    let (x, shift, logScale) = (call.inputs[0].floats, call.inputs[1].floats, call.inputs.optional(2)?.floats)
    let (before, y, sums) = (call.inputs.optional(3)?.floats, call.outputs[0].floats, call.outputs[1].floats)
    try call.items(items, features: features, grain: logScale == nil ? Grain.light : Grain.heavy) { part in
      withUnsafePointer(to: coupling) { coupling in
        zoo_coupling_forward(coupling, x, shift, logScale, before, y, sums, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    func adds(_ i: Int) -> Int32 { call.accumulatesInput(i) ? 1 : 0 }
    let gradients = zoo_coupling_gradients(
      y: call.outputGradients.optional(0)?.floats, log_determinant: call.outputGradients.optional(1)?.floats,
      x: call.inputGradients.optional(0)?.floats, shift: call.inputGradients.optional(1)?.floats,
      log_scale: call.inputGradients.optional(2)?.floats, adds_x: adds(0), adds_shift: adds(1), adds_log_scale: adds(2))
    let logScale = call.inputs.optional(2)?.floats
    let known = inverse ? call.outputs.optional(0)?.floats : call.inputs.optional(0)?.floats
    try call.items(items, features: features, grain: logScale == nil ? Grain.light : Grain.heavy) { part in
      withUnsafePointer(to: coupling) { coupling in
        withUnsafePointer(to: gradients) { gradients in
          zoo_coupling_backward(coupling, known, logScale, gradients, Int64(part.lowerBound), Int64(part.upperBound))
        }
      }
    }
    call.pass(call.outputGradients.optional(1), to: 3)
  }
}
