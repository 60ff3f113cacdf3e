import CZoo

/// A dense, row-major tensor in memory that the host owns.
///
/// Valid only during the call that it came with.
public struct Tensor {
  let raw: UnsafePointer<zoo_tensor>

  init(raw: UnsafePointer<zoo_tensor>) { self.raw = raw }

  /// The number of axes.
  public var rank: Int { Int(raw.pointee.rank) }
  /// The type of the elements.
  public var dtype: DType { DType(raw.pointee.dtype) }
  /// The length of axis `axis`, counted from the outermost.
  public subscript(axis: Int) -> Int { Int(raw.pointee.shape[axis]) }
  /// The number of elements.
  public var count: Int {
    var n = 1
    for axis in 0..<rank { n *= self[axis] }
    return n
  }
  /// The last axis: channels, features.
  ///
  /// 1 for a scalar.
  public var width: Int { rank == 0 ? 1 : self[rank - 1] }
  /// Type and shape.
  ///
  /// Makes an array: not for `forward` and `backward`.
  public var spec: Spec { Spec((0..<rank).map { self[$0] }, dtype) }

  /// The elements, for kernels.
  public func pointer<Element: BitwiseCopyable>(to: Element.Type) -> UnsafeMutablePointer<Element> {
    precondition(dtype.byteCount == MemoryLayout<Element>.size, "the tensor holds \(dtype)")
    return raw.pointee.data.assumingMemoryBound(to: Element.self)
  }

  /// The elements of a `bf16` tensor, for kernels.
  public var halves: UnsafeMutablePointer<UInt16> { pointer(to: UInt16.self) }
  /// The elements of an `f32` tensor, for kernels.
  public var floats: UnsafeMutablePointer<Float> { pointer(to: Float.self) }

  /// The elements, to read.
  @_lifetime(borrow self)
  public func span<Element: BitwiseCopyable>(of type: Element.Type = Float.self) -> Span<Element> {
    unsafe _overrideLifetime(Span(_unsafeStart: pointer(to: type), count: count), borrowing: self)
  }

  /// The elements, to write.
  @_lifetime(borrow self)
  public func mutableSpan<Element: BitwiseCopyable>(of type: Element.Type = Float.self) -> MutableSpan<Element> {
    unsafe _overrideLifetime(MutableSpan(_unsafeStart: pointer(to: type), count: count), borrowing: self)
  }
}

/// A call's inputs, outputs, parameters or saved tensors, in declared order.
public struct Tensors {
  let raw: UnsafePointer<zoo_tensor>?
  /// How many there are.
  public let count: Int

  init(_ raw: UnsafePointer<zoo_tensor>?, _ count: UInt32) {
    self.raw = raw
    self.count = Int(count)
  }

  /// Tensor `i`, which must be there.
  public subscript(i: Int) -> Tensor {
    guard let raw, i < count else { preconditionFailure("there is no tensor \(i)") }
    return Tensor(raw: raw + i)
  }

  /// Tensor `i`; nil for an absent optional input or a gradient that is zero or not wanted.
  public func optional(_ i: Int) -> Tensor? {
    guard let raw, i < count, raw[i].data != nil else { return nil }
    return Tensor(raw: raw + i)
  }
}
