import CKernels
import COneDNN
import CZoo
import ZooPlugin

/// A convolution that is worth oneDNN's calls: forward, and the gradient by its input.
struct LargeConvolution: Sendable {
  /// Below this, the call, and the threads that it wakes, cost more than a better kernel wins.
  static let leastFlops = 20e6
  /// With fewer channels in a group, most of each vector register is empty, and the zoo's kernels are as fast.
  static let leastChannels = 16

  /// Of smaller images the zoo's kernels are faster in f32.
  static let leastPixels = 64

  /// nil: the zoo's kernels are faster.
  let forward: CompiledConvolution?
  /// nil: no backward follows, the zoo's kernels are faster, or oneDNN has nothing compiled for it.
  let backward: CompiledConvolution?

  /// Products of bf16 are worth it sooner: what else there is converts to f32 and back, and an image's three channels are faster too.
  private static let leastFlopsBF16 = 2e6
  private static let leastInputsBF16 = 3

  /// nil: it is too small, its epilogue is none of oneDNN's that are exact, or oneDNN is not there.
  ///
  /// With `isBF16`, forward is of bf16, where the machine is faster with it; backward is of f32 all the same.
  init?(_ conv: zoo_conv, isTraining: Bool, epilogue: zoo_epilogue?, adds: Bool, isBF16: Bool = false) {
    // Without neighbours it is a plain product, which the zoo's kernels compute as fast in f32, and add to what is there faster.
    let isProduct = conv.kernel_h * conv.kernel_w == 1
    guard isBF16 || isTraining || !isProduct && conv.out_h * conv.out_w >= Self.leastPixels else { return nil }
    // Windows of 3x3 side by side take the zoo's kernels fewer products.
    let (isForward, isBackward) = (isBF16 || conv.is_winograd == 0, isTraining && conv.is_winograd_back == 0)
    guard isForward || isBackward else { return nil }
    guard conv.flops >= (isBF16 ? Self.leastFlopsBF16 : Self.leastFlops), conv.group_out >= Self.leastChannels,
      conv.group_in >= (isBF16 ? Self.leastInputsBF16 : Self.leastChannels), !isBF16 || zoo_dnn_has_bf16() != 0
    else { return nil }
    guard let last = Self.last(epilogue, adds: adds) else { return nil }
    var shape = zoo_dnn_shape(
      images: conv.images, in_h: conv.in_h, in_w: conv.in_w, in_c: conv.in_c, out_h: conv.out_h, out_w: conv.out_w, out_c: conv.out_c,
      kernel_h: conv.kernel_h, kernel_w: conv.kernel_w, stride_h: conv.stride_h, stride_w: conv.stride_w, dilation_h: conv.dilation_h,
      dilation_w: conv.dilation_w, top: conv.top, left: conv.left, groups: conv.groups, out_step: conv.out_step,
      is_bf16: isBF16 ? 1 : 0)
    forward = isForward ? zoo_dnn_forward(&shape, last).map(CompiledConvolution.init) : nil
    if isForward, forward == nil { return nil }
    shape.is_bf16 = 0
    backward = isBackward ? zoo_dnn_backward(&shape).map(CompiledConvolution.init) : nil
  }

  /// What `last` knows.
  static let epilogues: Epilogues = [.relu, .linear, .clip, .affine, .add]

  /// How a product ends; nil: oneDNN has none that is exact.
  static func last(_ epilogue: zoo_epilogue?, adds: Bool) -> zoo_dnn_epilogue? {
    var last = zoo_dnn_epilogue()
    switch Int(epilogue?.kind ?? 0) {
    case ZOO_EPILOGUE_NONE: last.kind = Int32(ZOO_DNN_PLAIN)
    case ZOO_EPILOGUE_RELU: last.kind = Int32(ZOO_DNN_RELU)
    case ZOO_EPILOGUE_LINEAR: last.kind = Int32(ZOO_DNN_LINEAR)
    case ZOO_EPILOGUE_CLIP: last.kind = Int32(ZOO_DNN_CLIP)
    default: return nil
    }
    (last.alpha, last.beta, last.adds) = (epilogue?.alpha ?? 0, epilogue?.beta ?? 0, adds ? 1 : 0)
    return last
  }
}

/// What oneDNN has compiled for one shape and direction.
///
/// A layer is run by one caller at a time, so its memory handles may be set at every call.
final class CompiledConvolution: @unchecked Sendable {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { self.handle = handle }
  deinit { zoo_dnn_destroy(handle) }

  var packedFloats: Int { (Int(zoo_dnn_packed_bytes(handle)) + 3) / 4 }
  var scratchBytes: Int { (Int(zoo_dnn_scratch_bytes(handle)) + 63) / 64 * 64 }

  func pack(_ weight: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) throws(LayerError) {
    try check(zoo_dnn_pack(handle, weight, packed))
  }

  func execute(
    from: UnsafeRawPointer, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?, into: UnsafeMutableRawPointer,
    scratch: UnsafeMutableRawPointer
  ) throws(LayerError) {
    try check(zoo_dnn_execute(handle, from, packed, bias, into, scratch))
  }

  private func check(_ status: Int32) throws(LayerError) {
    if status != 0 { throw .internal("oneDNN gave up a convolution with its status \(status)") }
  }
}

extension zoo_conv {
  /// The arithmetic of one forward, in operations.
  var flops: Double {
    2 * Double(images * out_h * out_w) * Double(out_c) * Double(kernel_h * kernel_w * group_in)
  }
}
