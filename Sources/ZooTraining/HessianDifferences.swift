import ZooRuntime

/// The second derivatives of a loss by all trained parameters: central differences of exact gradients, made symmetric.
///
///     H[i, j] = (dL/dp_j at p_i + h - dL/dp_j at p_i - h) / (2 h),  h = 2^-7 max(1, |p_i|)
///
/// What the forwards change besides, such as running statistics, is put back.
final class HessianDifferences {
  private let session: Session
  private let parameters: [Int]
  private let hessian: UnsafeMutablePointer<Float>
  private let count: Int
  private var buffers: [(pointer: UnsafeMutableRawPointer, copy: TensorBuffer)] = []

  /// Into `hessian`, for the parameters with these indices, laid out one after the other.
  init(_ hessian: TensorBuffer, parameters: [Int], session: Session) {
    self.session = session
    self.parameters = parameters
    self.hessian = hessian.pointer.assumingMemoryBound(to: Float.self)
    count = hessian.spec.shape[0]
    for entry in session.store.entries where !entry.isTrainable {
      if let pointer = entry.pointer { buffers.append((pointer, TensorBuffer(entry.spec))) }
    }
  }

  /// Computes it; `gradient` puts the gradients at the parameters as they then are into the store.
  func compute(_ gradient: () throws -> Void) throws {
    for buffer in buffers { buffer.copy.pointer.copyMemory(from: buffer.pointer, byteCount: buffer.copy.spec.byteCount) }
    defer { for buffer in buffers { buffer.pointer.copyMemory(from: buffer.copy.pointer, byteCount: buffer.copy.spec.byteCount) } }
    var row = 0
    for i in parameters {
      let entry = session.store.entries[i]
      guard let values = entry.pointer?.assumingMemoryBound(to: Float.self) else { continue }
      for element in 0..<entry.spec.count {
        let value = values[element]
        defer {
          values[element] = value
          session.store.touch()
        }
        let distance = 0x1p-7 * max(1, value.magnitude)
        let (above, below) = (value + distance, value - distance)
        try at(above, values + element, gradient) { j, slope in hessian[row * count + j] = slope }
        let width = above - below  // as rounded
        try at(below, values + element, gradient) { j, slope in
          hessian[row * count + j] = (hessian[row * count + j] - slope) / width
        }
        row += 1
      }
    }
    symmetrise()
  }

  private func at(
    _ value: Float, _ place: UnsafeMutablePointer<Float>, _ gradient: () throws -> Void, _ take: (Int, Float) -> Void
  ) throws {
    place.pointee = value
    session.store.touch()
    try gradient()
    var j = 0
    for i in parameters {
      let slopes = session.store.gradient(of: i).assumingMemoryBound(to: Float.self)
      for element in 0..<session.store.entries[i].spec.count {
        take(j, slopes[element])
        j += 1
      }
    }
  }

  private func symmetrise() {
    for i in 0..<count {
      for j in 0..<i {
        let mean = (hessian[i * count + j] + hessian[j * count + i]) / 2
        hessian[i * count + j] = mean
        hessian[j * count + i] = mean
      }
    }
  }
}
