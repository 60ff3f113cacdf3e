import ZooPlugin

/// The axes that a reduction takes away, and the shapes that follow.
struct ReducedAxes {
  /// The axes, from the first.
  let axes: [Int]
  /// The input's shape, with 1 for each of them.
  let stretching: [Int]
  /// The output.
  let output: Spec

  /// `wanted` axes of x, or all; kept as axes of length 1 or left out.
  init(_ x: Spec, _ wanted: [Int]?, keep: Bool) throws(LayerError) {
    if wanted == [] { throw .attribute("axes is empty; leave it out to reduce all axes") }
    axes = try x.axes(wanted ?? Array(x.shape.indices)).sorted()
    let axes = axes
    stretching = x.shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    output = Spec(keep ? stretching : x.shape.enumerated().filter { !axes.contains($0.offset) }.map(\.element))
  }

  /// Throws if outputs would be made of no elements at all.
  func requireElements(_ x: Spec) throws(LayerError) {
    if let empty = axes.first(where: { x.shape[$0] == 0 }) {
      throw .shape("axis \(empty) of x must not be empty, but the shape is \(x.shape)")
    }
  }

  /// Whether rows of x stay rows.
  var keepsRows: Bool { !stretching.isEmpty && !axes.contains(0) }
}
