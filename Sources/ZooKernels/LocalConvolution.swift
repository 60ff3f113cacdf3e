import CKernels
public import ZooPlugin

/// A convolution of images [N, H, W, C] with a kernel of its own for each pixel of y, and its gradients, planned once.
///
/// `weight` is [H', W', out, in, kh, kw]. Results are the same bits on any number of threads.
public struct LocalConvolution: Sendable {
  private let shape: zoo_local
  private let threads: Int

  /// Over images of `inputs` channels.
  public init(images: Int, height: WindowAxis, width: WindowAxis, inputs: Int, outputs: Int, threads: Int) {
    var shape = zoo_local()
    (shape.images, shape.in_h, shape.in_w, shape.in_c) = (Int64(images), Int64(height.input), Int64(width.input), Int64(inputs))
    (shape.out_h, shape.out_w, shape.out_c) = (Int64(height.output), Int64(width.output), Int64(outputs))
    (shape.kernel_h, shape.kernel_w) = (Int64(height.size), Int64(width.size))
    (shape.stride_h, shape.stride_w) = (Int64(height.stride), Int64(width.stride))
    (shape.dilation_h, shape.dilation_w) = (Int64(height.dilation), Int64(width.dilation))
    (shape.top, shape.left) = (Int64(height.before), Int64(width.before))
    self.shape = shape
    self.threads = max(threads, 1)
  }

  private var pixels: Int { Int(shape.out_h * shape.out_w) }
  /// Of one pixel of y in all images.
  private var work: Double { 2 * Double(shape.images * shape.out_c * shape.in_c) * Double(shape.kernel_h * shape.kernel_w) }

  /// The arithmetic of one forward, in operations.
  public var flops: Double { Double(pixels) * work }

  private var slabBytes: Int { withUnsafePointer(to: shape) { Scratch.bytes(floats: Int(zoo_local_slab($0))) } }

  /// The scratch that either direction wants, in bytes.
  public var scratchBytes: Int { threads * slabBytes }

  /// y = the products with each pixel's kernel, and its bias.
  public func forward(
    _ call: Call, _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, into y: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    try parallel(call, pixels, work: work) { shape, slab, part in
      zoo_local_forward(shape, x, weight, bias, y, slab, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }

  /// The gradients that are wanted, from dy.
  public func backward(
    _ call: Call, x: UnsafePointer<Float>?, weight: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>?,
    dweight: UnsafeMutablePointer<Float>?, dbias: UnsafeMutablePointer<Float>?
  ) throws(LayerError) {
    if let dx { try inputGradient(call, weight: weight, dy: dy, into: dx) }
    guard let x, dweight != nil || dbias != nil else { return }
    try parallel(call, pixels, work: work) { shape, slab, part in
      zoo_local_weight(shape, x, dy, dweight, dbias, slab, Int64(part.lowerBound), Int64(part.upperBound))
    }
  }

  /// Rows of y that share pixels of x take their turns, in an order that does not depend on threads.
  private func inputGradient(
    _ call: Call, weight: UnsafePointer<Float>, dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    dx.update(repeating: 0, count: Int(shape.images * shape.in_h * shape.in_w * shape.in_c))
    let (rows, step) = (Int(shape.out_h), withUnsafePointer(to: shape) { Int(zoo_local_step($0)) })
    for first in 0..<min(step, rows) {
      try parallel(call, (rows - first - 1) / step + 1, work: Double(shape.out_w) * work) { shape, slab, part in
        zoo_local_back(shape, weight, dy, dx, slab, Int64(first), Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
  }

  private func parallel(
    _ call: Call, _ count: Int, work: Double,
    _ body: (_ shape: UnsafePointer<zoo_local>, _ slab: UnsafeMutablePointer<Float>, _ part: Range<Int>) -> Void
  ) throws(LayerError) {
    let (scratch, slabBytes) = (call.scratch, slabBytes)
    try call.parallel(count, grain: Grain.computing(flops: 4 * work)) { part, slot in
      withUnsafePointer(to: shape) { body($0, (scratch + slot * slabBytes).assumingMemoryBound(to: Float.self), part) }
    }
  }
}
