import ZooPlugin

/// A tensor with more elements around it.
///
///     constant:  0 0 | 1 2 3 | 0 0        the value given
///     reflect:   3 2 | 1 2 3 | 2 1        mirrored, without repeating the edge
///     replicate: 1 1 | 1 2 3 | 3 3        the edge
///     wrap:      2 3 | 1 2 3 | 1 2        from the other side
///
/// Axes are padded one after another, the last first, so that corners are made of what is beside them. Amounts may exceed the axis: it is
/// then mirrored or repeated as often as it takes.
///
/// - Shapes: any; axis `i` becomes longer by `amounts[2i] + amounts[2i + 1]`. Any element type.
struct Pad: DifferentiableLayer {
  /// What the new elements are.
  enum Mode: String, CaseIterable, AttributeValue {
    case constant
    case reflect
    case replicate
    case wrap
  }

  static var declaration: Declaration<Self> {
    Declaration(
      "core.pad", "A tensor with more elements around it.", formula: "y[before + i] = x[i], and beyond it as the mode says",
      attributes: [
        Attribute(
          "amounts", \.amounts, .required, in: 0...1e12, "How many elements come before and after each axis: before, after, before, ..."),
        Attribute("mode", \.mode, "What they are."),
        Attribute("value", \.value, "What they are in mode constant."),
      ])
  }

  var amounts: [Int] = []
  var mode = Mode.constant
  var value = 0.0
  /// The bytes of `value` in the element type.
  private var pattern: UInt64 = 0
  private var interior: Move?
  /// From the output to the output, in this order.
  private var edges: [Move] = []
  private var edgeGradients: [Move] = []
  private var interiorGradient: Move?
  private var whole: Move?

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = request[0]
    let y = try Spec.checked(try paddedShape(x), x.dtype)
    pattern = try x.dtype.pattern(of: value)

    let place = region(of: x, in: y, before: x.rank)
    interior = Move(View(x.shape), to: place, x.dtype)
    for axis in x.shape.indices.reversed() {
      let region = region(of: x, in: y, before: axis)
      for (target, source) in runs(axis, x.shape[axis], region) {
        edges.append(Move(source ?? View([1]).broadcast(to: target.shape), to: target, x.dtype))
        if request.isTraining, let source { edgeGradients.insert(Move(target, to: source, x.dtype), at: 0) }
      }
    }

    var plan = Plan(outputs: [y])
    if request.isTraining {
      interiorGradient = Move(place, to: View(x.shape), x.dtype)
      if !edgeGradients.isEmpty {
        whole = Move(View(y.shape), to: View(y.shape), x.dtype)
        plan.backwardScratch = y.byteCount
      }
    }
    if mode == .constant, value == 0 { plan.isPadding = amounts }
    plan.isRowIndependent = x.rank > 0 && amounts[0] == 0 && amounts[1] == 0
    plan.accumulates = true
    return plan
  }

  private func paddedShape(_ x: Spec) throws(LayerError) -> [Int] {
    guard amounts.count == 2 * x.rank else {
      throw .attribute("amounts must be two for each axis of x, whose shape is \(x.shape), but they are \(amounts)")
    }
    var shape = x.shape
    for (axis, length) in x.shape.enumerated() {
      let (before, after) = (amounts[2 * axis], amounts[2 * axis + 1])
      let (some, overflows) = length.addingReportingOverflow(before)
      let (all, overflowsToo) = some.addingReportingOverflow(after)
      guard before >= 0, after >= 0, !overflows, !overflowsToo else { throw .attribute("amounts \(amounts) are not lengths") }
      let needed = mode == .constant || before + after == 0 ? 0 : mode == .reflect ? 2 : 1
      guard length >= needed else {
        throw .shape("mode \(mode.rawValue) needs at least \(needed) elements along axis \(axis) of x, whose shape is \(x.shape)")
      }
      // Each time that the axis is gone through is a run of its own.
      guard mode == .constant || mode == .replicate || max(before, after) / max(length, 1) <= 1024 else {
        throw .attribute("amounts \(amounts) are more than 1024 times axis \(axis) of x, whose shape is \(x.shape)")
      }
      shape[axis] = all
    }
    return shape
  }

  /// The part of y that is still without padding along the axes before `axis`.
  private func region(of x: Spec, in y: Spec, before axis: Int) -> View {
    (0..<axis).reduce(View(y.shape)) { $0.sliced($1, from: amounts[2 * $1], count: x.shape[$1]) }
  }

  /// What is padded along `axis`, in runs, and where each comes from; nil: from the constant.
  private func runs(_ axis: Int, _ length: Int, _ y: View) -> [(target: View, source: View?)] {
    let (before, after) = (amounts[2 * axis], amounts[2 * axis + 1])
    var runs: [(View, View?)] = []
    /// Targets start at `from` and go away from x; sources are counted within x.
    func add(from: Int, count: Int, away: Int, source: Int, step: Int) {
      guard count > 0 else { return }
      runs.append(
        (y.sliced(axis, from: from, count: count, step: away), y.sliced(axis, from: before + source, count: count, step: step)))
    }
    for (edge, count, away) in [(before - 1, before, -1), (before + length, after, 1)] {
      let (near, far) = away < 0 ? (0, length - 1) : (length - 1, 0)
      switch mode {
      case .constant: if count > 0 { runs.append((y.sliced(axis, from: min(edge, edge + away * (count - 1)), count: count), nil)) }
      case .replicate: add(from: edge, count: count, away: away, source: near, step: 0)
      case .wrap:
        for done in stride(from: 0, to: count, by: length) {
          add(from: edge + away * done, count: min(length, count - done), away: away, source: far, step: away)
        }
      case .reflect:
        // Back from beside the near edge to the far one, then forth from beside that, and so on.
        var (done, at, step) = (0, near, -away)
        while done < count {
          let run = min(length - 1, count - done)
          add(from: edge + away * done, count: run, away: away, source: at + step, step: step)
          (done, at, step) = (done + run, at + step * (length - 1), -step)
        }
      }
    }
    return runs
  }

  func forward(_ call: Call) throws(LayerError) {
    let y = call.outputs[0].bytes
    try interior?.copy(call, call.inputs[0].bytes, to: y)
    var pattern = pattern
    let constant = mode == .constant
    for edge in edges {
      if constant { try edge.copy(call, &pattern, to: y) } else { try edge.copy(call, y, to: y) }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    guard let dy = call.outputGradients.optional(0) else { return call.clear(target, unlessAdding: adding) }
    var folded = UnsafePointer(dy.floats)
    if let whole {
      // Each edge's gradient goes to where its elements came from, the last to be padded first.
      let sum = call.scratch.assumingMemoryBound(to: Float.self)
      try whole.copy(call, dy.floats, to: sum)
      for edge in edgeGradients { try edge.add(call, sum, to: sum) }
      folded = UnsafePointer(sum)
    }
    if adding {
      try interiorGradient?.add(call, folded, to: target.floats)
    } else {
      try interiorGradient?.copy(call, folded, to: target.floats)
    }
  }
}

extension DType {
  /// The bytes of a number in this type, in the low end.
  fileprivate func pattern(of value: Double) throws(LayerError) -> UInt64 {
    switch self {
    case _ where value == 0: return 0
    case .f32: return UInt64(Float(value).bitPattern)
    case .f64: return value.bitPattern
    case .i32: if let exact = Int32(exactly: value) { return UInt64(UInt32(bitPattern: exact)) }
    case .i64: if let exact = Int64(exactly: value) { return UInt64(bitPattern: exact) }
    case .u8: if let exact = UInt8(exactly: value) { return UInt64(exact) }
    default: break
    }
    throw .attribute("value \(value) cannot be an element of x, which is \(self)")
  }
}
