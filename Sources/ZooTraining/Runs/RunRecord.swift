import Glibc
package import ZooFormats

/// What a run's `run.json` says: what was asked for, and how it ended.
package struct RunRecord: Sendable {
  /// How far a run has come.
  package enum State: String, Sendable {
    /// It has not ended; if nothing runs any more, it crashed or was killed.
    case running
    /// It came to its last epoch, or to its early end.
    case finished
    /// Somebody asked it to stop.
    case stopped
    /// It could not go on.
    case failed
    /// Its loss was not a number any more.
    case diverged
    /// It ended without a word.
    case crashed
  }

  /// The version of the zoo that trained.
  package var version: String
  /// The model's name.
  package var model: String
  /// The path of its manifest.
  package var manifest: String
  /// The arguments of the command, without the program's name.
  package var arguments: [String]
  /// The settings, and what of `train` was given another value.
  package var settings: JSONObject
  /// Everything random depends on it.
  package var seed: UInt64
  /// The numbers that it makes small.
  package var minimized: [String] = []
  /// The numbers that it makes large.
  package var maximized: [String] = []
  /// When it began, in UTC (ISO 8601).
  package var started = RunRecord.timestamp()
  /// How far it has come.
  package var state = State.running
  /// When it ended; empty: it has not.
  package var ended = ""
  /// How long it took.
  package var seconds = 0.0
  /// Why it could not go on; empty: it could.
  package var problem = ""

  /// A run that begins.
  package init(
    version: String, model: String, manifest: String, arguments: [String], settings: JSONObject, seed: UInt64,
    minimized: [String] = [], maximized: [String] = []
  ) {
    (self.version, self.model, self.manifest, self.arguments) = (version, model, manifest, arguments)
    (self.settings, self.seed) = (settings, seed)
    (self.minimized, self.maximized) = (minimized, maximized)
  }

  /// The file's content.
  package var json: JSON {
    var object = JSONObject()
    object["zoo"] = JSON(.string(version))
    object["model"] = JSON(.string(model))
    object["manifest"] = JSON(.string(manifest))
    object["arguments"] = JSON(.array(arguments.map { JSON(.string($0)) }))
    object["settings"] = JSON(.object(settings))
    // Numbers of JSON hold 53 bits for most readers; a seed has 64.
    object["seed"] = JSON(Int(exactly: seed).map { .integer($0) } ?? .string("\(seed)"))
    object["minimized"] = JSON(.array(minimized.map { JSON(.string($0)) }))
    object["maximized"] = JSON(.array(maximized.map { JSON(.string($0)) }))
    object["started"] = JSON(.string(started))
    object["state"] = JSON(.string(state.rawValue))
    if !ended.isEmpty { object["ended"] = JSON(.string(ended)) }
    if seconds > 0 { object["seconds"] = JSON(.number(seconds)) }
    if !problem.isEmpty { object["problem"] = JSON(.string(problem)) }
    return JSON(.object(object))
  }

  /// What a file says; nil: it is none of ours.
  package init?(_ json: JSON) {
    guard let model = json["model"]?.string, let state = json["state"]?.string.flatMap(State.init) else { return nil }
    self.init(
      version: json["zoo"]?.string ?? "", model: model, manifest: json["manifest"]?.string ?? "",
      arguments: json["arguments"]?.array?.compactMap(\.string) ?? [], settings: json["settings"]?.object ?? JSONObject(),
      seed: json["seed"]?.integer.flatMap { UInt64(exactly: $0) } ?? json["seed"]?.string.flatMap { UInt64($0) } ?? 0,
      minimized: json["minimized"]?.array?.compactMap(\.string) ?? [], maximized: json["maximized"]?.array?.compactMap(\.string) ?? [])
    self.state = state
    started = json["started"]?.string ?? ""
    ended = json["ended"]?.string ?? ""
    seconds = json["seconds"]?.number ?? 0
    problem = json["problem"]?.string ?? ""
  }

  /// The time now in UTC: `2026-02-28T09:30:00Z`.
  package static func timestamp() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
