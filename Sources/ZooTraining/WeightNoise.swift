import CHost
import ZooRuntime

/// Normal numbers that are added to parameters while their gradients are computed, and then taken away again.
///
/// Which numbers depends on the seed, the parameter's path and the step.
final class WeightNoise {
  private struct Part {
    let values: UnsafeMutablePointer<Float>
    let clean: UnsafeMutablePointer<Float>
    let count: Int
    let key: UInt64
  }

  private let deviation: Float
  private let session: Session
  private let parts: [Part]

  /// For the parameters with these indices.
  init(_ parameters: [Int], deviation: Double, session: Session) {
    self.deviation = Float(deviation)
    self.session = session
    parts = parameters.compactMap { i in
      let entry = session.store.entries[i]
      let path = "train.weight_noise.\(entry.path)"
      return entry.pointer.map {
        Part(
          values: $0.assumingMemoryBound(to: Float.self), clean: .allocate(capacity: entry.spec.count), count: entry.spec.count,
          key: zoo_path_key(path, UInt64(path.utf8.count)))
      }
    }
  }

  deinit { for part in parts { part.clean.deallocate() } }

  /// Adds the numbers of the session's step.
  func add() {
    for part in parts {
      part.clean.update(from: part.values, count: part.count)
      zoo_add_noise(part.values, Int64(part.count), deviation, session.run.seed, part.key, session.run.step)
    }
    session.store.touch()
  }

  /// Puts the parameters back as they were.
  func remove() {
    for part in parts { part.values.update(from: part.clean, count: part.count) }
    session.store.touch()
  }
}
