import ZooPlugin

/// The same elements under another shape.
///
/// It also stands for what elsewhere is called squeeze and unsqueeze.
///
/// - Shapes: any, of any element type. In `shape`, 0 keeps the length that the axis of x in that place has, and one -1 stands for
///   whatever is left.
struct Reshape: Reshaping {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.reshape", "The same elements under another shape, as also for squeezing and unsqueezing.", formula: "y = x, row-major",
      attributes: [
        Attribute(
          "shape", \.shape, .required, in: -1...1e15,
          "The lengths of the axes; 0 keeps the axis of x in that place, and one -1 stands for what is left.")
      ], bf16: .followed)
  }

  var shape: [Int] = []
  var move: Move?
  var gradient: Move?

  func shape(of x: Spec) throws(LayerError) -> [Int] {
    var shape = shape
    var (known, unknown) = (1, Int?.none)
    for (axis, length) in shape.enumerated() {
      if length == -1 {
        guard unknown == nil else { throw .attribute("shape \(shape) has more than one -1") }
        unknown = axis
        continue
      }
      if length == 0 {
        guard axis < x.rank else { throw .shape("shape \(self.shape) keeps axis \(axis), which x of shape \(x.shape) does not have") }
        shape[axis] = x.shape[axis]
      }
      let (product, overflows) = known.multipliedReportingOverflow(by: shape[axis])
      guard !overflows else { throw .shape("shape \(self.shape) would be too large") }
      known = product
    }
    if let unknown, known > 0, x.count.isMultiple(of: known) {
      shape[unknown] = x.count / known
    } else if unknown != nil || known != x.count {
      throw .shape("x of shape \(x.shape) has \(x.count) elements, which do not fit shape \(self.shape)")
    }
    return shape
  }
}

/// Neighbouring axes as one.
///
/// By default all but the first, which is the batch's.
///
/// - Shapes: any with these axes, of any element type.
struct Flatten: Reshaping {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.flatten", "Neighbouring axes as one; by default all but the first.", formula: "y = x, row-major",
      attributes: [
        Attribute("start_axis", \.startAxis, in: -8...7, "The first of the axes; negative ones count from the last."),
        Attribute("end_axis", \.endAxis, in: -8...7, "The last of them."),
      ], bf16: .followed)
  }

  var startAxis = 1
  var endAxis = -1
  var move: Move?
  var gradient: Move?

  func shape(of x: Spec) throws(LayerError) -> [Int] {
    let (start, end) = (try x.axis(startAxis), try x.axis(endAxis))
    guard start <= end else { throw .attribute("start_axis \(startAxis) comes after end_axis \(endAxis) in x, whose shape is \(x.shape)") }
    return x.shape[..<start] + [x.shape[start...end].reduce(1, *)] + x.shape[(end + 1)...]
  }
}

/// A layer that changes nothing but the shape.
///
/// Where the host lets the output share the input's memory, nothing is done at all.
protocol Reshaping: DifferentiableLayer {
  /// The output's shape.
  func shape(of x: Spec) throws(LayerError) -> [Int]
  /// What is done where input and output are apart.
  var move: Move? { get set }
  /// The same for a gradient.
  var gradient: Move? { get set }
}

extension Reshaping {
  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = request[0]
    let y = try Spec.checked(try shape(of: x), x.dtype)
    let whole = View([x.count])
    move = Move(whole, to: whole, request.isBF16 ? .bf16 : x.dtype)
    gradient = Move(whole, to: whole, .f32)
    var plan = Plan(outputs: [y])
    plan.nativeBF16 = .forward
    plan.aliases = [(output: 0, input: 0)]
    plan.isRowIndependent = x.rank > 0 && y.rank > 0 && x.shape[0] == y.shape[0]
    plan.accumulates = true
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, y) = (call.inputs[0].bytes, call.outputs[0].bytes)
    if x != y { try move?.copy(call, x, to: y) }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0) else { return call.clear(target, unlessAdding: adding) }
    if adding || dy.floats != target.floats { try gradient?.pass(call, dy, to: target, adding: adding) }
  }
}
