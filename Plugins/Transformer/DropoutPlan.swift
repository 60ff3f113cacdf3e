import CKernels
import ZooPlugin

/// Dropout inside a layer: elements become 0 by chance, in training alone, and the others are scaled up.
///
/// Srivastava et al. 2014. What is kept depends on the run's seed, the layer's path, the step and the stream, not on threads.
struct DropoutPlan {
  private let probability: Double

  /// For a training plan; in inference the probability is 0.
  init(probability: Double) { self.probability = probability }

  /// Whether anything can be dropped.
  var isOn: Bool { probability > 0 }

  private var scale: Float { Float(1 / (1 - probability)) }

  /// What is saved for backward: a byte for each of `count` elements.
  func saved(count: Int) -> Spec { Spec([isOn ? count : 0], .u8) }

  /// y from x, which it must not be; `mask` receives what was kept.
  func forward(
    _ call: Call, stream: UInt32, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, mask: UnsafeMutablePointer<UInt8>,
    count: Int
  ) throws(LayerError) {
    let (threshold, scale) = (UInt32(probability * 0x1p32), scale)
    try y.withMemoryRebound(to: UInt32.self, capacity: count) { bits throws(LayerError) in
      try call.random(.bits, stream: stream, into: bits, count: count)
    }
    try call.blocks(count) { part in
      let start = part.lowerBound
      zoo_dropout_forward(x + start, y + start, mask + start, Int64(part.count), threshold, scale)
    }
  }

  /// dx from dy, which it may be.
  func backward(
    _ mask: UnsafePointer<UInt8>, _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, count: Int
  ) {
    zoo_dropout_backward(mask, dy, dx, Int64(count), scale, 0)
  }
}
