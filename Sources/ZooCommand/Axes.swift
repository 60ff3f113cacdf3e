import ArgumentParser
import ZooRuntime
import ZooTypes

/// How long the axes of a model's inputs are, for subcommands that have no real inputs.
struct AxisOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The length of the first axis of the inputs, which counts examples.", valueName: "count"), transform: positive)
  var batch: Int?

  @Option(parsing: .singleValue, help: ArgumentHelp("The length of another axis; without it, the sample's.", valueName: "name=length"))
  var axis: [String] = []

  /// The lengths of the named axes of one of a model's graphs: the batch, those given, those of the inputs' samples, else 1.
  func lengths(_ open: OpenModel, graph index: Int = 0) throws -> [String: Int] {
    try lengths(open, of: [open.model.graphs[index].graph])
  }

  /// The same of some graphs together; batches are as long as `batch` unless the user says otherwise.
  func lengths(_ open: OpenModel, of graphs: [Graph], batch usual: Int = 1) throws -> [String: Int] {
    let inputs = graphs.flatMap(\.inputs)
    var lengths: [String: Int] = [:]
    let names = inputs.flatMap(\.axes)
    for text in axis {
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let length = Int(parts[1]), length > 0 else { throw UsageError.notAnAxis(text) }
      guard names.contains(String(parts[0])) else { throw UsageError.unknownAxis(String(parts[0]), known: unique(names)) }
      lengths[String(parts[0])] = length
    }
    for graph in graphs { if let name = graph.batchAxis { lengths[name] = lengths[name] ?? batch ?? usual } }
    for input in inputs where input.axes.contains(where: { lengths[$0] == nil }) {
      // The model's own graphs know how to read their samples; those of training have the same inputs.
      let own = open.model.graphs.lazy.flatMap(\.graph.inputs).first { $0.name == input.name && $0.sample != nil }
      guard let sample = try own.flatMap({ try open.sample(for: $0) }) else { continue }
      for (dimension, length) in zip(input.shape, sample.spec.shape) {
        if case .named(let name) = dimension, lengths[name] == nil { lengths[name] = length }
      }
    }
    for name in names where lengths[name] == nil { lengths[name] = 1 }
    return lengths
  }
}

extension Graph {
  /// The axis that counts examples: the first of the first input that begins with a named one.
  var batchAxis: String? {
    for input in inputs {
      if case .named(let name)? = input.shape.first { return name }
    }
    return nil
  }
}

extension GraphInput {
  /// The names of its axes of any length.
  var axes: [String] {
    shape.compactMap { dimension in if case .named(let name) = dimension { name } else { nil } }
  }

  /// Its shape as manifests write it: `[N, 28, 28, 1]`.
  var shapeText: String { "[\(shape.map(\.description).joined(separator: ", "))]" }
}

/// Every element once, in order.
func unique(_ names: [String]) -> [String] {
  var seen: Set<String> = []
  return names.filter { seen.insert($0).inserted }
}
