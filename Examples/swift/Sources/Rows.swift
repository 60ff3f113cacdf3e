import ZooPlugin

extension PlanRequest {
  /// The first input, if it is rows of one channel or more and memory can hold it.
  func rows(_ name: String) throws(LayerError) -> Spec {
    let spec = try float(0, name)
    var bytes = MemoryLayout<Float>.size
    for length in spec.shape {
      let (product, overflows) = bytes.multipliedReportingOverflow(by: max(length, 1))
      guard length >= 0, !overflows else { throw .shape("\(name) is too large: its shape is \(spec.shape)") }
      bytes = product
    }
    guard spec.width > 0 else { throw .shape("\(name) must have at least one channel, but its shape is \(spec.shape)") }
    return spec
  }
}

/// How many rows of so many numbers are worth a thread.
func grain(_ width: Int) -> Int { 1 + 16384 / width }

/// The sum of the products, in double precision.
func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Double {
  var sum = 0.0
  for i in 0..<count { sum += Double(a[i]) * Double(b[i]) }
  return sum
}

/// The length of a vector.
func norm(_ a: UnsafePointer<Float>, _ count: Int) -> Double { dot(a, a, count).squareRoot() }
