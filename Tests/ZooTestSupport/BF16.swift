import CZooNumbers
package import ZooRuntime
import ZooTypes

extension TensorBuffer {
  /// Its bytes, copied while it lives.
  package var copiedBytes: [UInt8] { withExtendedLifetime(self) { Array(bytes) } }

  /// The same numbers rounded to bf16, if they are f32.
  package var narrowed: TensorBuffer {
    guard spec.dtype == .f32 else { return self }
    let tensor = TensorBuffer(Spec(spec.shape, .bf16))
    zoo_bf16_narrow(pointer.assumingMemoryBound(to: Float.self), tensor.pointer.assumingMemoryBound(to: UInt16.self), Int64(spec.count))
    return tensor
  }

  /// The same numbers as f32, if they are bf16.
  package var widened: TensorBuffer {
    guard spec.dtype == .bf16 else { return self }
    let tensor = TensorBuffer(Spec(spec.shape))
    zoo_bf16_widen(pointer.assumingMemoryBound(to: UInt16.self), tensor.pointer.assumingMemoryBound(to: Float.self), Int64(spec.count))
    return tensor
  }
}
