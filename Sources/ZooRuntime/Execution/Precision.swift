import CHost
public import ZooTypes

/// The element types that layers compute with.
public struct Precision: Hashable, Sendable {
  /// What is handed from layer to layer where those that compute most are faster with it: `f32` or `bf16`.
  ///
  /// Graphs' inputs and outputs, and parameters, stay what they are.
  public var activations: DType

  /// How layers may keep weights that they pack, where reading them takes the time: `i8`; nil: as they compute.
  ///
  /// Only where nothing is trained.
  public var weights: DType?

  /// Precision; as manifests say unless told otherwise.
  public init(activations: DType = .f32, weights: DType? = nil) {
    self.activations = activations
    self.weights = weights
  }
}

/// The host's own layers between those that compute with bf16 and those that do not.
struct Conversions {
  /// The values that there are in the other type too.
  private var others: [Source: Source] = [:]
  private let precision: Precision
  private let run: Run
  private var nextNode: Int

  /// For a graph of so many nodes.
  init(_ run: Run, nodes: Int) {
    precision = run.precision
    self.run = run
    nextNode = nodes
  }

  /// The type that a layer of this kind is to take its floating-point inputs in; nil: as they are.
  private func type(for kind: KindInfo, _ inputs: [Spec?]) -> DType? {
    guard precision.activations == .bf16 else { return nil }
    if kind.isFasterInBF16 { return .bf16 }
    let floats = inputs.compactMap { $0?.dtype }.filter { $0 == .f32 || $0 == .bf16 }
    return kind.followsBF16 && !floats.contains(.f32) ? .bf16 : .f32
  }

  /// A node's inputs in the type that it computes with, and where they then come from; conversions that are missing become layers.
  mutating func inputs(
    of node: Node, _ specs: [Spec?], in graph: Graph, appendingTo layers: inout [PlannedGraph.Layer]
  ) throws -> (sources: [Source?], specs: [Spec?]) {
    guard let type = type(for: node.kind, specs) else { return (node.inputs, specs) }
    var (sources, specs) = (node.inputs, specs)
    for (i, (source, spec)) in zip(sources, specs).enumerated() {
      guard let source, let spec else { continue }
      (sources[i], specs[i]) = try converted(source, spec, to: type, in: graph, segment: node.segment, appendingTo: &layers)
    }
    return (sources, specs)
  }

  /// What goes out of a graph, which is none of the host's choice, in f32.
  mutating func output(
    _ source: Source, _ spec: Spec, in graph: Graph, appendingTo layers: inout [PlannedGraph.Layer]
  ) throws -> Source {
    guard precision.activations == .bf16, case .node = source else { return source }
    return try converted(source, spec, to: .f32, in: graph, appendingTo: &layers).source
  }

  private mutating func converted(
    _ source: Source, _ spec: Spec, to type: DType, in graph: Graph, segment: String? = nil,
    appendingTo layers: inout [PlannedGraph.Layer]
  ) throws -> (source: Source, spec: Spec) {
    guard spec.dtype != type, spec.dtype == .f32 || spec.dtype == .bf16 else { return (source, spec) }
    let wanted = Spec(spec.shape, type)
    if let other = others[source] { return (other, wanted) }
    let name = graph.name(of: source)
    let instance = try LayerInstance(
      kind: Self.kind, attributes: [], path: "\(name) as \(type)", inputs: [spec], inputNames: [name], training: false, run: run)
    layers.append(
      PlannedGraph.Layer(node: nextNode, instance: instance, inputs: [source], parameters: [], isFrozen: false, segment: segment))
    let other = Source.node(nextNode, output: 0)
    nextNode += 1
    others[source] = other
    return (other, wanted)
  }

  private static let kind = KindInfo(zoo_conversion_kind(), file: "")
}

extension PlannedGraph {
  /// A value's name: as the graph has it, or of what the host has converted.
  func name(of source: Source) -> String {
    if case .node(let n, _) = source, n >= graph.nodes.count { return layers.first { $0.node == n }?.instance.path ?? "" }
    return graph.name(of: source)
  }
}
