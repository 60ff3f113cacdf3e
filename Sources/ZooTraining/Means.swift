import ZooRuntime

/// Running means over examples.
struct Means {
  let names: [String]
  /// Sums over examples, and their weights.
  private(set) var values: [(sum: Double, weight: Double)]
  /// How many examples have been seen.
  var count = 0

  init(_ names: [String]) {
    self.names = names
    values = names.map { _ in (0, 0) }
  }

  /// As they were; one value for each name.
  init(_ names: [String], values: [(sum: Double, weight: Double)], count: Int) {
    (self.names, self.values, self.count) = (names, values, count)
  }

  mutating func add(_ value: Double, at i: Int, weight: Int) {
    values[i].sum += value * Double(weight)
    values[i].weight += Double(weight)
  }

  /// The means of what has been added to.
  var numbers: TrainingEvent.Numbers { zip(names, values).compactMap { $1.weight > 0 ? ($0, $1.sum / $1.weight) : nil } }
}

extension Program {
  /// Output `i`, which is one number.
  func scalar(_ i: Int) -> Double { Double(output(i).load(as: Float.self)) }
}
