import ZooRuntime
import ZooTypes

/// Inputs that a graph accepts, made from a fixed seed: numbers in [0, 1), and indices that no layer refuses.
struct RandomInputs {
  let graph: Graph

  init(_ graph: Graph) { self.graph = graph }

  /// Fills a program's inputs, but for those in `given`.
  ///
  /// `small` makes a program for one example, on which the range of indices is tried out.
  func fill(_ program: Program, except given: Set<Int>, small: () throws -> Program) throws {
    let hasIndices = graph.inputs.enumerated().contains { !given.contains($0) && Self.isIndex($1.dtype) }
    let trial = hasIndices ? try small() : nil
    if let trial { for tensor in trial.inputs { fill(tensor, below: 1) } }
    for (i, tensor) in program.inputs.enumerated() where !given.contains(i) {
      fill(tensor, below: try trial.map { try bound(of: i, in: $0) } ?? 1)
    }
  }

  private static func isIndex(_ dtype: DType) -> Bool { dtype == .i32 || dtype == .i64 }

  /// A power of two below which input `i` may hold any index: what an embedding has rows, a loss classes.
  private func bound(of i: Int, in program: Program) throws -> Int {
    let tensor = program.inputs[i]
    guard Self.isIndex(tensor.spec.dtype) else { return 1 }
    defer { fill(tensor, below: 1) }
    var bound = 1
    while bound < 1 << 16 {
      set(tensor, to: 2 * bound - 1)
      do throws(LayerFailure) {
        try program.forward()
      } catch {
        guard error.isAboutData else { throw error }
        break
      }
      bound *= 2
    }
    return bound
  }

  private func set(_ tensor: TensorBuffer, to index: Int) {
    for i in 0..<tensor.spec.count { store(index, in: tensor, at: i) }
  }

  private func store(_ index: Int, in tensor: TensorBuffer, at i: Int) {
    if tensor.spec.dtype == .i64 {
      tensor.pointer.storeBytes(of: Int64(index), toByteOffset: 8 * i, as: Int64.self)
    } else {
      tensor.pointer.storeBytes(of: Int32(index), toByteOffset: 4 * i, as: Int32.self)
    }
  }

  private func fill(_ tensor: TensorBuffer, below bound: Int) {
    var random = SplitMix(state: 1)
    for i in 0..<tensor.spec.count {
      switch tensor.spec.dtype {
      case .f32: tensor.pointer.storeBytes(of: Float.random(in: 0..<1, using: &random), toByteOffset: 4 * i, as: Float.self)
      case .f64: tensor.pointer.storeBytes(of: Double.random(in: 0..<1, using: &random), toByteOffset: 8 * i, as: Double.self)
      case .i32, .i64: store(Int.random(in: 0..<bound, using: &random), in: tensor, at: i)
      default: return  // zeros: valid in every type
      }
    }
  }
}

/// Steele, Lea and Flood's SplitMix64 (2014, doi:10.1145/2714064.2660195).
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension LayerFailure {
  /// Whether a value in its inputs is out of range (`ZOO_BAD_DATA`).
  fileprivate var isAboutData: Bool { status == 8 }
}
