public import CZoo

/// The type of a tensor's elements.
public struct DType: Hashable, Sendable, CustomStringConvertible {
  /// DLPack's type code: 0 integer, 1 unsigned, 2 float, 4 bfloat, 6 boolean.
  public let code: UInt8
  /// The width of one element, in bits.
  public let bits: UInt8

  /// An element type from DLPack's code and width.
  public init(code: UInt8, bits: UInt8) {
    self.code = code
    self.bits = bits
  }

  /// The protocol's form of an element type.
  public init(_ raw: zoo_dtype) { self.init(code: raw.code, bits: raw.bits) }

  /// This type in the protocol's form.
  public var raw: zoo_dtype { zoo_dtype(code: code, bits: bits, lanes: 1) }

  /// 32-bit floating point.
  public static let f32 = DType(code: 2, bits: 32)
  /// 64-bit floating point.
  public static let f64 = DType(code: 2, bits: 64)
  /// 16-bit floating point.
  public static let f16 = DType(code: 2, bits: 16)
  /// bfloat16: the upper half of an f32.
  public static let bf16 = DType(code: 4, bits: 16)
  /// 8-bit unsigned integers.
  public static let u8 = DType(code: 1, bits: 8)
  /// 32-bit unsigned integers.
  public static let u32 = DType(code: 1, bits: 32)
  /// 8-bit signed integers.
  public static let i8 = DType(code: 0, bits: 8)
  /// 16-bit unsigned integers: in files, but in no layer.
  public static let u16 = DType(code: 1, bits: 16)
  /// 64-bit unsigned integers: in files, but in no layer.
  public static let u64 = DType(code: 1, bits: 64)
  /// 16-bit signed integers: in files, but in no layer.
  public static let i16 = DType(code: 0, bits: 16)
  /// 32-bit signed integers.
  public static let i32 = DType(code: 0, bits: 32)
  /// 64-bit signed integers.
  public static let i64 = DType(code: 0, bits: 64)
  /// Booleans of one byte, 0 or 1.
  public static let bool = DType(code: 6, bits: 8)

  /// The size of one element, in bytes.
  public var byteCount: Int { Int(bits) / 8 }

  /// Whether elements are floating-point numbers, through which gradients can flow.
  public var isFloat: Bool { code == 2 || code == 4 }

  /// The name used in manifests and messages, such as `f32`.
  public var description: String {
    switch code {
    case 0: "i\(bits)"
    case 1: "u\(bits)"
    case 2: "f\(bits)"
    case 4: "bf\(bits)"
    case 6: "bool"
    default: "dtype(\(code), \(bits))"
    }
  }
}
