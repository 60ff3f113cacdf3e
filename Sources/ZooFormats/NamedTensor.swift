public import ZooTypes

/// A tensor to be written to a file: dense, row-major and little-endian.
public struct NamedTensor {
  /// Its name in the file.
  public var name: String
  /// Its element type and shape.
  public var spec: Spec
  /// Its elements, which must outlive this value.
  public var bytes: UnsafeRawBufferPointer

  /// A tensor of that name.
  public init(_ name: String, _ spec: Spec, _ bytes: UnsafeRawBufferPointer) {
    self.name = name
    self.spec = spec
    self.bytes = bytes
  }
}
