import CHost
import ZooFormats
import ZooRuntime
import ZooTypes

/// Polyak's average of parameters over the iterations: all of the same weight, or the recent ones of more.
///
///     average = average + weight (parameter - average)
///
/// The first iteration that counts sets it. Arithmetic: weight = 1 / n for the n-th; running: weight = 1 - decay.
///
/// - Reference: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging".
final class ParameterAverage {
  private struct Part {
    let path: String
    let values: UnsafeMutablePointer<Float>
    let average: TensorBuffer
    var floats: UnsafeMutablePointer<Float> { average.pointer.assumingMemoryBound(to: Float.self) }
  }

  /// How many iterations count so far.
  var count = 0

  private let choice: ParameterAveraging
  private let store: ParameterStore
  private let parts: [Part]

  /// The average of the parameters with these indices.
  init(_ parameters: [Int], _ choice: ParameterAveraging, store: ParameterStore) {
    self.choice = choice
    self.store = store
    parts = parameters.compactMap { i in
      let entry = store.entries[i]
      return entry.pointer.map { Part(path: entry.path, values: $0.assumingMemoryBound(to: Float.self), average: TensorBuffer(entry.spec)) }
    }
  }

  /// Takes in the parameters after an iteration of that epoch.
  func update(epoch: Int) {
    guard epoch >= choice.firstEpoch else { return }
    count += 1
    let weight: Float =
      switch choice.weights {
      case _ where count == 1: 1
      case .arithmetic: Float(1 / Double(count))
      case .running(let decay): Float(1 - decay)
      }
    for part in parts {
      if count == 1 {
        part.floats.update(from: part.values, count: part.average.spec.count)
      } else {
        zoo_average_floats(part.floats, part.values, Int64(part.average.spec.count), weight)
      }
    }
  }

  /// Does something while the model has the averages for parameters.
  func whileInPlace<Result>(_ body: () throws -> Result) rethrows -> Result {
    exchange()
    defer { exchange() }
    return try body()
  }

  private func exchange() {
    for part in parts { zoo_swap_floats(part.values, part.floats, Int64(part.average.spec.count)) }
    store.touch()
  }

  /// The averages by the parameters' paths.
  var tensors: [(path: String, tensor: TensorBuffer)] { parts.map { ($0.path, $0.average) } }
}
