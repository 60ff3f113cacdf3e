import CKernels
public import ZooPlugin

/// A convolution of volumes [N, D, H, W, C] and its gradients, planned once.
///
/// `weight` is [out, in / groups, kd, kh, kw], which is also the weight of a convolution of images with in * kd channels: those of the kd
/// slices that a window sees. The slices of a few windows at a time are brought together, as many as stay in the cache. Results are the
/// same bits on any number of threads.
public final class VolumeConvolution: Sendable {
  /// Images that are convolved at once, at most so many floats of them.
  private static let most = 1 << 20

  private let shape: zoo_depth
  private let images: Int
  private let block: Int
  private let volume: Int
  private let result: Int
  private let weightCount: Int
  private let convolution: Convolution
  private let toBias: ColumnSums

  /// Over volumes of `inputs` channels, which `groups` divides as it does `outputs`.
  public init(
    volumes: Int, depth: WindowAxis, height: WindowAxis, width: WindowAxis, inputs: Int, outputs: Int, groups: Int, threads: Int,
    isTraining: Bool
  ) {
    shape = zoo_depth(
      in_d: Int64(depth.input), out_d: Int64(depth.output), kernel_d: Int64(depth.size), stride_d: Int64(depth.stride),
      dilation_d: Int64(depth.dilation), front: Int64(depth.before), pixels: Int64(height.input * width.input), channels: Int64(inputs))
    let images = volumes * depth.output
    let image = height.input * width.input * inputs * depth.size
    let fitting = min(max(Self.most / image, 1), images)
    self.images = images
    block = (1...fitting).last { images.isMultiple(of: $0) } ?? 1
    volume = volumes * depth.input * height.input * width.input * inputs
    result = height.output * width.output * outputs
    weightCount = outputs * (inputs / groups) * depth.size * height.size * width.size
    convolution = Convolution(
      images: block, height: height, width: width, inputs: inputs * depth.size, outputs: outputs, groups: groups, threads: threads,
      isTraining: isTraining)
    toBias = ColumnSums(rows: images * height.output * width.output, columns: outputs)
  }

  /// The arithmetic of one forward, in operations.
  public var flops: Double { convolution.flops * Double(images / block) }
  /// The size of a packed weight and bias, in bytes.
  public var packedBytes: Int { convolution.packedBytes }
  /// The scratch that `forward` wants, in bytes: without `packed` it packs by itself, once for each few windows.
  public func forwardScratch(packed: Bool) -> Int {
    Scratch.bytes(floats: gathered) + (packed ? 0 : packedBytes) + convolution.forwardScratch(packed: true)
  }
  /// The scratch that `backward` wants, in bytes.
  public var backwardScratch: Int {
    Scratch.bytes(floats: gathered) + Scratch.bytes(floats: weightCount) + max(convolution.backwardScratch, toBias.scratchBytes)
  }

  private var gathered: Int { block * Int(shape.pixels * shape.channels * shape.kernel_d) }

  /// Writes weight and bias in the layout that `forward` likes best; no bias is a bias of zeros.
  public func pack(
    weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, into memory: UnsafeMutableRawPointer
  ) throws(LayerError) {
    try convolution.pack(weight: weight, bias: bias, into: memory)
  }

  /// y = conv(x, weight) + bias; with `packed`, weight and bias are not read.
  public func forward(
    _ call: Call, _ x: UnsafePointer<Float>, packed: UnsafeRawPointer?, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    into y: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    var pieces = Scratch(call.scratch)
    let slices = pieces.take(floats: gathered)
    var rest = pieces.rest
    if packed == nil {
      try convolution.pack(weight: weight, bias: bias, into: rest)
      rest += packedBytes
    }
    let panels = packed ?? UnsafeRawPointer(pieces.rest)
    for first in stride(from: 0, to: images, by: block) {
      try gather(call, x, first, into: slices)
      try convolution.forward(call, slices, packed: panels, weight: weight, bias: bias, into: y + first * result, scratch: rest)
    }
  }

  /// The gradients that are wanted, from dy.
  public func backward(
    _ call: Call, x: UnsafePointer<Float>?, weight: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>?,
    dweight: UnsafeMutablePointer<Float>?, dbias: UnsafeMutablePointer<Float>?
  ) throws(LayerError) {
    var pieces = Scratch(call.scratch)
    let slices = pieces.take(floats: gathered)
    let part = pieces.take(floats: weightCount)
    let scratch = pieces.rest
    dx?.update(repeating: 0, count: volume)
    for first in stride(from: 0, to: images, by: block) {
      let dy = dy + first * result
      if let dx {
        try convolution.inputGradient(call, weight: weight, dy: dy, into: slices, scratch: scratch)
        try add(call, slices, first, to: dx)
      }
      if let dweight, let x {
        try gather(call, x, first, into: slices)
        try convolution.backward(
          call, x: slices, weight: weight, dy: dy, dx: nil, dweight: first == 0 ? dweight : part, dbias: nil, scratch: scratch)
        if first > 0 {
          try call.parallel(weightCount, grain: Grain.moving(floats: 3)) { range, _ in
            for i in range { dweight[i] += part[i] }
          }
        }
      }
    }
    if let dbias { try toBias.execute(call, dy, into: dbias, scratch: scratch) }
  }

  private func gather(
    _ call: Call, _ x: UnsafePointer<Float>, _ first: Int, into slices: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    try call.parallel(block * Int(shape.pixels), grain: Grain.moving(floats: 2 * Int(shape.channels * shape.kernel_d))) { part, _ in
      withUnsafePointer(to: shape) {
        zoo_depth_gather($0, x, Int64(first), slices, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
  }

  private func add(
    _ call: Call, _ slices: UnsafePointer<Float>, _ first: Int, to dx: UnsafeMutablePointer<Float>
  ) throws(LayerError) {
    let work = 2 * block * Int(shape.channels * shape.kernel_d)
    try call.parallel(Int(shape.pixels), grain: Grain.moving(floats: work)) { part, _ in
      withUnsafePointer(to: shape) {
        zoo_depth_add($0, slices, Int64(first), Int64(block), dx, Int64(part.lowerBound), Int64(part.upperBound))
      }
    }
  }
}
