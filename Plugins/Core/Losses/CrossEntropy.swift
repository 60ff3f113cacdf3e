import CKernels
import ZooPlugin

/// The cross-entropy of one class out of many, from logits.
///
///     loss = mean over rows of -sum_c t[c] log softmax(logits)[c]
///     t = (1 - label_smoothing) target + label_smoothing / C
///
/// The target is a label for each row (i32 or i64; rows with `ignore_index` count for nothing, neither in the sum nor in what
/// the mean divides by) or a probability for each class (f32). If every row is ignored, the mean is 0.
///
/// - Shapes: logits `[..., C]`; labels `[...]` or probabilities `[..., C]`; the loss is a scalar, or `[...]` without a reduction.
/// - Reference: Szegedy et al. 2016 for the smoothing, <https://arxiv.org/abs/1512.00567>.
struct CrossEntropy: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.cross_entropy", "The cross-entropy of one class out of many, from logits.",
      formula: "loss = -mean(sum_c t[c] log softmax(logits)[c]), t = (1 - label_smoothing) target + label_smoothing / C",
      reference: "Szegedy et al. 2016 for the smoothing, arXiv:1512.00567",
      attributes: [
        Attribute("ignore_index", \.table.ignored, "The label of rows that do not count."),
        Attribute("label_smoothing", \.smoothing, in: 0...1, "The share of the target's probability that is spread over all classes."),
        Attribute("reduction", \.reduction, "What becomes of the rows' losses: their mean, their sum, or none."),
      ],
      inputs: [
        Port("logits", "[..., C]", "What softmax turns into probabilities."),
        Port("target", "[...] or [..., C]", "A label for each row, or a probability for each class."),
      ], outputs: [Port("loss", "[]", "One number; without a reduction, one for each row.")])
  }

  var smoothing: Float = 0
  var reduction = Reduction.mean
  var table = LabelledRows()
  private var hasLabels = true

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let logits = try request.float(0, "logits", rank: 1...8)
    hasLabels = request[1].dtype != .f32
    if hasLabels {
      try table.plan(logits: logits, labels: try request.indices(1, "target"))
    } else {
      try table.plan(logits: logits)
      guard request[1].shape == logits.shape else {
        throw .shape("target must be labels, or probabilities of shape \(logits.shape) as logits, but it is f32 \(request[1].shape)")
      }
    }
    var plan = Plan(outputs: [Spec(reduction.isNone ? Array(logits.shape.dropLast()) : [])])
    // Each row's maximum and the logarithm of its sum of exponentials; and what the mean divides by, inverted.
    plan.saved = [Spec([table.rows, 2]), Spec([])]
    plan.neededInputs = [0, 1]
    plan.forwardScratch = reduction.isNone ? 0 : table.rows * MemoryLayout<Float>.stride
    plan.isRowIndependent = reduction.isNone && logits.rank > 1
    plan.accumulates = true
    plan.flops = 5 * Double(logits.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (classes, x, target) = (table.classes, call.inputs[0].floats, call.inputs[1])
    let losses = reduction.isNone ? call.outputs[0].floats : call.scratch.assumingMemoryBound(to: Float.self)
    let (smoothing, statistics) = (smoothing, call.saved.optional(0)?.floats)
    var counted = table.rows
    if hasLabels {
      let labels = table.labels(target)
      counted = try table.check(labels)
      try call.rows(table.rows, of: classes, grain: Grain.heavy) { part in
        zoo_cross_entropy_labels(
          x, labels, smoothing, losses, statistics, Int64(part.lowerBound), Int64(part.upperBound), Int64(classes))
      }
    } else {
      let t = target.floats
      try call.rows(table.rows, of: classes, grain: Grain.heavy) { part in
        zoo_cross_entropy_probabilities(
          x, t, smoothing, losses, statistics, Int64(part.lowerBound), Int64(part.upperBound), Int64(classes))
      }
    }
    let factor = reduction == .mean ? 1 / Double(max(counted, 1)) : 1
    call.saved.optional(1)?.floats[0] = Float(factor)
    if !reduction.isNone { call.outputs[0].floats[0] = Float(zoo_total(losses, Int64(table.rows)) * factor) }
  }

  func backward(_ call: Call) throws(LayerError) {
    let targetGradient = hasLabels ? nil : call.inputGradients.optional(1)
    guard let dy = call.outputGradients.optional(0) else {
      if let dx = call.inputGradients.optional(0) { call.clear(dx, unlessAdding: call.accumulatesInput(0)) }
      if let dt = targetGradient { call.clear(dt, unlessAdding: call.accumulatesInput(1)) }
      return
    }
    let (classes, smoothing, x, target) = (table.classes, smoothing, call.inputs[0].floats, call.inputs[1])
    let statistics = call.saved[0].floats
    let (scale, factor) = reduction.isNone ? (dy.floats, 1) : (nil, dy.floats[0] * call.saved[1].floats[0])
    if let gradient = call.inputGradients.optional(0) {
      let (dx, adds) = (gradient.floats, Int32(call.accumulatesInput(0) ? 1 : 0))
      if hasLabels {
        let labels = table.labels(target)
        try call.rows(table.rows, of: classes, grain: Grain.heavy) { part in
          zoo_cross_entropy_labels_backward(
            x, labels, smoothing, statistics, scale, factor, dx, Int64(part.lowerBound), Int64(part.upperBound), Int64(classes), adds)
        }
      } else {
        let t = target.floats
        try call.rows(table.rows, of: classes, grain: Grain.heavy) { part in
          zoo_cross_entropy_probabilities_backward(
            x, t, smoothing, statistics, scale, factor, dx, Int64(part.lowerBound), Int64(part.upperBound), Int64(classes), adds)
        }
      }
    }
    if let gradient = targetGradient {
      let (dt, adds) = (gradient.floats, Int32(call.accumulatesInput(1) ? 1 : 0))
      try call.rows(table.rows, of: classes, grain: Grain.heavy) { part in
        zoo_cross_entropy_target_backward(
          x, smoothing, statistics, scale, factor, dt, Int64(part.lowerBound), Int64(part.upperBound), Int64(classes), adds)
      }
    }
  }
}
