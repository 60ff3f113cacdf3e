import ZooKernels
import ZooPlugin

/// The attributes of pooling: how windows lie over a grid.
struct PoolWindows<G: Grid> {
  var size = [1]
  var stride: [Int]?
  var padding = Padding.valid
  var roundsUp = false

  /// The attributes of a layer that has its windows at `path`.
  static func attributes<Owner>(_ path: WritableKeyPath<Owner, PoolWindows>) -> [Attribute<Owner>] {
    [
      Attribute("size", path.appending(path: \.size), .required, in: pixels, "\(G.extent) of the windows, in \(G.unit)."),
      Attribute(
        "stride", path.appending(path: \.stride), in: pixels,
        "How far it is from one window to the next, in \(G.unit); as far as size."),
      Attribute("padding", path.appending(path: \.padding), in: 0...1_000_000, G.paddingWords("What is around x")),
      Attribute(
        "ceil_mode", path.appending(path: \.roundsUp),
        "Whether a last window may end behind the padding, if it starts before what follows x: sizes of y are rounded up."),
    ]
  }

  /// Windows over `x`, each with at least one element that is not padding.
  func axes(over x: Spec) throws(LayerError) -> [WindowAxis] {
    let size = try G.each(size, "size")
    let stride = try G.each(stride ?? self.size, "stride")
    let padding = try padding.axes(of: G.self)
    for (axis, sides) in padding.enumerated() {
      if case .explicit(let before, let after) = sides, max(before, after) >= size[axis] {
        throw .attribute(
          "padding of \(max(before, after)) \(G.unit) must be smaller than windows, whose \(G.axes[axis]) is \(size[axis])")
      }
    }
    return try G.windows(over: x, size: size, stride: stride, padding: padding, roundsUp: roundsUp)
  }
}

extension Pooling {
  /// Windows over the grid of `x`.
  init(over x: Spec, _ axes: [WindowAxis], countsPadding: Bool = false) {
    let (height, width) = axes.plane
    self.init(images: x.shape[0], height: height, width: width, channels: x.width, countsPadding: countsPadding)
  }

  /// The plan of a layer that is this.
  static func plan(over x: Spec, _ axes: [WindowAxis]) -> Plan {
    let y = Spec(axes.shape(x.shape[0], x.width))
    var plan = Plan(outputs: [y])
    plan.isRowIndependent = true
    plan.flops = Double(y.count) * Double(axes.map(\.size).reduce(1, *))
    return plan
  }
}
