import ZooFormats
import ZooTypes

/// Expands the lists of a manifest into nodes: every repeat copied, every define filled in, every name given a path.
///
/// References are only noted: `Resolver` follows them when all names are known.
final class Expander {
  let document: JSONDocument
  let catalog: any KindCatalog
  let slots = Slots()
  /// Evaluates what stands outside of any repeat or define.
  let evaluator: Evaluator
  private var blocks: [Block] = []
  private(set) var drafts: [Draft] = []
  private(set) var regions = [Region(captures: 0)]
  private let defines: [String: JSON]
  private let graphs: [GraphForm]
  // The defines and graphs that are being filled in, from the outside in.
  private var uses: [String] = []
  private var calls: [String] = []
  private var depth = 0

  /// An expander for one of the manifest's graphs.
  ///
  /// Its evaluator's budget is for all of them.
  init(_ evaluator: Evaluator, catalog: any KindCatalog, defines: [String: JSON], graphs: [GraphForm]) {
    (self.evaluator, self.catalog, self.defines, self.graphs) = (evaluator, catalog, defines, graphs)
    document = evaluator.document
  }

  private var budget: Budget { evaluator.budget }

  /// The block of the whole graph, which takes `inputs`.
  func root(_ inputs: [GraphInput]) -> Block {
    let root = Block(graphAt: "", inputNames: inputs.map(\.name), inputs: inputs.indices.map { slots.add(.input($0, region: 0)) })
    blocks.append(root)
    return root
  }

  /// Appends the nodes of a whole graph to its root.
  func expand(_ form: GraphForm, into root: Block) throws(ManifestError) {
    calls.append(form.name)
    defer { calls.removeLast() }
    try expand(form.items, into: root, evaluator)
  }

  /// What follows references in `root`, now that everything in it has a name.
  func resolver(_ root: Block) -> Resolver { Resolver(self, root: root) }

  /// Appends the nodes of `items` to `block`.
  func expand(_ items: [JSON], into block: Block, _ evaluate: Evaluator) throws(ManifestError) {
    for item in try Item.list(items, in: block, evaluate) {
      if let problem = budget.addNode() { throw item.fields.error(problem, at: nil) }
      guard try item.fields.boolean("if") ?? true else {
        try leaveOut(item, of: block)
        continue
      }
      let item = try item.numbered(in: block)
      switch item.form {
      case .layer: try addNode(item, to: block)
      case .repeat: try addCopies(item, to: block)
      case .use: try addUse(item, to: block)
      case .call: try addCall(item, to: block)
      case .loop: try addLoop(item, to: block)
      case .cond: try addConditional(item, to: block)
      case .graph: try addGroup(item, to: block)
      }
    }
  }

  /// What an item would take first stands for it, as for a block that is repeated no times.
  private func leaveOut(_ item: Item, of block: Block) throws(ManifestError) {
    let path = block.path(of: item.name)
    let wires = try Wiring(item.fields.named(.block(path: path)), [PortInfo("in", optional: true, variadic: true)], in: block).wires
    let outputs = wires.prefix(1).compactMap { $0.map(slots.add) }
    if !item.name.isEmpty { block[item.name] = .copies(Copies(path: path, blocks: [], outputNames: [], outputs: outputs)) }
    block.previous = outputs.first.map(Wire.slot) ?? block.previous
  }

  private func addNode(_ item: Item, to block: Block) throws(ManifestError) {
    let path = block.path(of: item.name)
    let name = try item.fields.require("layer", try item.fields.text("layer"), about: "")
    guard let kind = catalog.kind(name) else {
      throw item.fields.error(.unknownLayer(path: path, kind: name, known: catalog.kindNames), at: item.fields.raw("layer"))
    }
    guard !kind.isUpdate else { throw item.fields.error(.updateAsLayer(path: path, kind: name), at: item.fields.raw("layer")) }
    let owner = ManifestError.Owner.node(path: path, kind: name)
    let fields = item.fields.named(owner)
    _ = try fields.text("about")

    let share = try reference("share", fields, in: block)
    let initialize = try fields["initialize"]
    if share != nil, let initialize { throw fields.error(.shareInitialized(owner), at: initialize) }
    drafts.append(
      Draft(
        path: path, parameterPath: block.parameterPath(of: item.name), kind: kind, attributes: try attributes(of: kind, fields),
        inputs: try Wiring(fields, kind.inputs, in: block).wires,
        initializers: try initialize.map { (json) throws(ManifestError) in try InitializerReader.read(json, of: owner, fields.evaluate) }
          ?? [:],
        isFrozen: try fields.boolean("frozen") ?? false || block.isFrozen, share: share, block: block, json: fields.json))
    block[item.name] = .node(drafts.count - 1)
    if !kind.outputs.isEmpty { block.previous = .node(drafts.count - 1, output: 0) }
  }

  /// What a node says besides the keys that every node has.
  private func attributes(of kind: KindInfo, _ fields: Fields) throws(ManifestError) -> [AttributeLiteral] {
    let others = fields.object.filter { !ItemForm.layer.keys.contains($0.name) }
    let values = try fields.evaluate(JSON(.object(others), at: fields.json.position))
    return try AttributeReader(fields.owner, in: document).read(kind.attributes, from: values, except: ItemForm.layer.keys)
  }

  private func addGroup(_ item: Item, to block: Block) throws(ManifestError) {
    let path = block.path(of: item.name)
    let fields = item.fields.named(.block(path: path))
    let inner = try self.block(fields, named: item.name, in: block, parent: block, try incoming(fields, in: block))
    let settings = try Settings.resolve(fields.raw("settings"), of: fields.owner, given: .nothing, in: fields.evaluate)
    inner.names.isNumbered = try fields.boolean("numbered") ?? false
    try fill(inner, fields.evaluated(by: fields.evaluate.with(settings.dictionary)))
    block[item.name] = .block(inner)
    block.previous = inner.outputs.first.map(Wire.slot) ?? block.previous
  }

  private func addCopies(_ item: Item, to block: Block) throws(ManifestError) {
    // In a numbered block, copies without a name are part of it.
    let name = item.name.isEmpty ? nil : item.name
    let path = name.map(block.path) ?? block.path
    let fields = item.fields.named(.block(path: path))
    guard let count = try fields.integer("repeat", in: 0...Budget.nodeLimit) else { return }
    var incoming = try incoming(fields, in: block)
    var copies: [Block] = []
    for index in 0..<count {
      if let problem = budget.addNode() { throw fields.error(problem, at: nil) }
      let inner = try self.block(fields, named: name.map { "\($0).\(index)" }, sharePath: path, in: block, parent: block, incoming)
      let evaluate = fields.evaluate.with(["index": JSON(.integer(index))])
      let settings = try Settings.resolve(fields.raw("settings"), of: fields.owner, given: .nothing, in: evaluate)
      try fill(inner, fields.evaluated(by: evaluate.with(settings.dictionary)))
      copies.append(inner)
      // What a copy puts out is what the next one takes; further inputs are the same for all.
      incoming.slots = Array(inner.outputs.prefix(incoming.slots.count) + incoming.slots.dropFirst(inner.outputs.count))
    }
    let last = copies.last
    let all = Copies(path: path, blocks: copies, outputNames: last?.outputNames ?? [], outputs: last?.outputs ?? incoming.slots)
    if let name { block[name] = .copies(all) }
    block.previous = all.outputs.first.map(Wire.slot) ?? block.previous
  }

  private func addUse(_ item: Item, to block: Block) throws(ManifestError) {
    let path = block.path(of: item.name)
    let fields = item.fields.named(.block(path: path))
    let name = try fields.require("use", try fields.text("use"), about: "")
    guard let json = defines[name] else { throw fields.error(.unknownDefine(name, known: defines.keys.sorted()), at: fields.raw("use")) }
    if let start = uses.firstIndex(of: name) { throw fields.error(.recursion(Array(uses[start...]) + [name]), at: fields.raw("use")) }
    uses.append(name)
    defer { uses.removeLast() }

    let define = try Fields(json, of: .define(name), keys: Define.keys, evaluator)
    let given = try fields["with"] ?? JSON(.object(JSONObject()))
    guard let with = given.object else {
      throw fields.error(.wrongType(.key("with", of: fields.owner), wanted: .object, got: given.shown), at: given)
    }
    let settings = try Settings.resolve(define.raw("settings"), of: define.owner, given: .values(with, at: fields.json), in: evaluator)
    let inner = try self.block(fields, named: item.name, in: block, parent: nil, try incoming(fields, in: block, named: define))
    let evaluated = define.evaluated(by: evaluator.with(settings.dictionary))
    inner.names.isNumbered = try evaluated.boolean("numbered") ?? false
    try fill(inner, evaluated)
    block[item.name] = .block(inner)
    block.previous = inner.outputs.first.map(Wire.slot) ?? block.previous
  }

  private func addCall(_ item: Item, to block: Block) throws(ManifestError) {
    let path = block.path(of: item.name)
    let fields = item.fields.named(.block(path: path))
    _ = try fields.text("about")
    let name = try fields.require("call", try fields.text("call"), about: "")
    guard let form = graphs.first(where: { $0.name == name }) else {
      throw fields.error(.unknownGraph(name, of: fields.owner, known: graphs.map(\.name)), at: fields.raw("call"))
    }
    if let start = calls.firstIndex(of: name) { throw fields.error(.callCycle(Array(calls[start...]) + [name]), at: fields.raw("call")) }
    calls.append(name)
    defer { calls.removeLast() }

    let ports = form.inputs.map { PortInfo($0.name, about: $0.about) }
    let wires = try Wiring(fields, ports, in: block).wires
    let inner = Block(
      graphAt: path, region: block.region, inputNames: ports.map(\.name), inputs: wires.compactMap { $0.map(slots.add) },
      isFrozen: try fields.boolean("frozen") ?? false || block.isFrozen)
    blocks.append(inner)
    try descend(fields)
    defer { ascend() }
    try expand(form.items, into: inner, evaluator)
    inner.outputNames = form.outputs.map(\.name)
    inner.outputs = form.outputs.map { slots.add(.reference($0.reference(from: inner))) }
    if form.outputs.isEmpty { inner.outputs = inner.previous.map { [slots.add($0)] } ?? [] }
    block[item.name] = .block(inner)
    block.previous = inner.outputs.first.map(Wire.slot) ?? block.previous
  }

  /// The inputs of a block: their names, if it gives any, and what they are.
  private struct Incoming {
    var names: [String]
    var slots: [Slots.Index]
  }

  /// What a block takes.
  ///
  /// The names of its inputs are its own, or those of the define that it uses.
  private func incoming(_ fields: Fields, in block: Block, named define: Fields? = nil) throws(ManifestError) -> Incoming {
    let declaring = define ?? fields
    let names = try declaring.texts("inputs")
    for (i, name) in (names ?? []).enumerated() {
      guard Names.isName(name) else {
        throw declaring.error(.badName(name, of: .key("inputs", of: declaring.owner)), at: declaring.raw("inputs"))
      }
      if names?.prefix(i).contains(name) ?? false { throw declaring.error(.duplicateName(name, first: nil), at: declaring.raw("inputs")) }
    }
    // Without names there is one input, which nothing has to take.
    let ports = names?.map { PortInfo($0) } ?? [PortInfo("in", optional: true)]
    let wires = try Wiring(fields, ports, in: block).wires
    return Incoming(names: names ?? [], slots: wires.compactMap { $0.map(slots.add) })
  }

  private func block(
    _ fields: Fields, named name: String?, sharePath: String? = nil, in block: Block, parent: Block?, _ incoming: Incoming
  ) throws(ManifestError) -> Block {
    _ = try fields.text("about")
    let share = try reference("share", fields, in: block)
    let inner = Block(
      named: name, in: block, parent: parent, inputNames: incoming.names, inputs: incoming.slots,
      isFrozen: try fields.boolean("frozen") ?? false, share: share.map { BlockShare($0, path: sharePath ?? block.path(of: name ?? "")) })
    blocks.append(inner)
    return inner
  }

  /// Expands the graph of `fields` into `block`, and notes what comes out of it.
  private func fill(_ block: Block, _ fields: Fields) throws(ManifestError) {
    try descend(fields)
    defer { ascend() }
    try expand(try fields.require("graph", try fields.list("graph"), about: "the nodes, in a list"), into: block, fields.evaluate)
    guard let outputs = try outputs(fields, of: block) else {
      block.outputs = block.previous.map { [slots.add($0)] } ?? []
      return
    }
    block.outputNames = outputs.map(\.name)
    block.outputs = outputs.map { slots.add($0.wire) }
  }

  /// What comes out of a block: names from inside it in a list, or references in an object, by names for outside; nil: nothing is said.
  private func outputs(_ fields: Fields, of block: Block) throws(ManifestError) -> [(name: String, wire: Wire)]? {
    guard let json = fields.raw("outputs") else { return nil }
    if json.object != nil { return try values("outputs", fields, in: block) }
    let owner = ManifestError.Owner.key("outputs", of: fields.owner)
    let names = try fields.texts("outputs", wanted: .references) ?? []
    return names.map { (name: $0, wire: Wire.reference(Reference(name: $0, block: block, owner: owner, json: json))) }
  }

  /// Goes one block deeper, until `ascend`.
  func descend(_ fields: Fields) throws(ManifestError) {
    guard depth < Budget.depthLimit else { throw fields.error(.tooLarge(.depth(limit: Budget.depthLimit)), at: nil) }
    depth += 1
  }

  func ascend() { depth -= 1 }

  /// Keeps a block, which others only refer to.
  func keep(_ block: Block) { blocks.append(block) }

  /// Adds a node, and says which it is.
  func add(_ draft: Draft) -> Int {
    drafts.append(draft)
    return drafts.count - 1
  }

  /// Adds a region, and says which it is; with `sharing`, it has the captured values of that one.
  func addRegion(_ region: Region, sharing other: Int? = nil) -> Int {
    regions.append(region)
    regions[regions.count - 1].captures = other ?? regions.count - 1
    return regions.count - 1
  }

  func setOutputs(_ outputs: [(name: String, wire: Wire)], of region: Int) { regions[region].outputs = outputs }

  func reference(_ key: String, _ fields: Fields, in block: Block) throws(ManifestError) -> Reference? {
    guard let json = fields.raw(key), let name = try fields.text(key) else { return nil }
    return Reference(name: name, block: block, owner: fields.owner, json: json)
  }
}

/// The keys of a define.
enum Define {
  static let keys = ["about", "settings", "inputs", "outputs", "numbered", "graph"]
}

extension JSONObject {
  /// The members by name, without their order.
  var dictionary: [String: JSON] { Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) }) }
}
