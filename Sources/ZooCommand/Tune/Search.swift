import CHost
import ZooFormats

/// What a search has tried.
struct Trial: Sendable {
  /// How a trial ended.
  enum State: String, Sendable {
    /// It has a value.
    case finished
    /// Its loss was not a number any more.
    case diverged
    /// It could not be trained.
    case failed
  }

  /// Counted from 1.
  var number: Int
  /// One for each axis.
  var values: [JSON]
  /// How it ended.
  var state: State
  /// What came of it; nil: nothing.
  var value: Double?
  /// How long it took.
  var seconds: Double
  /// Why nothing came of it; empty: something did.
  var problem: String
}

/// Which values a search tries next.
struct Search: Sendable {
  /// How it chooses.
  enum Method: String, CaseIterable, Sendable {
    /// Every combination.
    case grid
    /// At random.
    case random
    /// Where a Gaussian process expects most.
    case bayes
  }

  /// What is varied.
  let axes: [SearchAxis]
  /// How it chooses.
  let method: Method
  /// What its choices depend on, beside the results.
  let seed: UInt64
  /// Whether large values are looked for.
  let maximizes: Bool

  /// How many combinations a grid has.
  var gridCount: Double { axes.reduce(1) { $0 * Double($1.grid.count) } }

  /// The values of the trials from `number` on, at most `count`; fewer if there are no others.
  ///
  /// They depend on the seed and on what was tried before, and on nothing else.
  func proposals(from number: Int, count: Int, after trials: [Trial]) -> [[JSON]] {
    switch method {
    case .grid: return (number..<number + count).compactMap { combination($0 - 1) }
    case .random: return distinct(number..<number + count, from: trials.map(\.values))
    case .bayes:
      let warmUp = max(4, 2 * axes.count)
      var proposals = distinct(number..<max(number, min(number + count, warmUp + 1)), from: trials.map(\.values))
      while proposals.count < count, number + proposals.count > warmUp {
        guard let next = expected(number + proposals.count, trials, pending: proposals) else { break }
        proposals.append(next)
      }
      return proposals
    }
  }

  /// The combination of that index; the last axis changes fastest.
  private func combination(_ index: Int) -> [JSON]? {
    var (rest, values) = (index, [JSON]())
    for axis in axes.reversed() {
      let grid = axis.grid
      values.append(grid[rest % grid.count])
      rest /= grid.count
    }
    return rest == 0 ? values.reversed() : nil
  }

  /// Values at random, none of them tried before where others can be found.
  private func distinct(_ numbers: Range<Int>, from known: [[JSON]]) -> [[JSON]] {
    var seen = Set(known)
    var found: [[JSON]] = []
    for number in numbers {
      for attempt in 0..<Self.attempts {
        let values = zip(axes, places(number, attempt)).map { $0.value(at: $1) }
        guard seen.insert(values).inserted else { continue }
        found.append(values)
        break
      }
    }
    return found
  }

  /// The values of which a Gaussian process expects most; nil: all there are have been tried.
  private func expected(_ number: Int, _ trials: [Trial], pending: [[JSON]]) -> [JSON]? {
    let known = trials.compactMap { trial in trial.value.map { maximizes ? -$0 : $0 } }
    guard let worst = known.max(), known.count > 1 else { return distinct(number..<number + 1, from: trials.map(\.values) + pending).first }
    // What could not be trained is no better than the worst that could.
    let values = trials.map { trial in trial.value.map { maximizes ? -$0 : $0 } ?? worst }
    let mean = values.reduce(0, +) / Double(values.count)
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    let scale = deviation > 0 ? deviation : 1
    var points = trials.map { coordinates($0.values) }
    var scaled = values.map { ($0 - mean) / scale }
    let owners = SearchAxis.owners(axes)
    guard var process = GaussianProcess.fitted(points: points, values: scaled, owners: owners) else {
      return distinct(number..<number + 1, from: trials.map(\.values) + pending).first
    }
    // What is being tried meanwhile is believed to come out as expected.
    for values in pending {
      let point = coordinates(values)
      scaled.append(process.posterior(at: point).mean)
      points.append(point)
      process = GaussianProcess(points: points, values: scaled, process.parameters) ?? process
    }
    let best = scaled.min() ?? 0
    let seen = Set(trials.map(\.values) + pending)
    var choice: (values: [JSON], improvement: Double)?
    for values in candidates(number, trials) where !seen.contains(values) {
      let improvement = process.expectedImprovement(at: coordinates(values), below: best)
      if improvement > choice?.improvement ?? -1 { choice = (values, improvement) }
    }
    return choice?.values
  }

  /// Values all over the axes, and some close to the best ones.
  private func candidates(_ number: Int, _ trials: [Trial]) -> [[JSON]] {
    var candidates = (0..<Self.candidateCount).map { i in zip(axes, places(number, i)).map { $0.value(at: $1) } }
    let ranked = trials.filter { $0.value != nil }.sorted { a, b in
      let (first, second) = (a.value ?? 0, b.value ?? 0)
      return first == second ? a.number < b.number : maximizes ? first > second : first < second
    }
    for (rank, trial) in ranked.prefix(4).enumerated() {
      for i in 0..<Self.candidateCount / 8 {
        let attempt = Self.candidateCount + rank * Self.candidateCount + i
        let reach = [0.2, 0.05, 0.01][i % 3]
        let values = zip(zip(axes, trial.values), places(number, attempt)).map { (pair, place) -> JSON in
          let (axis, value) = pair
          guard case .range = axis.values, let center = axis.coordinates(of: value).first else {
            // Half of them keep their choice.
            return place < 0.5 ? value : axis.value(at: 2 * place - 1)
          }
          return axis.value(at: min(max(center + reach * (2 * place - 1), 0), 1))
        }
        candidates.append(values)
      }
    }
    return candidates
  }

  private func coordinates(_ values: [JSON]) -> [Double] { zip(axes, values).flatMap { $0.coordinates(of: $1) } }

  /// Random numbers from 0 to 1, one for each axis, that depend on the axes' names, the trial and the attempt.
  private func places(_ number: Int, _ attempt: Int) -> [Double] {
    axes.map { axis in
      let path = "tune." + axis.name
      var bits: [UInt32] = [0, 0]
      zoo_random_bits(seed, zoo_path_key(path, UInt64(path.utf8.count)), UInt64(number), UInt32(attempt), 0, &bits, 2)
      return Double(UInt64(bits[0]) << 20 | UInt64(bits[1]) >> 12) / 0x1p52
    }
  }

  // A small space may have few combinations that are left.
  private static let attempts = 200
  private static let candidateCount = 1024
}
