import ZooPlugin

extension Spec {
  /// A tensor of this shape, if one can be: at most 8 axes, and a size in bytes that is a number.
  static func checked(_ shape: [Int], _ dtype: DType, _ name: String = "y") throws(LayerError) -> Spec {
    guard shape.count <= 8 else { throw .shape("\(name) would have \(shape.count) axes, \(shape); 8 is the most") }
    var bytes = dtype.byteCount
    for length in shape where length != 0 {
      let (product, overflows) = bytes.multipliedReportingOverflow(by: length)
      guard !overflows else { throw .shape("\(name) would be too large: \(shape)") }
      bytes = product
    }
    return Spec(shape, dtype)
  }

  /// The axis that a manifest calls `axis`: negative ones count from the last.
  func axis(_ axis: Int, of name: String = "x") throws(LayerError) -> Int {
    guard (-rank..<rank).contains(axis) else { throw .attribute("axis \(axis) is not one of \(name), whose shape is \(self)") }
    return axis < 0 ? axis + rank : axis
  }

  /// The axes that a manifest calls `axes`, each once.
  func axes(_ axes: [Int], of name: String = "x") throws(LayerError) -> [Int] {
    var found: [Int] = []
    for axis in axes {
      let axis = try self.axis(axis, of: name)
      guard !found.contains(axis) else { throw .attribute("axes \(axes) name axis \(axis) of \(name) twice") }
      found.append(axis)
    }
    return found
  }
}

/// The shape that two have in common when each axis of length 1, and each missing in front, stretches to the other's; nil if there is
/// none (NumPy's broadcasting).
func broadcastShape(_ a: [Int], _ b: [Int]) -> [Int]? {
  let rank = max(a.count, b.count)
  var shape: [Int] = []
  for axis in 0..<rank {
    let (i, j) = (axis - rank + a.count, axis - rank + b.count)
    let (x, y) = (i < 0 ? 1 : a[i], j < 0 ? 1 : b[j])
    guard x == y || x == 1 || y == 1 else { return nil }
    shape.append(x == 1 ? y : x)
  }
  return shape
}
