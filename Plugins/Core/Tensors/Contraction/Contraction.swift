import ZooKernels
import ZooPlugin

/// A product of tensors, summed over the labels that the result lacks, and stretched along those that it alone has.
///
///     result[i, k] = sum_j a[i, j] b[j, k]
///
/// It is planned once as steps: sums, copies and products of matrices.
struct Contraction {
  /// Where a step reads or writes.
  enum Place {
    case operand(Int)
    /// So many bytes into the scratch.
    case scratch(Int)
    case result
  }

  /// One piece of the work.
  ///
  /// `scratch` is where the step may write what it likes.
  enum Step {
    case sum(StridedReduction, Place, into: Place, scratch: Int)
    case multiply(StridedReduction, Place, Place, into: Place, scratch: Int)
    case multiplyMatrices(MatMul, Place, Place, into: Place, scratch: Int)
    case move(Move, Place, into: Place)
  }

  private let steps: [Step]
  /// The elements of the result to be zeroed first, because the steps do not write them all.
  private let cleared: Int
  /// The scratch that `run` wants, in bytes.
  let scratchBytes: Int
  /// The arithmetic, in operations.
  let flops: Double

  /// Multiplies `operands` from left to right.
  ///
  /// `count` is the number of elements of the result's tensor, of which the labelled axes may be a diagonal only.
  init(_ operands: [LabeledAxes], into result: LabeledAxes, count: Int, lengths: [Int: Int]) throws(LayerError) {
    var planner = ContractionPlanner(lengths: lengths)
    let labels = Set(operands.flatMap(\.labels)).union(result.labels)
    if labels.contains(where: { lengths[$0] == 0 }) {
      (steps, cleared) = ([], count)
    } else {
      try planner.plan(operands, into: result)
      steps = planner.steps
      cleared = result.labels.reduce(1) { $0 * lengths[$1, default: 1] } == count ? 0 : count
    }
    scratchBytes = planner.scratchBytes
    flops = planner.flops
  }

  /// Writes the result, or adds it to what is there.
  func run(
    _ call: Call, _ operands: (Int) -> UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>, adding: Bool
  ) throws(LayerError) {
    if cleared > 0, !adding { result.update(repeating: 0, count: cleared) }
    let scratch = scratchBytes > 0 ? call.scratch : UnsafeMutableRawPointer(result)
    func pointer(_ place: Place) -> UnsafeMutablePointer<Float> {
      switch place {
      case .operand(let i): operands(i)
      case .scratch(let offset): (scratch + offset).assumingMemoryBound(to: Float.self)
      case .result: result
      }
    }
    for step in steps {
      switch step {
      case .sum(let reduction, let a, let target, let free):
        try reduction.sum(call, pointer(a), into: pointer(target), adding: adding && target.isResult, scratch: scratch + free)
      case .multiply(let reduction, let a, let b, let target, let free):
        try reduction.sum(
          call, of: .products, pointer(a), pointer(b), into: pointer(target), adding: adding && target.isResult, scratch: scratch + free)
      case .multiplyMatrices(let product, let a, let b, let target, let free):
        try product.execute(call, pointer(a), pointer(b), into: pointer(target), adds: adding && target.isResult, scratch: scratch + free)
      case .move(let move, let source, let target):
        if adding && target.isResult {
          try move.add(call, pointer(source), to: pointer(target))
        } else {
          try move.copy(call, pointer(source), to: pointer(target))
        }
      }
    }
  }
}

extension Contraction.Place {
  fileprivate var isResult: Bool { if case .result = self { true } else { false } }
}
