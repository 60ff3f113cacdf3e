import ZooRuntime

/// Running means over examples.
struct Means {
  private let names: [String]
  private var values: [(sum: Double, weight: Double)]
  /// How many examples have been seen.
  var count = 0

  init(_ names: [String]) {
    self.names = names
    values = names.map { _ in (0, 0) }
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
