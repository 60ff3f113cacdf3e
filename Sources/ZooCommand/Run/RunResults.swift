import ZooRuntime
import ZooTypes

/// What several runs make of each output: pieces joined along an axis, or what the last run made.
struct RunResults {
  /// What the last run made.
  private(set) var last: [TensorBuffer] = []

  private let axes: [Int?]
  // By output; of those that are not joined, none are kept.
  private var pieces: [[TensorBuffer]]

  /// No results yet; `axes` has the axis of each output along which its pieces are joined, -1 for the last one, or nil.
  init(axes: [Int?]) {
    self.axes = axes
    pieces = axes.map { _ in [] }
  }

  /// Adds what a run made of some outputs, or of all.
  mutating func add(_ outputs: [TensorBuffer], only wanted: [Bool]? = nil) {
    last = outputs
    for (o, tensor) in outputs.enumerated() where axes[o] != nil && wanted?[o] ?? true { pieces[o].append(tensor) }
  }

  /// What they have made so far.
  var outputs: [TensorBuffer] {
    last.enumerated().map { o, tensor in
      guard let axis = axes[o], tensor.spec.rank > 0 else { return tensor }
      return TensorBuffer.join(pieces[o], axis: axis < 0 ? tensor.spec.rank - 1 : axis) ?? tensor
    }
  }
}
