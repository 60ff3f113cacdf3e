import ZooFormats

/// The graphs that the steps and metrics of `train` name, each once, in that order.
struct TrainingGraphs {
  private let entries: [Expansion]
  private let own: Expansion
  // Indices of entries; nil: the section's own graph.
  private var used: [Int?] = []

  /// `entries` are the model's graphs; `own` is the default one with what `train` adds to it.
  init(_ entries: [Expansion], own: Expansion) { (self.entries, self.own) = (entries, own) }

  /// Those that are used so far.
  var all: [TrainingGraph] {
    used.map { entry in
      TrainingGraph(name: entry.map { entries[$0].form.name } ?? "train", graph: expansion(entry).graph)
    }
  }

  /// The names of the inputs of all of them.
  var inputNames: [String] {
    var names: [String] = []
    for input in used.flatMap({ expansion($0).graph.inputs }) where !names.contains(input.name) { names.append(input.name) }
    return names
  }

  /// The index among `all` of the graph that the key `graph` of `fields` names; without it, of the section's own.
  mutating func index(_ fields: Fields? = nil) throws(ManifestError) -> Int {
    var entry: Int?
    if let fields, let name = try fields.text("graph") {
      entry = entries.firstIndex { $0.form.name == name }
      guard entry != nil else {
        throw fields.error(.unknownGraph(name, of: fields.owner, known: entries.map(\.form.name)), at: fields.raw("graph"))
      }
    }
    if let known = used.firstIndex(of: entry) { return known }
    used.append(entry)
    return used.count - 1
  }

  /// The value that `name` stands for in the graph of that index.
  func source(named name: String, in graph: Int, of owner: ManifestError.Owner, at json: JSON) throws(ManifestError) -> Source {
    try expansion(used[graph]).source(named: name, of: owner, at: json)
  }

  private func expansion(_ entry: Int?) -> Expansion { entry.map { entries[$0] } ?? own }
}
