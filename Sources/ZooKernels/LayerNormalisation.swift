import CKernels
public import ZooPlugin

/// A layer normalisation between residual connections, planned once for `rows` rows of `width`.
///
/// Results are the same bits on any number of threads, and executing allocates nothing.
public struct LayerNormalisation: Sendable {
  private let rows: Int
  private let width: Int
  private let epsilon: Double

  /// For rows of so many channels; `epsilon` is added to the variance.
  public init(rows: Int, width: Int, epsilon: Double) {
    (self.rows, self.width, self.epsilon) = (rows, width, epsilon)
  }

  /// The weight and the bias, or their gradients.
  public struct Affine<Pointer> {
    let weight: Pointer
    let bias: Pointer

    /// Both, `[width]`.
    public init(weight: Pointer, bias: Pointer) { (self.weight, self.bias) = (weight, bias) }
  }

  /// What forward keeps of every row for backward.
  public var norms: Spec { Spec([rows, 3]) }

  /// Sums over rows are taken in blocks of so many.
  private static let block = Int(ZOO_NORM_ROWS)
  private var blocks: Int { (rows + Self.block - 1) / Self.block }

  /// The scratch that `backward` wants, in bytes.
  public var backwardScratch: Int { Scratch.bytes(floats: blocks * 2 * width) }

  /// s = x + addend and y = weight normalised(s) + bias; without an addend, s is x and not written.
  ///
  /// `s` may be x or the addend, `y` may be x or s. `norms` receives what backward wants.
  public func forward(
    _ call: Call, _ x: UnsafePointer<Float>, adding addend: UnsafePointer<Float>? = nil, sum: UnsafeMutablePointer<Float>? = nil,
    _ affine: Affine<UnsafeMutablePointer<Float>>, into y: UnsafeMutablePointer<Float>, norms: UnsafeMutablePointer<Float>?
  ) throws(LayerError) {
    let norms = norms.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: zoo_norm.self) }
    try call.parallel(rows, grain: Grain.moving(floats: 4 * width)) { part, _ in
      for row in part {
        let start = row * width
        var source = x + start
        if let addend, let sum {
          Residual.add(x + start, addend + start, into: sum + start, count: width)
          source = UnsafePointer(sum + start)
        }
        zoo_layer_norm(source, affine.weight, affine.bias, epsilon, y + start, norms.map { $0 + row }, 1, Int64(width))
      }
    }
  }

  /// dx = (the gradient by s) + residual, and the gradients by weight and bias; `s` and `norms` are forward's.
  ///
  /// `dx` may be the residual or dy.
  public func backward(
    _ call: Call, _ s: UnsafePointer<Float>, dy: UnsafePointer<Float>, residual: UnsafePointer<Float>? = nil,
    weight: UnsafePointer<Float>, norms: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>?,
    _ gradients: Affine<UnsafeMutablePointer<Float>?>, scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    let norms = UnsafeRawPointer(norms).assumingMemoryBound(to: zoo_norm.self)
    let isSummed = gradients.weight != nil || gradients.bias != nil
    let sums = isSummed ? scratch.assumingMemoryBound(to: Float.self) : nil
    try call.parallel(blocks, grain: Grain.moving(floats: 4 * Self.block * width)) { part, _ in
      for block in part {
        let first = block * Self.block
        let (start, count) = (first * width, min(Self.block, rows - first))
        if let dx, let residual, residual != UnsafePointer(dx) { (dx + start).update(from: residual + start, count: count * width) }
        zoo_layer_norm_backward(
          s + start, dy + start, weight, norms + first, dx.map { $0 + start }, sums.map { $0 + block * 2 * width }, Int64(count),
          Int64(width), residual == nil ? 0 : 1)
      }
    }
    guard let sums else { return }
    let (stride, end) = (Int64(2 * width), Int64(width))
    if let weight = gradients.weight { zoo_add_blocks(sums, Int64(blocks), stride, 0, end, weight, 0) }
    if let bias = gradients.bias { zoo_add_blocks(sums + width, Int64(blocks), stride, 0, end, bias, 0) }
  }
}

/// Sums of a path and the one around it.
public enum Residual {
  /// y = a + b for so many elements; y may be either.
  public static func add(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
    if UnsafePointer(y) == b {
      zoo_accumulate(1, a, y, Int64(count))
    } else {
      if UnsafePointer(y) != a { y.update(from: a, count: count) }
      zoo_accumulate(1, b, y, Int64(count))
    }
  }

  /// The same on the host's threads.
  public static func add(
    _ call: Call, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
  ) throws(LayerError) {
    let line = 1024
    try call.parallel((count + line - 1) / line, grain: Grain.moving(floats: 3 * line)) { part, _ in
      for start in stride(from: part.lowerBound * line, to: min(part.upperBound * line, count), by: line) {
        add(a + start, b + start, into: y + start, count: min(line, count - start))
      }
    }
  }
}
