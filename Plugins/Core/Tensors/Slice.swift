import ZooPlugin

/// Every step-th element between two places along some axes.
///
///     y = x[start:end:step, ...] as in NumPy: negative places count from the end, places outside are moved to the edge
///
/// - Shapes: any, of any element type; what would leave nothing of an axis is refused.
struct Slice: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.slice", "Every step-th element between two places along some axes.", formula: "y = x[start:end:step, ...], as in NumPy",
      attributes: [
        Attribute("starts", \.starts, .required, "The first place of each axis; negative ones count from the end."),
        Attribute("ends", \.ends, "The place after the last of each axis; by default everything on from the start."),
        Attribute("steps", \.steps, "The distance from one to the next; negative: backwards. 1 by default."),
        Attribute("axes", \.axes, in: -8...7, "Which axes these are; by default as many of the first."),
      ])
  }

  var starts: [Int] = []
  var ends: [Int]?
  var steps: [Int]?
  var axes: [Int]?
  private var piece: Move?
  private var gradient: Move?

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = request[0]
    for (name, list) in [("ends", ends), ("steps", steps), ("axes", axes)] {
      guard let list, list.count != starts.count else { continue }
      throw .attribute("starts and \(name) must be of one length, but they are \(starts) and \(list)")
    }
    let axes = try x.axes(self.axes ?? Array(starts.indices))
    var view = View(x.shape)
    for (i, axis) in axes.enumerated() {
      let step = steps?[i] ?? 1
      guard step != 0 else { throw .attribute("the step of axis \(axis) is 0") }
      let (start, count) = Slice.range(start: starts[i], end: ends?[i], step: step, of: x.shape[axis])
      guard count > 0 else {
        let end = ends.map { "\($0[i])" } ?? ""
        throw .shape("slice \(starts[i]):\(end):\(step) leaves nothing of axis \(axis) of x, whose shape is \(x.shape)")
      }
      view = view.sliced(axis, from: start, count: count, step: count == 1 ? 1 : step)
    }
    piece = Move(view, to: View(view.shape), x.dtype)
    if request.isTraining { gradient = Move(View(view.shape), to: view, x.dtype) }
    var plan = Plan(outputs: [Spec(view.shape, x.dtype)])
    plan.isRowIndependent = x.rank > 0 && !axes.contains(0)
    plan.accumulates = true
    return plan
  }

  /// Where a slice of an axis begins, and how many elements it has.
  private static func range(start: Int, end: Int?, step: Int, of length: Int) -> (start: Int, count: Int) {
    // Backwards, the place before the first element is a possible end.
    let bounds = step > 0 ? (low: 0, high: length) : (low: -1, high: length - 1)
    func place(_ position: Int) -> Int { min(max(position < 0 ? position + length : position, bounds.low), bounds.high) }
    let first = place(start)
    let end = end.map(place) ?? (step > 0 ? bounds.high : bounds.low)
    let distance = step > 0 ? end - first : first - end
    return (first, distance <= 0 ? 0 : (distance - 1) / Int(clamping: step.magnitude) + 1)
  }

  func forward(_ call: Call) throws(LayerError) {
    try piece?.copy(call, call.inputs[0].bytes, to: call.outputs[0].bytes)
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let target = call.inputGradients.optional(0) else { return }
    let adding = call.accumulatesInput(0)
    call.clear(target, unlessAdding: adding)
    if let dy = call.outputGradients.optional(0) { try gradient?.pass(call, dy, to: target, adding: adding) }
  }
}
