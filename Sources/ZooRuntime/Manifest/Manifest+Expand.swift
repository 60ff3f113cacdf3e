public import ZooFormats

extension Manifest {
  /// The model that this manifest describes.
  ///
  /// - Parameters:
  ///   - overrides: values of settings; text is read as what the setting's default is.
  ///   - catalog: the kinds and codecs there are.
  ///   - includesTraining: whether to read the section `train` too; running needs none of it.
  public func expand(
    settings overrides: [String: JSON] = [:], catalog: any KindCatalog, includesTraining: Bool = true
  ) throws(ManifestError) -> Model {
    let unset = Evaluator(document: document, scope: Scope([:]), budget: Budget())
    let settings = try Settings.resolve(document.root["settings"], of: .manifest, given: .overrides(overrides), in: unset)
    let expander = Expander(document: document, catalog: catalog, defines: try defines(unset), settings: Scope(settings.dictionary))
    let fields = try Fields(document.root, of: .manifest, keys: Self.keys, expander.evaluator)
    let ports = PortReader(catalog: catalog, evaluate: expander.evaluator)

    let inputs = try ports.inputs(fields)
    let root = expander.root(inputs)
    try expander.expand(
      try fields.require("graph", try fields.list("graph"), about: "the nodes, in a list"), into: root, expander.evaluator)
    let assembler = try Assembler(expander.resolver(root))
    var outputs = try ports.outputs(fields, { (name) throws(ManifestError) in try assembler.source(of: .reference(name)) }, in: root)
    if fields.raw("outputs") == nil {
      guard let last = root.previous else { throw fields.error(.noOutput, at: nil) }
      outputs = [GraphOutput(name: "output", source: try assembler.source(of: last), codec: nil, about: "")]
    }
    guard !outputs.isEmpty else { throw fields.error(.noOutput, at: fields.raw("outputs")) }
    let graph = Graph(inputs: inputs, nodes: try assembler.nodes(), outputs: outputs, names: assembler.names())

    let weights = try fields.text("weights").map { ManifestPath($0, place: document.place(of: fields.raw("weights") ?? document.root)) }
    var training: TrainingSection?
    if includesTraining, let json = fields.raw("train") {
      let train = try Fields(json, of: .section("train"), keys: TrainingReader.keys, expander.evaluator)
      training = try self.training(train, expander, root, after: assembler, graph)
    }
    return Model(
      name: name, title: title, about: about, reference: reference, licence: licence, tags: tags, settings: settings,
      graphs: [EntryPoint(name: "main", graph: graph)], weights: weights, training: training)
  }

  /// The section `train`: its nodes come after the model's, in the same block, so that they can take from any of them.
  private func training(
    _ fields: Fields, _ expander: Expander, _ root: Block, after model: Assembler, _ graph: Graph
  ) throws(ManifestError) -> TrainingSection {
    var graph = graph
    for input in try PortReader(catalog: expander.catalog, evaluate: expander.evaluator).inputs(fields) {
      guard !root.inputNames.contains(input.name), root.members[input.name] == nil else {
        throw ManifestError(.duplicateName(input.name, first: nil), at: input.place)
      }
      root.inputNames.append(input.name)
      root.inputs.append(expander.slots.add(.graphInput(graph.inputs.count)))
      graph.inputs.append(input)
    }
    try expander.expand(try fields.list("graph") ?? [], into: root, expander.evaluator)
    let assembler = try Assembler(expander.resolver(root), after: model)
    graph.nodes = try assembler.nodes()
    graph.names = assembler.names()
    let reader = TrainingReader(
      fields: fields, catalog: expander.catalog,
      source: { (name) throws(ManifestError) in try assembler.source(of: .reference(name)) }, root: root)
    return try reader.section(graph)
  }

  private func defines(_ evaluate: Evaluator) throws(ManifestError) -> [String: JSON] {
    var defines: [String: JSON] = [:]
    for member in try Fields(document.root, of: .manifest, keys: Self.keys, evaluate).members("define") {
      let define = try Fields(member.value, of: .define(member.name), keys: Define.keys, evaluate)
      _ = try define.require("graph", try define.list("graph"), about: "the nodes, in a list")
      defines[member.name] = member.value
    }
    return defines
  }
}
