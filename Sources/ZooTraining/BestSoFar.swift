import ZooRuntime

/// The best that a number has been at the end of an epoch.
struct BestSoFar {
  /// The best value; nil: there was none that is finite.
  var value: Double?
  /// Its epoch; before there is one, that before the first that was looked at.
  var epoch = 0
  /// The last epoch that was looked at; 0: none.
  var lastEpoch = 0

  /// How many epochs have passed since.
  var waited: Int { lastEpoch - epoch }

  /// Whether the number of an epoch is better than the best so far by more than `change`; it is then the best.
  mutating func improves(_ watched: WatchedNumber, _ numbers: TrainingEvent.Numbers, epoch: Int, by change: Double = 0) -> Bool {
    // Averages that have not begun have no numbers yet: nothing is waited for.
    guard let number = numbers.first(where: { $0.name == watched.name })?.value else { return false }
    if lastEpoch == 0 { self.epoch = epoch - 1 }
    lastEpoch = epoch
    guard number.isFinite else { return false }
    if let value {
      guard watched.isHigherBetter ? number > value + change : number < value - change else { return false }
    }
    (value, self.epoch) = (number, epoch)
    return true
  }
}
