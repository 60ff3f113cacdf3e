import ZooPlugin

/// Replaces labels by chance, in training alone, each by any of the classes.
///
///     y = label, or with the probability a class that is drawn from all of them
///
/// In inference `y` is the labels. So is what is none of the classes, such as the label of rows that do not count. What is drawn depends on
/// the run's seed, the layer's path and the step, not on the number of threads.
///
/// - Shapes: labels and `y` are alike, of i32 or i64.
/// - Reference: Xie et al. 2016, "DisturbLabel", <https://arxiv.org/abs/1605.00055>.
struct LabelNoise: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.label_noise", "Replaces labels by chance, in training alone, each by any of the classes.",
      formula: "y = label, or with the probability a class that is drawn from all of them; in inference y = label",
      reference: "Xie et al. 2016, arXiv:1605.00055",
      attributes: [
        Attribute("classes", \.classes, .required, in: 1...2_147_483_647, "How many classes there are."),
        Attribute("probability", \.probability, in: 0...1, "Of each label to be drawn anew, perhaps as what it was."),
      ],
      inputs: [Port("labels", "[...]", "From 0 to classes - 1, of i32 or i64.", .notDifferentiable)],
      outputs: [Port("y", "[...]", "", .notDifferentiable)])
  }

  var classes = 1
  var probability = 0.1
  private var isDrawn = false
  private var isWide = false

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let labels = try request.indices(0, "labels")
    (isDrawn, isWide) = (request.isTraining && probability > 0, labels.dtype == .i64)
    var plan = Plan(outputs: [labels])
    plan.aliases = [(output: 0, input: 0)]
    // Whether, and 64 bits for which.
    if isDrawn { plan.forwardScratch = try ElementBits.scratch(for: labels, "labels") }
    plan.isRowIndependent = !isDrawn && labels.rank > 0
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    if isWide { try replace(call, Int64.self) } else { try replace(call, Int32.self) }
  }

  private func replace<Label: FixedWidthInteger & BitwiseCopyable>(_ call: Call, _: Label.Type) throws(LayerError) {
    let (labels, y, count) = (call.inputs[0].pointer(to: Label.self), call.outputs[0].pointer(to: Label.self), call.outputs[0].count)
    guard isDrawn else {
      if labels != y { y.update(from: labels, count: count) }
      return
    }
    let (bits, probability, classes) = (call.scratch.assumingMemoryBound(to: UInt32.self), probability, classes)
    try call.random(.bits, into: bits, count: 4 * count)
    let wide = UnsafeRawPointer(bits).assumingMemoryBound(to: UInt64.self)
    try call.elements(count, grain: Grain.heavy) { part in
      for i in part {
        let label = labels[i]
        let isClass = label >= 0 && Int64(label) < Int64(classes)
        y[i] = isClass && happens(bits[4 * i], probability) ? Label(pick(wide[2 * i + 1], of: classes)) : label
      }
    }
  }
}
