import ZooPlugin

/// Products of matrices.
///
///     y[..., i, j] = sum_k a[..., i, k] b[..., k, j]
///
/// As in NumPy, the axes in front broadcast, and an operand of one axis is a vector: a row if it is a, a column if it is b, whose axis
/// then does not appear in y.
///
/// - Shapes: `a` is `[..., M, K]`, `b` is `[..., K, N]`, `y` is `[..., M, N]`; each transposed operand is given the other way around.
struct MatrixProduct: ContractionLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.matmul", "Products of matrices, whose axes in front broadcast as in NumPy.",
      formula: "y[..., i, j] = sum_k a[..., i, k] b[..., k, j]",
      attributes: [
        Attribute("transpose_a", \.transposeA, "Whether a is [..., K, M]."),
        Attribute("transpose_b", \.transposeB, "Whether b is [..., N, K]."),
      ],
      inputs: [Port("a", "[..., M, K]"), Port("b", "[..., K, N]")], outputs: [Port("y", "[..., M, N]")])
  }

  var transposeA = false
  var transposeB = false
  var contractions = Contractions()

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let a = try request.float(0, "a", rank: 1...8)
    let b = try request.float(1, "b", rank: 1...8)
    for (name, transposed, spec) in [("a", transposeA, a), ("b", transposeB, b)] where transposed && spec.rank == 1 {
      throw .attribute("transpose_\(name) needs a matrix, but the shape of \(name) is \(spec.shape)")
    }
    let (frontA, frontB) = (Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    guard let front = broadcastShape(frontA, frontB) else {
      throw .shape("the axes in front of the matrices do not broadcast: a is \(a.shape), b is \(b.shape)")
    }
    let (row, column, step) = (front.count, front.count + 1, front.count + 2)
    let matrixA = a.rank == 1 ? [step] : transposeA ? [step, row] : [row, step]
    let matrixB = b.rank == 1 ? [step] : transposeB ? [column, step] : [step, column]
    func length(_ label: Int, _ labels: [Int], _ spec: Spec) -> Int? {
      labels.firstIndex(of: label).map { spec.shape[spec.rank - labels.count + $0] }
    }
    guard length(step, matrixA, a) == length(step, matrixB, b) else {
      let turned = [(transposeA, "a"), (transposeB, "b")].filter(\.0).map(\.1).joined(separator: " and ")
      throw .shape("a of shape \(a.shape) and b of shape \(b.shape) do not fit" + (turned.isEmpty ? "" : " with \(turned) transposed"))
    }
    let rows = length(row, matrixA, a), columns = length(column, matrixB, b)
    let y = try Spec.checked(front + [rows, columns].compactMap { $0 }, .f32)
    contractions = try Contractions(
      [
        (Array((front.count - frontA.count)..<front.count) + matrixA, a.shape),
        (Array((front.count - frontB.count)..<front.count) + matrixB, b.shape),
      ],
      output: (Array(0..<front.count) + (rows == nil ? [] : [row]) + (columns == nil ? [] : [column]), y.shape),
      training: request.isTraining)
    var plan = contractions.plan(y)
    plan.isRowIndependent = !front.isEmpty && frontA.count == frontB.count && frontA[0] == frontB[0]
    return plan
  }
}
