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
    let budget = Budget()
    let unset = Evaluator(document: document, scope: Scope([:]), budget: budget)
    let settings = try Settings.resolve(
      document.root["settings"], variant: variantSettings, of: .manifest, given: .overrides(overrides), in: unset)
    let evaluator = Evaluator(document: document, scope: Scope(settings.dictionary), budget: budget)
    let fields = try Fields(document.root, of: .manifest, keys: Self.keys, evaluator)
    let ports = PortReader(catalog: catalog, evaluate: evaluator)
    let (defines, forms) = (try defines(unset), try GraphForm.list(fields, ports))

    var expansions: [Expansion] = []
    var graphs: [EntryPoint] = []
    for form in forms {
      let expansion = try Expansion(form, Expander(evaluator, catalog: catalog, defines: defines, graphs: forms))
      let (carried, runs) = try form.carried(expansion.graph.outputs)
      expansions.append(expansion)
      graphs.append(EntryPoint(name: form.name, about: form.about, graph: expansion.graph, carried: carried, runs: runs))
    }

    let weights = try fields.text("weights").map { ManifestPath($0, place: document.place(of: fields.raw("weights") ?? document.root)) }
    var training: TrainingSection?
    if includesTraining, let json = fields.raw("train") {
      let train = try Fields(json, of: .section("train"), keys: TrainingReader.keys, evaluator)
      let extended = try expansions[0].extended(by: try ports.inputs(train), try train.list("graph") ?? [])
      var reader = TrainingReader(fields: train, catalog: catalog, graphs: TrainingGraphs(expansions, own: extended))
      training = try reader.section()
      training?.samples = try SamplesReader(train: train, graphs: forms.map(\.name)).samples()
    }
    return Model(
      name: name, title: title, about: about, reference: reference, licence: licence, tags: tags, settings: settings, graphs: graphs,
      weights: weights, training: training)
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
