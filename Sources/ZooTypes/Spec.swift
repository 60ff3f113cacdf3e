public import CZoo

/// A tensor without its data: an element type and a shape.
///
/// All that planning sees.
public struct Spec: Hashable, Sendable, CustomStringConvertible {
  /// The type of the elements.
  public var dtype: DType
  /// The length of each axis, outermost first.
  ///
  /// Empty for a scalar.
  public var shape: [Int]

  /// A spec from its shape; `f32` unless said otherwise.
  public init(_ shape: [Int], _ dtype: DType = .f32) {
    self.shape = shape
    self.dtype = dtype
  }

  /// The protocol's form; nil for an absent optional input (rank -1).
  public init?(_ raw: zoo_spec) {
    guard raw.rank >= 0, raw.rank <= ZOO_MAX_RANK else { return nil }
    let s = raw.shape
    let axes = [s.0, s.1, s.2, s.3, s.4, s.5, s.6, s.7]
    self.init(axes.prefix(Int(raw.rank)).map { Int($0) }, DType(raw.dtype))
  }

  /// This spec in the protocol's form.
  ///
  /// Ranks over 8 do not exist there: check `rank` before.
  public var raw: zoo_spec {
    func axis(_ i: Int) -> Int64 { i < shape.count ? Int64(shape[i]) : 0 }
    return zoo_spec(
      rank: Int32(shape.count), dtype: dtype.raw,
      shape: (axis(0), axis(1), axis(2), axis(3), axis(4), axis(5), axis(6), axis(7)))
  }

  /// The number of axes.
  public var rank: Int { shape.count }
  /// The number of elements; 1 for a scalar.
  public var count: Int { shape.reduce(1, *) }
  /// The size of the data, in bytes.
  public var byteCount: Int { count * dtype.byteCount }
  /// The last axis: channels, features.
  ///
  /// 1 for a scalar.
  public var width: Int { shape.last ?? 1 }
  /// The number of rows of `width` elements.
  public var rows: Int { shape.dropLast().reduce(1, *) }

  /// Such as `[64, 28, 28, 1]`, with the type in front unless it is `f32`.
  public var description: String { dtype == .f32 ? "\(shape)" : "\(dtype) \(shape)" }
}
