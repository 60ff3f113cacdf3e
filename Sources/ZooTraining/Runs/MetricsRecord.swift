package import ZooFormats

/// One line of a run's `metrics.jsonl`: what training has come to after some step.
package struct MetricsRecord: Sendable {
  /// What a line is about.
  package enum Kind: String, Sendable {
    /// Some steps: those since the line before.
    case step
    /// A whole epoch, and what was evaluated after it.
    case epoch
  }

  /// Steps or an epoch.
  package var kind: Kind
  /// Counted from 1.
  package var epoch: Int
  /// How many steps there have been since training began, resumed or not.
  package var step: Int
  /// Means over the examples that were trained on.
  package var training: TrainingEvent.Numbers
  /// Means over the held-out examples; empty: none were evaluated.
  package var validation: TrainingEvent.Numbers = []
  /// Other numbers, such as `rate` and `gradient_norm`.
  package var others: TrainingEvent.Numbers = []
  /// How fast it went.
  package var samplesPerSecond: Double
  /// Since training began, all processes together.
  package var seconds: Double
  /// How long the epoch waited for data to be read; nil: it is not known.
  package var secondsWaited: Double?

  /// All numbers by the tags that TensorBoard shows them under.
  package var tagged: [(tag: String, value: Double)] {
    var tagged: [(tag: String, value: Double)] = []
    let group = kind == .step ? "step" : "epoch"
    for (name, value) in training { tagged.append(("\(name)/\(kind == .step ? "training" : "training_epoch")", value)) }
    for (name, value) in validation { tagged.append(("\(name)/held_out", value)) }
    for (name, value) in others { tagged.append(("\(group)/\(name)", value)) }
    tagged.append(("\(group)/samples_per_second", samplesPerSecond))
    if let secondsWaited { tagged.append(("\(group)/\(Self.waitedKey)", secondsWaited)) }
    return tagged
  }

  /// The line as JSON.
  package var json: JSON {
    var object = JSONObject()
    object["event"] = JSON(.string(kind.rawValue))
    object["epoch"] = JSON(.integer(epoch))
    object["step"] = JSON(.integer(step))
    object["training"] = Self.object(training)
    if !validation.isEmpty { object["validation"] = Self.object(validation) }
    for (name, value) in others { object[name] = JSON(.number(value)) }
    object["samples_per_second"] = JSON(.number(samplesPerSecond))
    object["seconds"] = JSON(.number(seconds))
    if let secondsWaited { object[Self.waitedKey] = JSON(.number(secondsWaited)) }
    return JSON(.object(object))
  }

  /// What a line says; nil: it is none of ours.
  package init?(_ json: JSON) {
    guard let kind = json["event"]?.string.flatMap(Kind.init), let epoch = json["epoch"]?.integer, let step = json["step"]?.integer,
      let training = json["training"]?.object
    else { return nil }
    (self.kind, self.epoch, self.step, self.training) = (kind, epoch, step, Self.numbers(training))
    validation = json["validation"]?.object.map(Self.numbers) ?? []
    samplesPerSecond = json["samples_per_second"]?.number ?? 0
    seconds = json["seconds"]?.number ?? 0
    secondsWaited = json[Self.waitedKey]?.number
    let known = ["event", "epoch", "step", "training", "validation", "samples_per_second", "seconds", Self.waitedKey]
    others = Self.numbers(json.object?.filter { !known.contains($0.name) } ?? JSONObject())
  }

  /// A line.
  package init(
    kind: Kind, epoch: Int, step: Int, training: TrainingEvent.Numbers, validation: TrainingEvent.Numbers = [],
    others: TrainingEvent.Numbers = [], samplesPerSecond: Double, seconds: Double, secondsWaited: Double? = nil
  ) {
    (self.kind, self.epoch, self.step, self.training, self.validation) = (kind, epoch, step, training, validation)
    (self.others, self.samplesPerSecond, self.seconds, self.secondsWaited) = (others, samplesPerSecond, seconds, secondsWaited)
  }

  private static let waitedKey = "seconds_waiting_for_data"

  private static func object(_ numbers: TrainingEvent.Numbers) -> JSON {
    var object = JSONObject()
    for (name, value) in numbers { object[name] = JSON(.number(value)) }
    return JSON(.object(object))
  }

  private static func numbers(_ object: JSONObject) -> TrainingEvent.Numbers {
    // What was not finite is null in JSON.
    object.members.compactMap { member in
      if member.value.isNull { return (member.name, .nan) }
      return member.value.number.map { (member.name, $0) }
    }
  }
}

/// The lines of a `metrics.jsonl`, as far as they are whole.
package struct MetricsLines: Sequence, IteratorProtocol {
  private var rest: ArraySlice<UInt8>
  /// How many bytes the lines take that were read.
  package private(set) var length = 0

  /// The lines in `bytes`.
  package init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// The next line; nil: there is none, or what comes is damaged or half written.
  package mutating func next() -> MetricsRecord? {
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")),
      let document = try? JSONDocument(Array(rest[..<end]), file: ""), let record = MetricsRecord(document.root)
    else { return nil }
    length += rest.distance(from: rest.startIndex, to: end) + 1
    rest = rest[(end + 1)...]
    return record
  }

  /// How many bytes the lines at the beginning take that are no further than `step`.
  package func length(through step: Int) -> Int {
    var copy = self
    var length = 0
    while let record = copy.next(), record.step <= step { length = copy.length }
    return length
  }
}
