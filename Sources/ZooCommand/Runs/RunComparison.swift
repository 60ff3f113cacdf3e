import ZooFormats
import ZooTraining

/// Runs side by side: what was chosen differently, and what came of it.
struct RunComparison {
  private let runs: [RunSummary]

  /// A comparison of these.
  init(_ runs: [RunSummary]) { self.runs = runs }

  /// The paths and values of what is not the same in all runs.
  var differences: [(path: String, values: [String])] {
    let choices = runs.map { run in
      var leaves: [(String, String)] = [("model", run.record?.model ?? "?")]
      for key in ["settings", "train"] { Self.flatten(run.manifest?[key], key, into: &leaves) }
      return leaves
    }
    var paths: [String] = []
    var known: Set<String> = []
    for (path, _) in choices.joined() where known.insert(path).inserted { paths.append(path) }
    let values = choices.map { Dictionary($0, uniquingKeysWith: { $1 }) }
    return paths.compactMap { path in
      let row = values.map { $0[path] ?? "-" }
      return Set(row).count > 1 ? (path, row) : nil
    }
  }

  /// The tables, one for choices and one for numbers.
  func text(for terminal: Terminal) -> String {
    var choices = Table([.words("SETTING")] + runs.map { .words($0.name) })
    for (path, values) in differences { choices.add([path] + values) }
    var results = Table([.words("RESULT")] + runs.map { .numbers($0.name) })
    results.add(["state"] + runs.map { $0.state?.rawValue ?? "damaged" })
    results.add(["epochs"] + runs.map { Quantity.count($0.epochs) })
    results.add(["steps"] + runs.map { Quantity.count($0.steps) })
    results.add(["time"] + runs.map { Quantity.duration($0.seconds) })
    var names: [String] = []
    for number in runs.flatMap(\.shown) where !names.contains(number.name) { names.append(number.name) }
    for name in names {
      let numbers = runs.map { $0.number(name) }
      results.add(["last \(name)"] + numbers.map { $0.map { shortNumber($0.last) } ?? "-" })
      results.add(["best \(name)"] + numbers.map { $0.map { shortNumber($0.best) } ?? "-" })
      results.add(["in epoch"] + numbers.map { $0.map { Quantity.count($0.bestEpoch) } ?? "-" })
    }
    let same = "All of them were given the same settings."
    return (choices.isEmpty ? same : choices.text(for: terminal)) + "\n\n" + results.text(for: terminal)
  }

  /// Every value that is no object, under its path.
  private static func flatten(_ json: JSON?, _ path: String, into leaves: inout [(String, String)]) {
    guard let json else { return }
    if let object = json.object {
      for member in object.members { flatten(member.value, path + "." + member.name, into: &leaves) }
    } else if let elements = json.array, elements.contains(where: { $0.object != nil }) {
      for (i, element) in elements.enumerated() { flatten(element, "\(path).\(i)", into: &leaves) }
    } else {
      let text = json.string ?? json.text()
      leaves.append((path, text.count > 40 ? text.prefix(37) + "..." : text))
    }
  }
}
