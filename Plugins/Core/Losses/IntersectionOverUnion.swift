import CKernels
import ZooPlugin

/// How well areas are told, as for segmentation: for each class, the rows that both the logits and the labels give it over those that
/// either gives it, averaged over the classes that occur.
///
///     iou = mean_c |found_c & labelled_c| / |found_c | labelled_c|, found_c = {rows with argmax_k logits[k] = c}
///
/// Not differentiable. Of equal logits the first counts. Rows with `ignore_index` do not count; if none counts, the result is 0. A row
/// with NaN is found in no class.
///
/// - Shapes: logits `[..., C]`, labels `[...]`; the result is a scalar.
/// - Reference: Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x.
struct IntersectionOverUnion: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.iou", "How well areas are told: of each class, what is found and true over what is either, averaged over classes that occur.",
      formula: "iou = mean_c |found_c & labelled_c| / |found_c | labelled_c|, found_c = {rows with argmax_k logits[k] = c}",
      reference: "Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x",
      attributes: [Attribute("ignore_index", \.table.ignored, "The label of rows that do not count.")],
      inputs: [Port("logits", "[..., C]", "", .notDifferentiable), Port("labels", "[...]", "", .notDifferentiable)],
      outputs: [Port("iou", "[]", "", .notDifferentiable)])
  }

  /// Rows in a block for each class, so that its counts are few beside its logits.
  private static let block = 64

  var table = LabelledRows()
  /// The counts of a class: intersection, found, labelled.
  private static let counts = 3

  private var blockRows: Int { Self.block * table.classes }
  private var blocks: Int { (table.rows + blockRows - 1) / blockRows }

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let logits = try request.float(0, "logits", rank: 1...8)
    try table.plan(logits: logits, labels: try request.indices(1, "labels"))
    var plan = Plan(outputs: [Spec([])])
    plan.forwardScratch = blocks * table.classes * Self.counts * MemoryLayout<Int64>.stride
    plan.flops = Double(logits.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (rows, classes, x, labels) = (table.rows, table.classes, call.inputs[0].floats, table.labels(call.inputs[1]))
    _ = try table.check(labels)
    let (blockRows, width, counts) = (blockRows, classes * Self.counts, call.scratch.assumingMemoryBound(to: Int64.self))
    try call.rows(blocks, of: blockRows * classes) { part in
      for i in part {
        let count = counts + i * width
        count.update(repeating: 0, count: width)
        zoo_count_classes(x, labels, count, Int64(i * blockRows), Int64(min((i + 1) * blockRows, rows)), Int64(classes))
      }
    }
    for i in 1..<max(blocks, 1) {
      for c in 0..<width { counts[c] += counts[i * width + c] }
    }
    var (sum, occurring) = (0.0, 0)
    for c in 0..<classes {
      let (both, found, labelled) = (counts[3 * c], counts[3 * c + 1], counts[3 * c + 2])
      guard found + labelled > 0 else { continue }
      sum += Double(both) / Double(found + labelled - both)
      occurring += 1
    }
    call.outputs[0].floats[0] = Float(sum / Double(max(occurring, 1)))
  }
}
