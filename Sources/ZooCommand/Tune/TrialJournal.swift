import ZooFormats
import ZooTraining

/// The file `trials.jsonl` of a search: what is searched, then each trial as it ends.
///
/// Whoever goes on with the search reads it back; a line that was half written when the process ended is left out.
struct TrialJournal {
  /// Where it is.
  let path: String
  private let file: AppendedFile
  /// What was tried, in its order.
  private(set) var trials: [Trial] = []

  /// The journal in `folder`, which is made if it is not there.
  ///
  /// Throws if it is of another search than `header` describes.
  init(in folder: String, header: JSON) throws {
    path = folder + "/trials.jsonl"
    try makeFolder(folder)
    file = try AppendedFile(path)
    guard file.lock() else { throw RunError.inUse(folder: folder) }
    let bytes = try MappedFile(path).contents
    var kept = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      guard kept + line.count < bytes.count, let json = try? JSONDocument(Array(line), file: path).root else { break }
      if kept == 0 {
        if let key = header.object?.names.first(where: { json[$0] != header[$0] }) {
          throw TuneError.otherSearch(folder: folder, differs: key)
        }
      } else {
        guard let trial = Trial(json), trial.number == trials.count + 1 else { break }
        trials.append(trial)
      }
      kept += line.count + 1
    }
    try file.shorten(to: kept)
    if kept == 0 { try file.append(Array((header.text() + "\n").utf8)) }
  }

  /// Adds what came of a trial.
  mutating func add(_ trial: Trial) throws(FileError) {
    trials.append(trial)
    try file.append(Array((trial.json.text() + "\n").utf8))
  }
}

extension Trial {
  /// The trial as JSON.
  var json: JSON {
    .object([
      ("trial", .integer(number)), ("values", .array(values)), ("state", .text(state.rawValue)),
      ("value", value.map { .number($0) } ?? nil), ("seconds", .number(seconds)), ("problem", .text(problem)),
    ])
  }

  /// What a line of the journal says; nil: it is none of ours.
  init?(_ json: JSON) {
    guard let number = json["trial"]?.integer, let values = json["values"]?.array, let state = json["state"]?.string.flatMap(State.init)
    else { return nil }
    self.init(
      number: number, values: values, state: state, value: json["value"]?.number, seconds: json["seconds"]?.number ?? 0,
      problem: json["problem"]?.string ?? "")
  }
}
