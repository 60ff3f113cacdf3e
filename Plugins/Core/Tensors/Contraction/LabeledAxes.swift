/// A tensor whose axes have labels: those of one label are walked together, and axes of length 1 have none.
struct LabeledAxes {
  /// From the outermost, each once.
  private(set) var labels: [Int] = []
  private var strides: [Int: Int] = [:]

  /// The axes of a dense tensor.
  ///
  /// A label that comes twice means the diagonal.
  init(_ labels: [Int], shape: [Int]) {
    for (axis, stride) in View(shape).strides.enumerated() where shape[axis] != 1 {
      let label = labels[axis]
      if strides[label] == nil { self.labels.append(label) }
      strides[label, default: 0] += stride
    }
  }

  /// A dense tensor with axes in the order of `labels`.
  init(dense labels: [Int], _ lengths: [Int: Int]) {
    self.init(labels, shape: labels.map { lengths[$0, default: 1] })
  }

  /// How far apart the elements along a label are; 0 if there is no such axis.
  subscript(label: Int) -> Int { strides[label, default: 0] }

  /// Whether there is such an axis.
  func has(_ label: Int) -> Bool { strides[label] != nil }

  /// The axes of `order`, stretched where there is none.
  func view(_ order: [Int], _ lengths: [Int: Int]) -> View {
    View(shape: order.map { lengths[$0, default: 1] }, strides: order.map { self[$0] })
  }

  /// Labels from the one with the largest stride to the one with the smallest.
  func sorted(_ labels: [Int]) -> [Int] { labels.sorted { self[$0] > self[$1] } }
}

/// Labels that several tensors can walk as if they were one.
struct LabelRun {
  /// From the outermost.
  private(set) var labels: [Int]
  /// The product of their lengths.
  private(set) var length: Int

  /// The longest run of `candidates` that ends in `last`.
  init(endingIn last: Int, of candidates: [Int], in tensors: [LabeledAxes], _ lengths: [Int: Int]) {
    labels = [last]
    length = lengths[last, default: 1]
    while let next = candidates.first(where: { label in
      !labels.contains(label) && tensors.allSatisfy { $0[label] == $0[last] * length }
    }) {
      labels.insert(next, at: 0)
      length *= lengths[next, default: 1]
    }
  }

  /// The longest run of `candidates` at all; empty if there are none.
  init(of candidates: [Int], in tensors: [LabeledAxes], _ lengths: [Int: Int]) {
    labels = []
    length = 1
    for last in candidates {
      let run = LabelRun(endingIn: last, of: candidates, in: tensors, lengths)
      if run.length > length { self = run }
    }
  }

  /// How far apart its elements are in a tensor; 1 if there is but one.
  func stride(in tensor: LabeledAxes) -> Int { labels.last.map { tensor[$0] } ?? 1 }
}
