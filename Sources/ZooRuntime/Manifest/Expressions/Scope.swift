import ZooFormats

/// The values that expressions see by name: those of a repeat or define, then those around it.
final class Scope {
  private let outer: Scope?
  private let values: [String: JSON]

  init(_ values: [String: JSON], in outer: Scope? = nil) {
    self.outer = outer
    self.values = values
  }

  subscript(name: String) -> JSON? { values[name] ?? outer?[name] }

  /// Every name that has a value, sorted.
  var names: [String] { Set(values.keys).union(outer?.names ?? []).sorted() }
}
