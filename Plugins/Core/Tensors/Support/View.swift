/// Elements of a dense tensor in an order of its own: where the first one is, and how far apart they are along each axis.
struct View {
  var offset = 0
  var shape: [Int]
  var strides: [Int]

  /// All elements of a dense tensor, in their order.
  init(_ shape: [Int]) {
    self.shape = shape
    strides = shape
    var stride = 1
    for axis in shape.indices.reversed() {
      strides[axis] = stride
      stride *= shape[axis]
    }
  }

  /// Axes of these lengths and strides, from the tensor's first element on.
  init(shape: [Int], strides: [Int]) {
    self.shape = shape
    self.strides = strides
  }

  /// `count` elements along `axis` from `start` on, `step` apart.
  func sliced(_ axis: Int, from start: Int, count: Int, step: Int = 1) -> View {
    var view = self
    view.offset += start * strides[axis]
    view.shape[axis] = count
    view.strides[axis] *= step
    return view
  }

  /// Axis `i` is the one that was `axes[i]`.
  ///
  /// Leaving one out takes its first element.
  func transposed(_ axes: [Int]) -> View {
    var view = self
    view.shape = axes.map { shape[$0] }
    view.strides = axes.map { strides[$0] }
    return view
  }

  /// Stretched to `shape`, with which its own shape agrees by NumPy's rules.
  func broadcast(to shape: [Int]) -> View {
    let added = shape.count - self.shape.count
    var view = self
    view.shape = shape
    view.strides = shape.indices.map { $0 < added || self.shape[$0 - added] == 1 ? 0 : strides[$0 - added] }
    return view
  }
}
