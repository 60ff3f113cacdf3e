import CKernels
public import CZoo
public import ZooPlugin

/// y = x weightᵀ + bias with a weight that is kept in fewer bits, for inference: f32 in and out.
///
/// Results are the same bits on any number of threads, and executing allocates nothing.
public final class NarrowLinearMap: Sendable {
  /// What a weight is kept as.
  public enum Format: Int32, Sendable {
    case bf16 = 0
    /// Whole numbers up to 127, times a scale for each output.
    case int8 = 1
  }

  /// What can be folded into forward.
  public static var epilogues: Epilogues { [.all, .affine, .add] }

  private let rows: Int
  private let inputs: Int
  private let outputs: Int
  private let format: Format
  private let weightBytes: Int

  /// For x [rows, inputs] and y [rows, outputs].
  public init(rows: Int, inputs: Int, outputs: Int, format: Format) {
    self.rows = rows
    self.inputs = inputs
    self.outputs = outputs
    self.format = format
    weightBytes = (Int(zoo_narrow_bytes(format.rawValue, Int64(inputs), Int64(outputs))) + 63) / 64 * 64
  }

  /// The arithmetic of one forward, in operations.
  public var flops: Double { 2 * Double(rows) * Double(inputs) * Double(outputs) }
  /// The size of a packed weight with its scales, and bias, in bytes.
  public var packedBytes: Int { weightBytes + 2 * Scratch.bytes(floats: outputs) }

  private func pieces(
    _ packed: UnsafeMutableRawPointer
  ) -> (weight: UnsafeMutableRawPointer, scales: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>) {
    var rest = Scratch(packed + weightBytes)
    return (packed, rest.take(floats: outputs), rest.take(floats: outputs))
  }

  /// Writes weight and bias; no bias is a bias of zeros.
  public func pack(weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, into packed: UnsafeMutableRawPointer) {
    let pieces = pieces(packed)
    zoo_narrow_pack(
      format.rawValue, weight, Int64(inputs), Int64(outputs), 0, zoo_gemm_panels(Int64(outputs)), pieces.weight, pieces.scales)
    if let bias { pieces.bias.update(from: bias, count: outputs) } else { pieces.bias.update(repeating: 0, count: outputs) }
  }

  /// y = epilogue(x weightᵀ + bias + addend).
  public func forward(
    _ call: Call, _ x: UnsafePointer<Float>, packed: UnsafeRawPointer, addend: UnsafePointer<Float>? = nil, epilogue: zoo_epilogue? = nil,
    into y: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    let pieces = pieces(UnsafeMutableRawPointer(mutating: packed))
    let tasks = Int(zoo_narrow_tasks(Int64(rows), Int64(outputs)))
    let last = epilogue ?? zoo_epilogue()
    // With few rows, the time is that of reading the weight.
    let grain = min(Grain.computing(flops: flops / Double(tasks)), Grain.moving(floats: weightBytes / 4 / tasks))
    try call.parallel(tasks, grain: grain) { part, _ in
      withUnsafePointer(to: last) { last in
        var product = zoo_narrow()
        (product.m, product.n, product.k, product.type) = (Int64(rows), Int64(outputs), Int64(inputs), format.rawValue)
        (product.a, product.packed, product.bias, product.c) = (x, UnsafeRawPointer(pieces.weight), UnsafePointer(pieces.bias), y)
        product.scales = format == .int8 ? UnsafePointer(pieces.scales) : nil
        (product.addend, product.epilogue) = (addend, last)
        zoo_narrow_run(&product, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
  }
}
