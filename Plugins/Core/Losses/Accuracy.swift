import CKernels
import ZooPlugin

/// The fraction of rows whose largest logit, the first if there are several, is at their label.
///
///     accuracy = mean(argmax_c logits[c] == label)
///
/// Not differentiable. Rows with `ignore_index` do not count; if none counts, the accuracy is 0. A row with NaN is never right.
///
/// - Shapes: logits `[..., C]`, labels `[...]`; the accuracy is a scalar.
struct Accuracy: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.accuracy", "The fraction of rows whose largest logit is at their label.",
      formula: "accuracy = mean(argmax_c logits[c] == label)",
      attributes: [Attribute("ignore_index", \.table.ignored, "The label of rows that do not count.")],
      inputs: [Port("logits", "[..., C]", "", .notDifferentiable), Port("labels", "[...]", "", .notDifferentiable)],
      outputs: [Port("accuracy", "[]", "", .notDifferentiable)])
  }

  /// Rows in a block, whose counts are added up at the end.
  private static let block = 64

  var table = LabelledRows()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let logits = try request.float(0, "logits", rank: 1...8)
    try table.plan(logits: logits, labels: try request.indices(1, "labels"))
    var plan = Plan(outputs: [Spec([])])
    plan.forwardScratch = PartialSums.scratch(for: table.rows, block: Self.block)
    plan.flops = Double(logits.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (rows, classes, x, labels) = (table.rows, table.classes, call.inputs[0].floats, table.labels(call.inputs[1]))
    let counted = try table.check(labels)
    let (block, counts) = (Self.block, call.scratch.assumingMemoryBound(to: Int64.self))
    let blocks = (rows + block - 1) / block
    try call.rows(blocks, of: block * classes) { part in
      for i in part {
        counts[i] = zoo_right_labels(x, labels, Int64(i * block), Int64(min((i + 1) * block, rows)), Int64(classes))
      }
    }
    var right: Int64 = 0
    for i in 0..<blocks { right += counts[i] }
    call.outputs[0].floats[0] = Float(Double(right) / Double(max(counted, 1)))
  }
}
