/// What training says about waiting for its data, once.
package struct WaitNotice {
  private let epochs: Int
  private var isSaid = false

  /// What takes a moment is not worth a word.
  private static let leastSeconds = 0.5
  private static let leastShare = 0.05

  /// A training of so many epochs.
  package init(epochs: Int) { self.epochs = epochs }

  /// What to say after an epoch; nil: nothing, because it did not wait for long, or it has been said.
  ///
  /// The first of several epochs decodes files that stay decoded.
  package mutating func words(epoch: Int, seconds: Double, waited: Double) -> String? {
    guard !isSaid, seconds >= Self.leastSeconds, waited > Self.leastShare * seconds, epoch > 1 || epochs == 1 else { return nil }
    isSaid = true
    let share = "\(Quantity.duration(waited)) of \(Quantity.duration(seconds))"
    return "Epoch \(epoch) waited for its data for \(share): reading is slower than computing."
  }
}
