public import CZoo

/// What `forward` and `backward` receive.
///
/// Valid only until they return.
public struct Call {
  let raw: UnsafePointer<zoo_call>

  init(_ raw: UnsafePointer<zoo_call>) { self.raw = raw }

  /// Whether the plan was made for training.
  public var isTraining: Bool { raw.pointee.flags & UInt32(ZOO_CALL_TRAINING) != 0 }
  /// The inputs.
  ///
  /// In backward, only those that the plan needs.
  public var inputs: Tensors { Tensors(raw.pointee.inputs, raw.pointee.input_count) }
  /// What forward writes.
  ///
  /// In backward, only those that the plan needs.
  public var outputs: Tensors { Tensors(raw.pointee.outputs, raw.pointee.output_count) }
  /// The layer's parameters, as planned.
  public var parameters: Tensors { Tensors(raw.pointee.parameters, raw.pointee.parameter_count) }
  /// What forward leaves for backward; absent in inference.
  public var saved: Tensors { Tensors(raw.pointee.saved, raw.pointee.saved_count) }
  /// What `pack` wrote; nil in training, where parameters change too often, and if the plan packs nothing.
  public var packed: UnsafeRawPointer? { raw.pointee.packed }

  /// (backward) The loss's derivative by each output; nil: zero.
  public var outputGradients: Tensors { Tensors(raw.pointee.output_gradients, raw.pointee.output_count) }
  /// (backward) Where to write the derivative by each input; nil: not wanted.
  public var inputGradients: Tensors { Tensors(raw.pointee.input_gradients, raw.pointee.input_count) }
  /// (backward) Where to write the derivative by each parameter; nil: not wanted.
  public var parameterGradients: Tensors { Tensors(raw.pointee.parameter_gradients, raw.pointee.parameter_count) }
  /// (backward) Whether to add to input gradient `i` rather than overwrite it.
  ///
  /// Only if the plan `accumulates`.
  public func accumulatesInput(_ i: Int) -> Bool { raw.pointee.accumulate_inputs >> UInt64(i) & 1 != 0 }
  /// (backward) Whether to add to parameter gradient `i` rather than overwrite it.
  ///
  /// Only if the plan `accumulates`.
  public func accumulatesParameter(_ i: Int) -> Bool { raw.pointee.accumulate_parameters >> UInt64(i) & 1 != 0 }

  /// A host of version 1.0 has no such field.
  private static let addendOffset = MemoryLayout<zoo_call>.offset(of: \.addend) ?? .max

  /// What is added to output 0 before the epilogue, if the plan was asked to fold it in.
  ///
  /// It has that output's shape, and may be its memory.
  public var addend: Tensor? {
    Int(raw.pointee.size) > Self.addendOffset ? raw.pointee.addend.map { Tensor(raw: $0) } : nil
  }

  /// The planned scratch, aligned to 64 bytes, holding anything; if none was planned, an address with no bytes behind it.
  public var scratch: UnsafeMutableRawPointer { raw.pointee.scratch ?? Self.noScratch }

  private static var noScratch: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped }

  /// Whether the user has asked to stop; long calls then throw `cancelled`.
  public var isCancelled: Bool {
    guard let ask = raw.pointee.host.pointee.is_cancelled else { return false }
    return ask(raw.pointee.context) != 0
  }

  /// Calls `body` over `0 ..< count` in parts of at least `grain` indices, on the host's threads.
  ///
  /// How the range is cut depends on the number of threads, so a result must not: reduce over fixed blocks, never over parts. `slot` (below
  /// 64) is unique among the parts that run at once.
  public func parallel(_ count: Int, grain: Int = 1, _ body: (_ part: Range<Int>, _ slot: Int) -> Void) throws(LayerError) {
    let status = parallelFor(raw.pointee.host, raw.pointee.context, Int64(count), Int64(grain)) { from, to, slot in
      body(Int(from)..<Int(to), Int(slot))
    }
    if let error = LayerError(hostStatus: status) { throw error }
  }

  /// How random numbers are distributed.
  public enum Distribution: Int32, Sendable {
    /// On [0, 1).
    case uniform = 1
    /// Mean 0, deviation 1.
    case normal = 2
    /// Uniformly distributed 32-bit integers.
    case bits = 3
  }

  /// Fills `count` elements at `destination` with numbers that depend only on the run's seed, the layer's path, the step and
  /// `stream`: the same in forward and backward of one step, on any number of threads.
  public func random<Element: BitwiseCopyable>(
    _ distribution: Distribution, stream: UInt32 = 0, into destination: UnsafeMutablePointer<Element>, count: Int
  ) throws(LayerError) {
    let dtype: DType = distribution == .bits ? .u32 : .f32
    var (length, stride) = (Int64(count), Int64(1))
    let status = withUnsafePointer(to: &length) { shape in
      withUnsafePointer(to: &stride) { strides in
        var tensor = zoo_tensor(
          data: destination, device_type: 1, device_id: 0, rank: 1, dtype: dtype.raw, shape: shape, strides: strides, byte_offset: 0)
        return raw.pointee.host.pointee.random(raw.pointee.context, stream, distribution.rawValue, &tensor)
      }
    }
    if let error = LayerError(hostStatus: status) { throw error }
  }

  /// The protocol's own struct, for kernels written in C.
  public var pointer: UnsafePointer<zoo_call> { raw }
}

/// What `pack` receives.
public struct PackCall {
  let raw: UnsafePointer<zoo_pack_call>

  /// The layer's parameters, as planned.
  public var parameters: Tensors { Tensors(raw.pointee.parameters, raw.pointee.parameter_count) }
  /// Where they go in the layer's own layout: the planned size, aligned to 64 bytes.
  public var packed: UnsafeMutableRawPointer { raw.pointee.packed }
  /// What output 0 is multiplied with, for each index of its last axis, if the plan was asked to fold that in.
  public var scale: UnsafePointer<Float>? { hasAffine ? raw.pointee.scale : nil }
  /// What is then added.
  public var shift: UnsafePointer<Float>? { hasAffine ? raw.pointee.shift : nil }
  /// Whether the host is new enough to know of either.
  private var hasAffine: Bool { MemoryLayout<zoo_pack_call>.offset(of: \.shift).map { Int(raw.pointee.size) > $0 } ?? false }
}

/// `host->parallel_for` with a Swift closure, in swift_closure.c: a closure that Swift stores is copied to the heap, and `forward` must
/// not allocate.
@_silgen_name("zoo_swift_parallel_for")
private func parallelFor(
  _ host: UnsafePointer<zoo_host>, _ context: OpaquePointer?, _ count: Int64, _ grain: Int64, _ body: (Int64, Int64, Int32) -> Void
) -> zoo_status
