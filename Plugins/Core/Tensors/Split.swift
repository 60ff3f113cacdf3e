import ZooPlugin

/// A tensor cut into pieces along an axis.
///
///     y_k[..., i, ...] = x[..., offset(k) + i, ...]
///
/// - Shapes: any; the lengths of the outputs along `axis` are `sizes`, or equal if there are `parts`. Any element type.
struct Split: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.split", "A tensor cut into pieces along an axis.", formula: "y_k[..., i, ...] = x[..., offset(k) + i, ...]",
      attributes: [
        Attribute("axis", \.axis, in: -8...7, "The axis that is cut; negative ones count from the last."),
        Attribute("sizes", \.sizes, in: 1...1e15, "The length of each piece; they add up to the axis."),
        Attribute("parts", \.parts, in: 1...65536, "Instead of sizes: how many pieces of one length."),
      ],
      outputs: [Port("y", "[...]", "The pieces.", .variadic)],
      checks: [CheckCase(#"{"parts": 2}"#, "f32[3, 4]"), CheckCase(#"{"sizes": [1, 2], "axis": 0}"#, "f32[3, 4]")])
  }

  var axis = -1
  var sizes: [Int]?
  var parts: Int?
  private var pieces: [Move] = []
  private var gradients: [Move] = []

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = request[0]
    let axis = try x.axis(axis)
    var plan = Plan(outputs: [])
    var offset = 0
    for size in try lengths(of: x, axis) {
      var shape = x.shape
      shape[axis] = size
      let place = View(x.shape).sliced(axis, from: offset, count: size)
      plan.outputs.append(Spec(shape, x.dtype))
      pieces.append(Move(place, to: View(shape), x.dtype))
      if request.isTraining { gradients.append(Move(View(shape), to: place, x.dtype)) }
      offset += size
    }
    plan.isRowIndependent = axis > 0
    plan.accumulates = true
    return plan
  }

  private func lengths(of x: Spec, _ axis: Int) throws(LayerError) -> [Int] {
    let length = x.shape[axis]
    switch (sizes, parts) {
    case (let sizes?, nil):
      var sum = 0
      for size in sizes {
        let (next, overflows) = sum.addingReportingOverflow(size)
        guard !overflows, size > 0 else { throw .attribute("sizes \(sizes) are not lengths of pieces") }
        sum = next
      }
      guard sum == length, !sizes.isEmpty else {
        throw .shape("sizes \(sizes) add up to \(sum), but axis \(axis) of x has length \(length): \(x.shape)")
      }
      return sizes
    case (nil, let parts?):
      guard length > 0, length.isMultiple(of: parts) else {
        throw .shape("axis \(axis) of x, whose shape is \(x.shape), cannot be cut into \(parts) equal parts")
      }
      return Array(repeating: length / parts, count: parts)
    default: throw .attribute("give either sizes or parts")
    }
  }

  func forward(_ call: Call) throws(LayerError) {
    let x = call.inputs[0].bytes
    for i in pieces.indices { try pieces[i].copy(call, x, to: call.outputs[i].bytes) }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    if !adding, (0..<gradients.count).contains(where: { call.outputGradients.optional($0) == nil }) {
      call.clear(target, unlessAdding: false)
    }
    for i in gradients.indices {
      guard let dy = call.outputGradients.optional(i) else { continue }
      try gradients[i].pass(call, dy, to: target, adding: adding)
    }
  }
}
