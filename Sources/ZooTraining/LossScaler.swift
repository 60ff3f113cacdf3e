import ZooRuntime

/// By what a loss is multiplied before it is differentiated, so that small gradients are not lost in bf16.
///
/// A gradient that is not finite leaves the update out. A dynamic scale is then halved, and doubled after 2,000 updates in a row.
///
/// - Reference: Micikevicius et al. 2018, <https://arxiv.org/abs/1710.03740>.
struct LossScaler {
  /// What the loss is multiplied by: a power of 2 unless the manifest says otherwise.
  var scale: Double
  /// How many updates in a row were made.
  var good = 0
  /// How many in a row were left out.
  var bad = 0

  private let isDynamic: Bool

  static let firstScale = 0x1p16
  static let largestScale = 0x1p64
  static let smallestScale = 0x1p-32
  static let patience = 2000
  /// So many updates left out in a row are no accident.
  static let limit = 100

  init(_ choice: LossScaling) {
    switch choice {
    case .fixed(let scale): (self.scale, isDynamic) = (scale, false)
    case .dynamic: (scale, isDynamic) = (Self.firstScale, true)
    }
  }

  /// Learns whether all gradients were finite.
  mutating func learn(isFinite: Bool) {
    guard isFinite else {
      (good, bad) = (0, bad + 1)
      if isDynamic { scale = max(scale / 2, Self.smallestScale) }
      return
    }
    (good, bad) = (good + 1, 0)
    guard isDynamic, good >= Self.patience else { return }
    good = 0
    scale = min(scale * 2, Self.largestScale)
  }
}
