import ZooRuntime

/// A manifest that is wrong, with exactly what is said about it.
struct ManifestCase: Sendable, CustomStringConvertible {
  let manifest: String
  let settings: [String: String]
  let message: String
  let help: String
  var description: String { message }

  /// A whole manifest.
  init(_ manifest: String, settings: [String: String] = [:], _ message: String, _ help: String) {
    (self.manifest, self.settings, self.message, self.help) = (manifest, settings, "m.json" + message, help)
  }

  /// A list of nodes on line 3 of a manifest with one input `x`, and other keys on its line 1 from column 12.
  init(graph: String, _ others: String, _ message: String, _ help: String) {
    self.init(ZooRuntimeTests.manifest(graph, others), message, help)
  }

  /// A list of nodes on line 3 of a manifest with one input `x`.
  init(graph: String, _ message: String, _ help: String) { self.init(graph: graph, "", message, help) }
}
