import ZooFormats

/// The values that expressions see by name: those of a repeat or define, then those around it.
final class Scope {
  private let outer: Scope?
  private let values: [String: JSON]
  private let expected: [String]

  /// `expected` are names that have no value yet, but would be worth suggesting.
  init(_ values: [String: JSON], expected: [String] = [], in outer: Scope? = nil) {
    (self.values, self.expected, self.outer) = (values, expected, outer)
  }

  subscript(name: String) -> JSON? { values[name] ?? outer?[name] }

  /// Every name that can be referred to, sorted.
  var names: [String] { Set(values.keys).union(expected).union(outer?.names ?? []).sorted() }
}
