import ZooRuntime

/// The best that a number has been at the end of an epoch.
struct BestSoFar {
  /// The best value; nil: there was none that is finite.
  var value: Double?
  /// Its epoch; 0: none.
  var epoch = 0
  /// The last epoch that was looked at.
  var lastEpoch = 0

  /// How many epochs have passed since.
  var waited: Int { lastEpoch - epoch }

  /// Whether the number of an epoch is better than the best so far by more than `change`; it is then the best.
  mutating func improves(_ watched: WatchedNumber, _ numbers: TrainingEvent.Numbers, epoch: Int, by change: Double = 0) -> Bool {
    lastEpoch = epoch
    guard let number = numbers.first(where: { $0.name == watched.name })?.value, number.isFinite else { return false }
    if let value {
      guard watched.isHigherBetter ? number > value + change : number < value - change else { return false }
    }
    (value, self.epoch) = (number, epoch)
    return true
  }
}
