import COneDNN
public import ZooPlugin

/// y = epilogue(x weightᵀ + bias) of bf16, where the machine has instructions for it: a convolution of pixels by themselves.
///
/// The weight that it packs, the bias, and the sums are f32. Results are the same bits on any number of threads.
public final class BF16LinearMap: Sendable {
  private let rows: Int
  private let outputs: Int
  private let adds: Bool
  private let product: CompiledConvolution

  /// With fewer rows, the time is that of reading the weight; with less arithmetic, that of the call.
  private static let leastRows = 8
  private static let leastFlops = 2e6

  /// What can be folded into forward.
  public static var epilogues: Epilogues { LargeConvolution.epilogues }

  /// For x [rows, inputs] and y [rows, outputs]; nil: it is too small, the epilogue is none of oneDNN's, or the machine cannot.
  public init?(rows: Int, inputs: Int, outputs: Int, epilogue: Epilogue?, adds: Bool) {
    let flops = 2 * Double(rows) * Double(inputs) * Double(outputs)
    guard rows >= Self.leastRows, flops >= Self.leastFlops, zoo_dnn_has_bf16() != 0,
      let last = LargeConvolution.last(epilogue?.raw, adds: adds)
    else { return nil }
    var shape = zoo_dnn_shape(
      images: 1, in_h: 1, in_w: Int64(rows), in_c: Int64(inputs), out_h: 1, out_w: Int64(rows), out_c: Int64(outputs), kernel_h: 1,
      kernel_w: 1, stride_h: 1, stride_w: 1, dilation_h: 1, dilation_w: 1, top: 0, left: 0, groups: 1,
      out_step: 0, is_bf16: 1)
    guard let made = zoo_dnn_forward(&shape, last) else { return nil }
    self.rows = rows
    self.outputs = outputs
    self.adds = adds
    product = CompiledConvolution(made)
  }

  /// The size of a packed weight and bias, in bytes.
  public var packedBytes: Int { Scratch.bytes(floats: product.packedFloats) + Scratch.bytes(floats: outputs) }
  /// The scratch that `forward` wants, in bytes: without `packed` it packs by itself.
  public func forwardScratch(packed: Bool) -> Int { (packed ? 0 : packedBytes) + product.scratchBytes }

  /// Writes weight and bias in the layout that `forward` likes best; no bias is a bias of zeros.
  public func pack(
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, into packed: UnsafeMutableRawPointer
  ) throws(LayerError) {
    var pieces = Scratch(packed)
    try product.pack(weight, into: pieces.take(floats: product.packedFloats))
    let last = pieces.take(floats: outputs)
    if let bias { last.update(from: bias, count: outputs) } else { last.update(repeating: 0, count: outputs) }
  }

  /// y = epilogue(x weightᵀ + bias + addend); with `packed`, weight and bias are not read.
  public func forward(
    _ call: Call, _ x: UnsafePointer<UInt16>, packed: UnsafeRawPointer?, weight: @autoclosure () -> UnsafePointer<Float>,
    bias: @autoclosure () -> UnsafePointer<Float>?, addend: UnsafePointer<UInt16>?, into y: UnsafeMutablePointer<UInt16>
  ) throws(LayerError) {
    let memory = packed.map { UnsafeMutableRawPointer(mutating: $0) } ?? call.scratch
    if packed == nil { try pack(weight: weight(), bias: bias(), into: memory) }
    if adds, addend == nil { throw .internal("there is nothing to add") }
    if let addend, addend != UnsafePointer(y) {
      try call.parallel(rows, grain: Grain.moving(floats: outputs)) { part, _ in
        (y + part.lowerBound * outputs).update(from: addend + part.lowerBound * outputs, count: part.count * outputs)
      }
    }
    var pieces = Scratch(memory)
    let panels = pieces.take(floats: product.packedFloats)
    try product.execute(
      from: x, packed: panels, bias: pieces.take(floats: outputs), into: y, scratch: packed == nil ? pieces.rest : call.scratch)
  }
}
