import ZooPlugin

/// Tensors one after another along an axis.
///
///     y[..., offset(k) + i, ...] = x_k[..., i, ...]
///
/// - Shapes: the inputs agree in all axes but `axis`, whose lengths add up. Any element type.
struct Concat: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.concat", "Tensors one after another along an axis.", formula: "y[..., offset(k) + i, ...] = x_k[..., i, ...]",
      attributes: [Attribute("axis", \.axis, in: -8...7, "The axis that grows; negative ones count from the last.")],
      inputs: [Port("x", "[...]", "The tensors, which differ at most in the length of the axis.", .variadic)],
      bf16: .followed)
  }

  var axis = -1
  private var pieces: [Move] = []
  /// Where each input begins in the first part of y, in bytes.
  private var places: [Int] = []
  private var gradients: [Move] = []

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let inputs = request.inputs.compactMap { $0 }
    guard let first = inputs.first else { throw .shape("there is nothing to concatenate") }
    let axis = try first.axis(axis, of: "the first input")
    var shape = first.shape
    shape[axis] = 0
    for (i, x) in inputs.enumerated() {
      guard x.dtype == first.dtype else { throw .dtype("input \(i) is \(x.dtype) where the first is \(first.dtype)") }
      var others = (x.shape, first.shape)
      if x.rank == first.rank { (others.0[axis], others.1[axis]) = (0, 0) }
      guard others.0 == others.1 else {
        throw .shape("inputs may differ in axis \(axis) alone, but input \(i) is \(x.shape) and the first is \(first.shape)")
      }
      let (length, overflows) = shape[axis].addingReportingOverflow(x.shape[axis])
      guard !overflows else { throw .shape("y would be too large along axis \(axis)") }
      shape[axis] = length
    }
    let y = try Spec.checked(shape, first.dtype)

    var offset = 0
    let inner = shape[(axis + 1)...].reduce(1, *)
    for x in inputs {
      let place = View(shape).sliced(axis, from: offset, count: x.shape[axis])
      let type = request.isBF16 ? DType.bf16 : y.dtype
      pieces.append(Move(View(x.shape), to: place, type))
      places.append(offset * inner * type.byteCount)
      if request.isTraining { gradients.append(Move(place, to: View(x.shape), y.dtype)) }
      offset += x.shape[axis]
    }
    var plan = Plan(outputs: [y])
    plan.joinedParts = request.isTraining ? 0 : shape[..<axis].reduce(1, *)
    plan.isRowIndependent = axis > 0
    plan.nativeBF16 = .forward
    plan.accumulates = inputs.count <= 64  // the protocol has no more bits for it
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let y = call.outputs[0].bytes
    for i in pieces.indices {
      let x = call.inputs[i].bytes
      if x != y + places[i] { try pieces[i].copy(call, x, to: y) }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    for i in gradients.indices {
      guard let target = call.inputGradients.optional(i) else { continue }
      let adding = call.accumulatesInput(i)
      if let dy = call.outputGradients.optional(0) {
        try gradients[i].pass(call, dy, to: target, adding: adding)
      } else {
        call.clear(target, unlessAdding: adding)
      }
    }
  }
}
