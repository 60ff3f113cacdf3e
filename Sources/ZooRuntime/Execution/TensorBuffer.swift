public import CZoo
import Glibc
public import ZooTypes

/// A tensor with memory of its own, aligned to 64 bytes.
public final class TensorBuffer: @unchecked Sendable {
  /// Type and shape.
  public let spec: Spec
  /// The elements, dense and row-major.
  public let pointer: UnsafeMutableRawPointer
  private let header: TensorTable

  /// A tensor whose bytes are all 0.
  public init(_ spec: Spec) {
    self.spec = spec
    pointer = alignedMemory(bytes: spec.byteCount)
    memset(pointer, 0, spec.byteCount)
    header = TensorTable([spec], data: [pointer])
  }

  /// An `f32` tensor of these values; `shape` defaults to one axis.
  public convenience init(_ values: [Float], shape: [Int]? = nil) {
    self.init(Spec(shape ?? [values.count]))
    precondition(values.count == spec.count, "\(values.count) values do not fill \(spec)")
    values.withUnsafeBytes { pointer.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(pointer), byteCount: $0.count) }
  }

  /// A tensor of any type from its bytes.
  public convenience init(_ spec: Spec, bytes: UnsafeRawBufferPointer) {
    self.init(spec)
    precondition(bytes.count == spec.byteCount, "\(bytes.count) bytes do not fill \(spec)")
    if let start = bytes.baseAddress { pointer.copyMemory(from: start, byteCount: bytes.count) }
  }

  deinit { free(pointer) }

  /// The protocol's view of it, valid as long as this object.
  public var raw: UnsafePointer<zoo_tensor> { UnsafePointer(header.first) }

  /// The bytes.
  public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: pointer, count: spec.byteCount) }

  /// The elements, copied.
  public func array<Element: BitwiseCopyable>(of type: Element.Type = Float.self) -> [Element] {
    precondition(spec.dtype.byteCount == MemoryLayout<Element>.size, "the tensor holds \(spec.dtype)")
    return Array(UnsafeBufferPointer(start: pointer.assumingMemoryBound(to: Element.self), count: spec.count))
  }

  /// The elements of an `f32` tensor, copied.
  public var floats: [Float] { array() }
}

/// Memory aligned to 64 bytes, at least 64 of them, to be freed with `free`.
package func alignedMemory(bytes: Int) -> UnsafeMutableRawPointer {
  guard let memory = aligned_alloc(64, max((bytes + 63) / 64 * 64, 64)) else {
    fatalError("out of memory: \(bytes) bytes were asked for")
  }
  return memory
}

/// A fixed array of the protocol's tensors, with their shapes and strides.
final class TensorTable {
  let first: UnsafeMutablePointer<zoo_tensor>
  let count: Int
  private let axes: UnsafeMutablePointer<Int64>

  init(_ specs: [Spec], data: [UnsafeMutableRawPointer?]) {
    count = specs.count
    first = .allocate(capacity: max(count, 1))
    axes = .allocate(capacity: max(count * 16, 1))
    for (i, spec) in specs.enumerated() {
      let shape = axes + 16 * i
      let strides = shape + 8
      var stride: Int64 = 1
      for axis in spec.shape.indices.reversed() {
        shape[axis] = Int64(spec.shape[axis])
        strides[axis] = stride
        stride *= Int64(max(spec.shape[axis], 1))
      }
      (first + i).initialize(
        to: zoo_tensor(
          data: data[i], device_type: 1, device_id: 0, rank: Int32(spec.rank), dtype: spec.dtype.raw, shape: shape, strides: strides,
          byte_offset: 0))
    }
  }

  deinit {
    first.deallocate()
    axes.deallocate()
  }
}
