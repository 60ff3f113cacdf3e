import ZooPlugin

/// How the losses of many elements or rows become one number.
protocol LossReduction: AttributeValue {
  /// Whether they stay apart.
  var isNone: Bool { get }
  /// What their sum is divided by.
  func divisor(of prediction: Tensor) -> Int
}

/// What most losses offer.
enum Reduction: String, CaseIterable, LossReduction {
  case mean
  case sum
  case none

  var isNone: Bool { self == .none }

  func divisor(of prediction: Tensor) -> Int { self == .mean ? prediction.count : 1 }
}

/// What divergences offer beside it: the sum of each item of the first axis, averaged over them.
enum DivergenceReduction: String, CaseIterable, LossReduction {
  case mean
  case batchMean = "batch_mean"
  case sum
  case none

  var isNone: Bool { self == .none }

  func divisor(of prediction: Tensor) -> Int {
    switch self {
    case .mean: prediction.count
    case .batchMean: prediction[0]
    case .sum, .none: 1
    }
  }
}

/// Where sums over fixed blocks wait to be added up, so that the total does not depend on the number of threads.
enum PartialSums {
  /// The scratch for `count` elements in blocks of `block`, in bytes.
  static func scratch(for count: Int, block: Int) -> Int { (count + block - 1) / block * MemoryLayout<Double>.stride }
}
