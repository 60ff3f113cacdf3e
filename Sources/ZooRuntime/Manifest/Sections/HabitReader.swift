import ZooFormats

/// Reads what `train` says about training as a whole: averages, loss scaling, when it stops, what it keeps.
struct HabitReader {
  static let averageKeys = ["decay", "arithmetic", "from_epoch", "about"]
  static let stopKeys = ["value", "better", "patience", "least_change", "about"]
  static let keepKeys = ["last", "best", "about"]
  static let bestKeys = ["value", "better", "about"]

  /// The section `train`.
  private let fields: Fields
  /// The numbers of an evaluation, and whether larger is better unless the manifest says otherwise.
  private let numbers: [(name: String, isHigherBetter: Bool)]

  init(fields: Fields, steps: [TrainingStep], metrics: [TrainingMetric]) {
    self.fields = fields
    numbers = steps.flatMap(\.terms).map { ($0.name, $0.weight < 0) } + metrics.map { ($0.name, true) }
  }

  func averaging() throws(ManifestError) -> ParameterAveraging? {
    guard let json = fields.raw("average") else { return nil }
    let average = try Fields(json, of: .section("average"), keys: Self.averageKeys, fields.evaluate)
    _ = try average.text("about")
    let decay = try average.number("decay", in: 0...1), isArithmetic = try average.boolean("arithmetic") ?? false
    if decay != nil, isArithmetic {
      throw average.error(.saidTwice("decay", "arithmetic", of: average.owner), at: average.raw("arithmetic"))
    }
    let weights: ParameterAveraging.Weights? = isArithmetic ? .arithmetic : decay.map { .running(decay: $0) }
    return ParameterAveraging(
      weights: try average.require("decay", weights, about: "how much of the average is left after an iteration, such as 0.999"),
      firstEpoch: try average.integer("from_epoch", in: 1...Int.max) ?? 1)
  }

  func lossScaling() throws(ManifestError) -> LossScaling? {
    guard let json = try fields["loss_scale"] else { return nil }
    let owner = ManifestError.Owner.key("loss_scale", of: fields.owner)
    if let number = json.number {
      let range = 1.0...0x1p64
      guard range.contains(number) else { throw fields.error(.outOfRange(owner, got: json.shown, range: range), at: json) }
      return .fixed(number)
    }
    guard json.string == "dynamic" else {
      throw fields.error(.notAChoice(owner, got: json.string ?? json.shown, choices: ["a number", "dynamic"]), at: json)
    }
    return .dynamic
  }

  func stopping() throws(ManifestError) -> EarlyStopping? {
    guard let json = fields.raw("stop") else { return nil }
    let stop = try Fields(json, of: .section("stop"), keys: Self.stopKeys, fields.evaluate)
    _ = try stop.text("about")
    return EarlyStopping(
      watched: try watched(stop), patience: try stop.integer("patience", in: 1...Int(Int32.max)) ?? 1,
      leastChange: try stop.number("least_change", in: 0...Double.greatestFiniteMagnitude) ?? 0)
  }

  func keeping() throws(ManifestError) -> CheckpointKeeping {
    guard let json = fields.raw("keep") else { return CheckpointKeeping(last: 2) }
    let keep = try Fields(json, of: .section("keep"), keys: Self.keepKeys, fields.evaluate)
    _ = try keep.text("about")
    var best: WatchedNumber?
    if let json = try keep["best"] {
      let owner = ManifestError.Owner.key("best", of: keep.owner)
      if let name = json.string {
        best = try watched(name, better: nil, owner, at: json)
      } else {
        guard json.object != nil else { throw keep.error(.wrongType(owner, wanted: .textOrObject, got: json.shown), at: json) }
        let fields = try Fields(json, of: owner, keys: Self.bestKeys, keep.evaluate.done)
        _ = try fields.text("about")
        best = try watched(fields)
      }
    }
    return CheckpointKeeping(last: try keep.integer("last", in: 1...Int(Int32.max)) ?? 2, best: best)
  }

  private func watched(_ fields: Fields) throws(ManifestError) -> WatchedNumber {
    let name = try fields.require("value", try fields.text("value"), about: "the name of a loss or metric")
    let better = try fields.choice("better", of: ["lower", "higher"])
    return try watched(name, better: better, .key("value", of: fields.owner), at: fields.raw("value") ?? fields.json)
  }

  private func watched(
    _ name: String, better: String?, _ owner: ManifestError.Owner, at json: JSON
  ) throws(ManifestError) -> WatchedNumber {
    let prefix = WatchedNumber.averagePrefix
    let isAveraged = name.hasPrefix(prefix) && fields.raw("average") != nil
    let plain = isAveraged ? String(name.dropFirst(prefix.count)) : name
    guard let number = numbers.first(where: { $0.name == plain }) else {
      throw fields.error(.unknownNumber(name, of: owner, known: numbers.map(\.name)), at: json)
    }
    return WatchedNumber(name: name, isHigherBetter: better.map { $0 == "higher" } ?? number.isHigherBetter)
  }
}

extension WatchedNumber {
  /// What stands before the names of numbers that are computed with averaged parameters.
  public static var averagePrefix: String { "average." }
  /// Whether it is computed with averaged parameters.
  public var isAveraged: Bool { name.hasPrefix(Self.averagePrefix) }
}
