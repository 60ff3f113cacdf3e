import ZooFormats
import ZooTypes

/// Reads an optimiser: its update, how its rate changes, how gradients are clipped, and the parameters that it treats otherwise.
struct OptimizerReader {
  static let keys = ["layer", "rate", "schedule", "clip", "groups", "about"]
  static let groupKeys = ["update", "rate", "about"]
  static let phaseKeys = ["layer", "for", "for_epochs", "about"]
  static let clipKeys = ["norm", "value"]

  /// The section `train`.
  let fields: Fields
  let catalog: any KindCatalog

  /// The name of some update, for messages.
  var exampleUpdate: String { updates.first ?? "family.update" }

  /// The kinds that can be optimisers.
  private var updates: [String] { catalog.kindNames.filter { catalog.kind($0)?.isUpdate ?? false } }

  private var schedules: [String] { catalog.kindNames.filter { catalog.kind($0)?.isSchedule ?? false } }

  func optimizer(_ json: JSON) throws(ManifestError) -> OptimizerChoice {
    let json = try fields.evaluate(json)
    let choice = try Fields(json, of: .section("optimizer"), keys: nil, fields.evaluate.done)
    let name = try choice.require("layer", try choice.text("layer"), about: "an optimiser's update, such as \"\(exampleUpdate)\"")
    guard let kind = catalog.kind(name) else { throw choice.error(.unknownOptimizer(name, known: updates), at: choice.raw("layer")) }
    guard kind.isUpdate else { throw choice.error(.notAnUpdate(name, known: updates), at: choice.raw("layer")) }
    let owned = choice.named(.optimizer(name))
    let rate = try owned.require("rate", try self.rate(owned), about: "the learning rate")
    _ = try owned.text("about")
    let attributes = try AttributeReader(owned.owner, in: fields.evaluate.document).read(kind.attributes, from: json, except: Self.keys)
    return OptimizerChoice(
      kind: kind, attributes: attributes, rate: rate, schedule: try schedule(owned), clip: try clip(owned),
      groups: try groups(owned, kind), place: fields.evaluate.document.place(of: json))
  }

  private func rate(_ fields: Fields) throws(ManifestError) -> Double? { try fields.number("rate", in: 0...Double.greatestFiniteMagnitude) }

  // MARK: Schedules

  private func schedule(_ optimizer: Fields) throws(ManifestError) -> [SchedulePhase] {
    guard let json = optimizer.raw("schedule") else { return [] }
    let owner = ManifestError.Owner.key("schedule", of: optimizer.owner)
    let phases = json.array ?? [json]
    guard phases.count <= Budget.portLimit else { throw optimizer.error(.tooLarge(.ports(limit: Budget.portLimit)), at: json) }
    guard !phases.isEmpty else { throw optimizer.error(.wrongCount(owner, got: 0, wanted: "one phase at least"), at: json) }
    var schedule: [SchedulePhase] = []
    for (i, json) in phases.enumerated() { schedule.append(try phase(json, isLast: i == phases.count - 1, owner)) }
    return schedule
  }

  private func phase(_ json: JSON, isLast: Bool, _ owner: ManifestError.Owner) throws(ManifestError) -> SchedulePhase {
    let phase = try Fields(json, of: owner, keys: nil, fields.evaluate.done)
    _ = try phase.text("about")
    let name = try phase.require("layer", try phase.text("layer"), about: "a schedule, such as \"\(schedules.first ?? "family.schedule")\"")
    guard let kind = catalog.kind(name) else { throw phase.error(.unknownSchedule(name, known: schedules), at: phase.raw("layer")) }
    guard kind.isSchedule else { throw phase.error(.notASchedule(name, known: schedules), at: phase.raw("layer")) }
    let owned = phase.named(.schedule(name))
    let updates = try owned.integer("for", in: 1...Int(Int32.max)), epochs = try owned.integer("for_epochs", in: 1...Int(Int32.max))
    if updates != nil, epochs != nil { throw owned.error(.saidTwice("for", "for_epochs", of: owned.owner), at: owned.raw("for_epochs")) }
    let length = updates.map { .updates($0) } ?? epochs.map { .epochs($0) } ?? SchedulePhase.Length.rest
    if !isLast, length == .rest { throw owned.error(.missingKey("for", of: owned.owner, about: "how many updates it lasts"), at: json) }
    let attributes = try AttributeReader(owned.owner, in: fields.evaluate.document)
      .read(kind.attributes, from: json, except: Self.phaseKeys)
    return SchedulePhase(kind: kind, attributes: attributes, length: length, place: fields.evaluate.document.place(of: json))
  }

  // MARK: Clipping

  private func clip(_ optimizer: Fields) throws(ManifestError) -> GradientClip? {
    guard let json = optimizer.raw("clip") else { return nil }
    let clip = try Fields(json, of: .key("clip", of: optimizer.owner), keys: Self.clipKeys, fields.evaluate.done)
    let positive = 1e-30...Double.greatestFiniteMagnitude
    let norm = try clip.number("norm", in: positive), value = try clip.number("value", in: positive)
    if norm != nil, value != nil { throw clip.error(.saidTwice("norm", "value", of: clip.owner), at: clip.raw("value")) }
    if let value { return .value(value) }
    return .norm(try clip.require("norm", norm, about: "the largest norm, or \"value\""))
  }

  // MARK: Groups

  private func groups(_ optimizer: Fields, _ kind: KindInfo) throws(ManifestError) -> [OptimizerGroup] {
    let list = try optimizer.list("groups") ?? []
    guard list.count <= Budget.portLimit else { throw optimizer.error(.tooLarge(.ports(limit: Budget.portLimit)), at: nil) }
    let shared = try rate(optimizer)
    var groups: [OptimizerGroup] = []
    for json in list {
      let owner = ManifestError.Owner.key("groups", of: optimizer.owner)
      let group = try Fields(json, of: owner, keys: Self.groupKeys + kind.attributes.map(\.name), fields.evaluate.done)
      _ = try group.text("about")
      let patterns = try group.require("update", try group.texts("update"), about: "patterns over the parameters' paths")
      // What a group does not say is as the optimiser says.
      var merged = optimizer.object.filter { !Self.keys.contains($0.name) }
      for member in group.object.members where !Self.groupKeys.contains(member.name) { merged[member.name] = member.value }
      let attributes = try AttributeReader(owner, in: fields.evaluate.document)
        .read(kind.attributes, from: JSON(.object(merged), at: json.position))
      groups.append(
        OptimizerGroup(
          patterns: patterns, attributes: attributes, rate: try rate(group) ?? shared ?? 0,
          saysDecay: group.raw(Updater.decayAttribute) != nil, place: fields.evaluate.document.place(of: json)))
    }
    return groups
  }
}
