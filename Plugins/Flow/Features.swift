import CKernels
import ZooPlugin

/// Which features of the last axis a coupling keeps as they are; of an odd number, `first` and `even` have the one more.
enum Kept: String, CaseIterable, AttributeValue {
  case first, second, even, odd, none

  /// These of `width` features, and the others.
  func features(of width: Int) -> (kept: zoo_features, others: zoo_features) {
    let (width, more, fewer) = (Int64(width), Int64((width + 1) / 2), Int64(width / 2))
    let (first, second) = (
      zoo_features(width: width, first: 0, step: 1, count: more), zoo_features(width: width, first: more, step: 1, count: fewer)
    )
    let (even, odd) = (
      zoo_features(width: width, first: 0, step: 2, count: more), zoo_features(width: width, first: 1, step: 2, count: fewer)
    )
    switch self {
    case .first: return (first, second)
    case .second: return (second, first)
    case .even: return (even, odd)
    case .odd: return (odd, even)
    case .none:
      let all = zoo_features(width: width, first: 0, step: 1, count: width)
      return (zoo_features(width: width, first: 0, step: 1, count: 0), all)
    }
  }
}

extension PlanRequest {
  /// Input 0: items that have features along the last axis.
  func items(_ name: String = "x") throws(LayerError) -> Spec {
    let x = try float(0, name, rank: 2...8)
    guard x.count > 0 else { throw .shape("\(name) must not be empty, but its shape is \(x.shape)") }
    return x
  }

  /// Checks that input `i` is one number for each of so many items.
  func expectOne(_ i: Int, _ name: String, for items: Int) throws(LayerError) {
    let spec = try float(i, name)
    guard spec.shape == [items] else {
      throw .shape("\(name) must have one number for each of the \(items) items, but its shape is \(spec.shape)")
    }
  }
}

extension Call {
  /// Calls `body` over the items `0 ..< count`, each of so many features, on the host's threads.
  ///
  /// Parts are cut where the features before are a multiple of 64: each then falls into the vector loop of its kernel, or into the end
  /// of it, on any number of threads alike.
  func items(_ count: Int, features: Int, grain: Int, _ body: (_ part: Range<Int>) -> Void) throws(LayerError) {
    let block = 64 >> min(features.trailingZeroBitCount, 6)
    try parallel((count + block - 1) / block, grain: max(grain / (block * features), 1)) { part, _ in
      body(part.lowerBound * block..<min(part.upperBound * block, count))
    }
  }

  /// Gives input `i`, of which each element was added to one of the output's, the gradient `dy`; nil: zero.
  func pass(_ dy: Tensor?, to i: Int) {
    guard let gradient = inputGradients.optional(i) else { return }
    switch (dy, accumulatesInput(i)) {
    case (let dy?, true): zoo_accumulate(1, dy.floats, gradient.floats, Int64(gradient.count))
    case (let dy?, false): gradient.floats.update(from: dy.floats, count: gradient.count)
    case (nil, true): break
    case (nil, false): gradient.floats.update(repeating: 0, count: gradient.count)
    }
  }
}

/// Elements that are worth a thread.
enum Grain {
  /// Of what is copied.
  static let light = 1 << 17
  /// Of what takes exponentials.
  static let heavy = 1 << 15
}
