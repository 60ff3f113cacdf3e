import ZooKernels
import ZooPlugin

/// Finds the steps of a contraction.
struct ContractionPlanner {
  let lengths: [Int: Int]
  private(set) var steps: [Contraction.Step] = []
  private(set) var scratchBytes = 0
  private(set) var flops = 0.0

  init(lengths: [Int: Int]) { self.lengths = lengths }

  /// A tensor and where it is.
  private struct Operand {
    var axes: LabeledAxes
    var place: Contraction.Place
  }

  /// All of it: operands are multiplied from left to right.
  mutating func plan(_ operands: [LabeledAxes], into result: LabeledAxes) throws(LayerError) {
    let operands = operands.enumerated().map { Operand(axes: $1, place: .operand($0)) }
    guard operands.count > 1 else { return try reduce(operands[0], into: Operand(axes: result, place: .result)) }
    var product = operands[0]
    for (i, next) in operands.enumerated().dropFirst() {
      let wanted = Set(operands[(i + 1)...].flatMap(\.axes.labels)).union(result.labels)
      if i == operands.count - 1 {
        try multiply(product, next, into: Operand(axes: result, place: .result), wanted)
      } else {
        let labels = (product.axes.labels + next.axes.labels.filter { !product.axes.has($0) }).filter(wanted.contains)
        let target = try temporary(labels)
        try multiply(product, next, into: target, wanted)
        product = target
      }
    }
  }

  /// One operand: sums over what the result lacks, and stretches along what it has more.
  private mutating func reduce(_ a: Operand, into result: Operand) throws(LayerError) {
    let kept = result.axes.labels.filter(a.axes.has)
    if kept.count == a.axes.labels.count { return move(a, into: result) }
    if kept.count == result.axes.labels.count, isDense(result.axes) { return sum(a, into: result) }
    let target = try temporary(kept)
    sum(a, into: target)
    move(target, into: result)
  }

  private mutating func multiply(_ a: Operand, _ b: Operand, into result: Operand, _ wanted: Set<Int>) throws(LayerError) {
    flops += Set(a.axes.labels).union(b.axes.labels).reduce(2) { $0 * Double(lengths[$1, default: 1]) }
    // What only one operand has is summed first, and what only the result has is stretched last.
    let a = try summed(a, keeping: wanted.union(b.axes.labels))
    let b = try summed(b, keeping: wanted.union(a.axes.labels))
    let labels = result.axes.labels.filter { a.axes.has($0) || b.axes.has($0) }
    if labels.count < result.axes.labels.count {
      let target = try temporary(labels)
      try multiply(a, b, into: target)
      move(target, into: result)
    } else {
      try multiply(a, b, into: result)
    }
  }

  private mutating func summed(_ operand: Operand, keeping wanted: Set<Int>) throws(LayerError) -> Operand {
    let kept = operand.axes.labels.filter(wanted.contains)
    if kept.count == operand.axes.labels.count { return operand }
    let target = try temporary(kept)
    sum(operand, into: target)
    return target
  }

  /// Every label is in two of the three tensors, or in all of them.
  private mutating func multiply(_ a: Operand, _ b: Operand, into result: Operand) throws(LayerError) {
    let rows = result.axes.labels.filter { !b.axes.has($0) }
    let columns = result.axes.labels.filter { !a.axes.has($0) }
    if rows.isEmpty || columns.isEmpty {
      // Vectors: the larger operand is read where it lies, and no panels are packed for a product of one row.
      let (matrix, vector) = rows.isEmpty ? (b, a) : (a, b)
      return try multiplyByVector(matrix, vector, into: result)
    }
    let densest = result.axes.labels.first { result.axes[$0] == 1 }
    switch densest {
    case let label? where columns.contains(label): try multiplyMatrices(a, b, rows, columns, label, into: result)
    case let label? where rows.contains(label): try multiplyMatrices(b, a, columns, rows, label, into: result)
    default:
      // The result's rows are not dense.
      let shared = result.axes.labels.filter { a.axes.has($0) && b.axes.has($0) }
      let (rows, columns) = (a.axes.sorted(rows), b.axes.sorted(columns))
      let target = try temporary(shared + rows + columns)
      try multiplyMatrices(a, b, rows, columns, columns[columns.count - 1], into: target)
      move(target, into: result)
    }
  }

  /// One product of matrices for each element along the labels that are neither in the runs of rows and columns nor summed over.
  private mutating func multiplyMatrices(
    _ a: Operand, _ b: Operand, _ rows: [Int], _ columns: [Int], _ lastColumn: Int, into c: Operand
  ) throws(LayerError) {
    let steps = a.axes.sorted(a.axes.labels.filter { b.axes.has($0) && !c.axes.has($0) })
    var (a, b) = (a, b)
    let shared = c.axes.labels.filter { a.axes.has($0) && b.axes.has($0) }
    let (orderA, orderB) = (shared + rows + steps, shared + steps + columns)
    var depth = depth(steps, a.axes, b.axes)
    if depth == nil {
      if self.depth(steps, a.axes, a.axes) == nil { a = try dense(a, orderA) }
      if self.depth(steps, a.axes, b.axes) == nil { b = try dense(b, orderB) }
      depth = self.depth(steps, a.axes, b.axes)
    }
    guard let depth else { throw .internal("the labels \(steps) do not form one axis") }
    var height = LabelRun(of: rows, in: [a.axes, c.axes], lengths)
    if depth.stride(in: a.axes) != 1, height.stride(in: a.axes) != 1 {
      a = try dense(a, orderA)
      height = LabelRun(of: rows, in: [a.axes, c.axes], lengths)
      if depth.length > 1, depth.stride(in: a.axes) != 1 { throw .internal("a copied operand is not dense") }
    }
    let width = LabelRun(endingIn: lastColumn, of: columns, in: [b.axes, c.axes], lengths)

    let repeated = c.axes.labels.filter { !height.labels.contains($0) && !width.labels.contains($0) }
    func offsets(_ tensor: LabeledAxes) -> [Int] {
      repeated.reduce([0]) { offsets, label in
        offsets.flatMap { offset in (0..<lengths[label, default: 1]).map { offset + $0 * tensor[label] } }
      }
    }
    let product = MatMul(
      m: height.length, n: width.length, k: depth.length,
      a: .init(row: height.stride(in: a.axes), column: depth.stride(in: a.axes)), aOffsets: offsets(a.axes),
      b: .init(row: depth.stride(in: b.axes), column: width.stride(in: b.axes)), bOffsets: offsets(b.axes),
      cRowStride: height.stride(in: c.axes), cOffsets: offsets(c.axes))
    self.steps.append(.multiplyMatrices(product, a.place, b.place, into: c.place, scratch: allocate(product.scratchBytes)))
  }

  /// The labels that are summed over, if both operands can walk them as one axis.
  private func depth(_ steps: [Int], _ a: LabeledAxes, _ b: LabeledAxes) -> LabelRun? {
    let run = LabelRun(of: steps, in: [a, b], lengths)
    return run.labels.count == steps.count ? run : nil
  }

  private mutating func multiplyByVector(_ matrix: Operand, _ vector: Operand, into result: Operand) throws(LayerError) {
    let kept = result.axes.labels
    let target = isDense(result.axes) ? result : try temporary(kept)
    let summed = matrix.axes.sorted(matrix.axes.labels.filter { !result.axes.has($0) })
    let views = [matrix, vector].map { $0.axes.view(kept + summed, lengths) }
    let reduction = StridedReduction(views, axes: Array(kept.count..<(kept.count + summed.count)))
    steps.append(.multiply(reduction, matrix.place, vector.place, into: target.place, scratch: allocate(reduction.scratch)))
    if !isDense(result.axes) { move(target, into: result) }
  }

  private mutating func sum(_ a: Operand, into result: Operand) {
    let kept = result.axes.labels
    let summed = a.axes.labels.filter { !result.axes.has($0) }
    let reduction = StridedReduction([a.axes.view(kept + summed, lengths)], axes: Array(kept.count..<(kept.count + summed.count)))
    steps.append(.sum(reduction, a.place, into: result.place, scratch: allocate(reduction.scratch)))
  }

  private mutating func move(_ a: Operand, into result: Operand) {
    let order = result.axes.labels
    steps.append(.move(Move(a.axes.view(order, lengths), to: result.axes.view(order, lengths), .f32), a.place, into: result.place))
  }

  /// A copy of an operand, dense in this order.
  private mutating func dense(_ operand: Operand, _ order: [Int]) throws(LayerError) -> Operand {
    let target = try temporary(order)
    move(operand, into: target)
    return target
  }

  /// Whether a tensor is dense in the order of its labels.
  private func isDense(_ axes: LabeledAxes) -> Bool {
    let dense = LabeledAxes(dense: axes.labels, lengths)
    return axes.labels.allSatisfy { dense[$0] == axes[$0] }
  }

  private mutating func temporary(_ labels: [Int]) throws(LayerError) -> Operand {
    let spec = try Spec.checked(labels.map { lengths[$0, default: 1] }, .f32, "an intermediate result")
    return Operand(axes: LabeledAxes(dense: labels, lengths), place: .scratch(allocate(spec.byteCount)))
  }

  private mutating func allocate(_ bytes: Int) -> Int {
    defer { scratchBytes += (bytes + 63) / 64 * 64 }
    return scratchBytes
  }
}
