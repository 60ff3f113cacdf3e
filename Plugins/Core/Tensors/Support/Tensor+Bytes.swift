import ZooPlugin

extension Tensor {
  /// The elements, whatever they are, for kernels that only move them.
  var bytes: UnsafeMutableRawPointer {
    switch dtype.byteCount {
    case 1: UnsafeMutableRawPointer(pointer(to: UInt8.self))
    case 2: UnsafeMutableRawPointer(pointer(to: UInt16.self))
    case 4: UnsafeMutableRawPointer(pointer(to: UInt32.self))
    default: UnsafeMutableRawPointer(pointer(to: UInt64.self))
    }
  }
}
