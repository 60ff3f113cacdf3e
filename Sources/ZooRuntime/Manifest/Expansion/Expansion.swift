import ZooFormats

/// One of a manifest's graphs, expanded: every node made and wired.
struct Expansion {
  let form: GraphForm
  let graph: Graph
  private let expander: Expander
  private let root: Block
  private let assembler: Assembler

  /// Expands `form` by an expander of its own.
  init(_ form: GraphForm, _ expander: Expander) throws(ManifestError) {
    (self.form, self.expander) = (form, expander)
    root = expander.root(form.inputs)
    try expander.expand(form, into: root)
    assembler = try Assembler(expander.resolver(root))
    var outputs: [GraphOutput] = []
    for output in form.outputs {
      let source = try assembler.source(of: .reference(output.reference(from: root)))
      outputs.append(GraphOutput(name: output.name, source: source, codec: output.codec, about: output.about))
    }
    if form.fields.raw("outputs") == nil, let last = root.previous {
      outputs = [GraphOutput(name: "output", source: try assembler.source(of: last), codec: nil, about: "")]
    }
    guard !outputs.isEmpty else { throw form.fields.error(.noOutput, at: form.fields.raw("outputs")) }
    graph = Graph(inputs: form.inputs, nodes: try assembler.nodes(), outputs: outputs, names: assembler.names())
  }

  private init(extending other: Expansion, inputs: [GraphInput], items: [JSON]) throws(ManifestError) {
    (form, expander, root) = (other.form, other.expander, other.root)
    var graph = other.graph
    for input in inputs {
      guard !root.inputNames.contains(input.name), root[input.name] == nil else {
        throw ManifestError(.duplicateName(input.name, first: nil), at: input.place)
      }
      root.inputNames.append(input.name)
      root.inputs.append(expander.slots.add(.input(graph.inputs.count, region: 0)))
      graph.inputs.append(input)
    }
    try expander.expand(items, into: root, expander.evaluator)
    assembler = try Assembler(expander.resolver(root))
    graph.nodes = try assembler.nodes()
    graph.names = assembler.names()
    self.graph = graph
  }

  /// The graph with further inputs and nodes, which come after its own and can take from any of them.
  ///
  /// They become part of its block, so there can be one such extension.
  func extended(by inputs: [GraphInput], _ items: [JSON]) throws(ManifestError) -> Expansion {
    try Expansion(extending: self, inputs: inputs, items: items)
  }

  /// The value that `json` names, seen from the graph's own block.
  func source(named name: String, of owner: ManifestError.Owner, at json: JSON) throws(ManifestError) -> Source {
    try assembler.source(of: .reference(Reference(name: name, block: root, owner: owner, json: json)))
  }
}
