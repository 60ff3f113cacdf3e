import COneDNN
import ZooPlugin

/// A long short-term memory over so many sequences at once that oneDNN is faster, without a backward: docs/decisions/0011.
///
/// A layer is run by one caller at a time, so its memory handles may be set at every call.
final class LargeLSTM: @unchecked Sendable {
  private let handle: OpaquePointer
  private let stateFloats: Int
  private let biasFloats: Int

  /// nil: oneDNN would not be faster, or is not there.
  init?(rows: Int, steps: Int, inputs: Int, units: Int, goesBack: Bool) {
    guard Self.isFaster(rows: rows, steps: steps, units: units) else { return nil }
    var shape = zoo_dnn_lstm_shape(
      rows: Int64(rows), steps: Int64(steps), inputs: Int64(inputs), units: Int64(units), goes_back: goesBack ? 1 : 0)
    guard let handle = zoo_dnn_lstm_create(&shape) else { return nil }
    self.handle = handle
    stateFloats = rows * units
    biasFloats = 4 * units
  }

  deinit { zoo_dnn_lstm_destroy(handle) }

  /// With fewer rows, reading the recurrent weight at every step is what takes time, which the zoo's kernels do better; with more than 512
  /// units the weight does not fit the second-level cache, and it takes more rows to make up for that.
  private static func isFaster(rows: Int, steps: Int, units: Int) -> Bool {
    rows >= (units > 512 ? 64 : 12) && units >= 128 && steps >= 8
  }

  /// The size of packed parameters, in bytes.
  var packedBytes: Int { Scratch.bytes(floats: biasFloats) + Int(zoo_dnn_lstm_packed_bytes(handle)) }

  /// The scratch that `forward` wants, in bytes.
  var scratchBytes: Int { 2 * Scratch.bytes(floats: stateFloats) + Int(zoo_dnn_lstm_scratch_bytes(handle)) }

  /// Writes the sum of the biases, then the weights in oneDNN's layout.
  func pack(_ weights: LSTM.Weights, into packed: UnsafeMutableRawPointer) throws(LayerError) {
    var pieces = Scratch(packed)
    weights.addBiases(count: biasFloats, into: pieces.take(floats: biasFloats))
    try check(zoo_dnn_lstm_pack(handle, weights.x, weights.h, pieces.rest))
  }

  /// Runs all steps; the last states may overwrite the first.
  func forward(_ s: LSTM.Sequence, packed: UnsafeRawPointer, scratch: UnsafeMutableRawPointer) throws(LayerError) {
    var parameters = Scratch(UnsafeMutableRawPointer(mutating: packed))
    let bias = UnsafePointer(parameters.take(floats: biasFloats))
    var pieces = Scratch(scratch)
    let (h, c) = (pieces.take(floats: stateFloats), pieces.take(floats: stateFloats))
    for (state, given) in [(h, s.h), (c, s.c)] {
      if let given { state.update(from: given, count: stateFloats) } else { state.update(repeating: 0, count: stateFloats) }
    }
    var data = zoo_dnn_lstm_data(
      x: s.x, h: UnsafePointer(h), c: UnsafePointer(c), bias: bias, y: s.y, last_h: s.lastH, last_c: s.lastC)
    try check(zoo_dnn_lstm_execute(handle, &data, parameters.rest, pieces.rest))
  }

  private func check(_ status: Int32) throws(LayerError) {
    if status != 0 { throw .internal("oneDNN gave up a recurrent sequence with its status \(status)") }
  }
}
