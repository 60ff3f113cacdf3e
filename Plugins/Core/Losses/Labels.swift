import CKernels
import ZooPlugin

/// Logits in rows, one for each class, and a label for each row.
struct LabelledRows {
  var rows = 0
  var classes = 1
  /// -100 in PyTorch too.
  var ignored = -100

  /// Checks that `labels` has one entry for each row of `logits`.
  mutating func plan(logits: Spec, labels: Spec) throws(LayerError) {
    try plan(logits: logits)
    guard labels.shape == Array(logits.shape.dropLast()) else {
      throw .shape(
        "labels for logits of \(logits.shape) must have the shape \(Array(logits.shape.dropLast())), but theirs is \(labels.shape)")
    }
  }

  /// Checks that there is something to average.
  mutating func plan(logits: Spec) throws(LayerError) {
    guard logits.count > 0 else { throw .shape("logits must not be empty, but their shape is \(logits.shape)") }
    (rows, classes) = (logits.rows, logits.width)
  }

  /// The labels for kernels.
  func labels(_ tensor: Tensor) -> zoo_labels {
    tensor.dtype == .i64
      ? zoo_labels(data: tensor.pointer(to: Int64.self), is_wide: 1, ignored: Int64(ignored))
      : zoo_labels(data: tensor.pointer(to: Int32.self), is_wide: 0, ignored: Int64(ignored))
  }

  /// Checks every label, and counts the rows that are not ignored.
  func check(_ labels: zoo_labels) throws(LayerError) -> Int {
    var (label, counted): (Int64, Int64) = (0, 0)
    let row = zoo_labels_check(labels, Int64(rows), Int64(classes), &label, &counted)
    guard row < 0 else {
      throw .data("label \(label) of row \(row) is not one of the \(classes) classes, which are 0 to \(classes - 1)")
    }
    return Int(counted)
  }
}
