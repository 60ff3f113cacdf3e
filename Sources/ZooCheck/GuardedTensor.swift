import CGuard
import CZoo
import ZooTypes

/// A tensor between pages that nobody may touch.
final class GuardedTensor {
  let spec: Spec
  let name: String
  let memory: UnsafeMutableRawPointer
  private let axes: UnsafeMutablePointer<Int64>

  /// All bytes start as `fill`.
  init(_ spec: Spec, _ name: String, fill: UInt8 = 0) throws {
    guard let memory = zoo_guard_map(UInt64(spec.byteCount), name) else {
      throw CheckFailure("there is no memory for \(name) of \(spec)")
    }
    (self.spec, self.name, self.memory) = (spec, name, memory)
    axes = .allocate(capacity: 16)
    var stride: Int64 = 1
    for axis in spec.shape.indices.reversed() {
      (axes[axis], axes[8 + axis]) = (Int64(spec.shape[axis]), stride)
      stride *= Int64(max(spec.shape[axis], 1))
    }
    bytes.initializeMemory(as: UInt8.self, repeating: fill)
  }

  deinit {
    axes.deallocate()
    zoo_guard_unmap(memory)
  }

  var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: memory, count: spec.byteCount) }
  var copy: [UInt8] { Array(bytes) }
  var isFloat: Bool { spec.dtype == .f32 }
  var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: memory.assumingMemoryBound(to: Float.self), count: spec.count)
  }
  var floats: [Float] { Array(elements) }

  /// The protocol's view; without data, it is only a shape.
  func raw(withData: Bool = true) -> zoo_tensor {
    zoo_tensor(
      data: withData ? memory : nil, device_type: 1, device_id: 0, rank: Int32(spec.rank), dtype: spec.dtype.raw, shape: axes,
      strides: axes + 8, byte_offset: 0)
  }

  func allowWriting(_ isAllowed: Bool) { zoo_guard_protect(memory, isAllowed ? 1 : 0) }

  /// Throws if somebody wrote around it.
  func checkSurroundings(after phase: String) throws {
    let place = zoo_guard_trespass(memory)
    if place != 0 {
      throw CheckFailure("\(phase) writes \(abs(place)) bytes \(place < 0 ? "before the start" : "past the end") of \(name)")
    }
  }

  /// Numbers drawn by `seed`: in `range`, or what suits the type.
  func fill(seed: Int, range: ClosedRange<Double>?) {
    var random = SplitMix(state: UInt64(bitPattern: Int64(seed)))
    let count = spec.count
    if spec.dtype.isFloat {
      let range = range ?? -1...1
      for i in 0..<count { set(i, range.lowerBound + random.next() * (range.upperBound - range.lowerBound)) }
    } else {
      let range = range ?? 0...1
      let steps = (range.upperBound - range.lowerBound).rounded(.down) + 1
      for i in 0..<count { set(i, (range.lowerBound + (random.next() * steps).rounded(.down)).rounded()) }
    }
  }

  /// The element in the tensor's type, from a number that it can hold.
  private func set(_ i: Int, _ value: Double) {
    func store<Value: BitwiseCopyable>(_ value: Value) {
      memory.storeBytes(of: value, toByteOffset: i * MemoryLayout<Value>.size, as: Value.self)
    }
    switch spec.dtype {
    case .f32: store(Float(value))
    case .f64: store(value)
    case .f16: store(UInt16(truncatingIfNeeded: 0x3800 | Int(value.magnitude * 512)))
    case .bf16: store(UInt16(truncatingIfNeeded: Float(value).bitPattern >> 16))
    case .i64, .u64: store(Int64(value))
    case .i32, .u32: store(Int32(value))
    case .i16, .u16: store(Int16(value))
    default: store(UInt8(truncatingIfNeeded: Int(value)))
    }
  }
}

/// Steele, Lea & Flood 2014: enough for test data, and the same everywhere.
struct SplitMix {
  var state: UInt64

  /// In [0, 1).
  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ z >> 31) >> 11) / 9_007_199_254_740_992
  }
}
