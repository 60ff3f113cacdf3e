import ZooFormats
import ZooTypes

/// Loops and conditions: nodes with graphs of their own.
extension Expander {
  static let sequenceKeys = ["from", "axis", "about"]

  /// A value that an iteration takes or stacks, with the axis along which it does.
  private struct Sequence {
    let name: String
    let wire: Wire
    let axis: Int?
  }

  func addLoop(_ item: Item, to block: Block) throws(ManifestError) {
    let fields = item.fields.named(.block(path: block.path(of: item.name)))
    _ = try fields.text("about")
    let carried = try values("carry", fields, in: block)
    let each = try sequences("each", fields, in: block)
    let index = try fields.text("index")
    let inputNames = carried.map(\.name) + each.map(\.name) + (index.map { [$0] } ?? [])
    try checkNames(inputNames, index: index, fields)

    let region = addRegion(Region(inputNames: inputNames, hasIndex: index != nil, captures: 0))
    let share = try reference("share", fields, in: block)
    let body = Block(
      named: item.name, in: block, parent: block, region: region, inputNames: inputNames,
      inputs: inputNames.indices.map { slots.add(.input($0, region: region)) }, isFrozen: try fields.boolean("frozen") ?? false,
      share: share.map { BlockShare($0, path: block.path(of: item.name)) })
    // The first node takes what is carried or consumed, not the number of the iteration.
    if carried.isEmpty && each.isEmpty { body.previous = nil }
    try expand(fields.list("loop") ?? [], inside: body, fields)

    let next = try next(carried.map(\.name), fields, in: body)
    let stacked = try sequences("stack", fields, in: body)
    let until = try fields.raw("until").map { (json) throws(ManifestError) in
      try wire(json, .key("until", of: fields.owner), fields, in: body)
    }
    setOutputs(next + stacked.map { ($0.name, $0.wire) } + (until.map { [("until", $0)] } ?? []), of: region)
    let outputNames = carried.map(\.name) + stacked.map(\.name) + ["count"]
    for (i, name) in outputNames.enumerated() where outputNames[..<i].contains(name) {
      throw fields.error(.duplicateOutput(name, of: fields.owner), at: fields.raw("stack") ?? fields.raw("carry"))
    }

    let times = try fields.integer("times", in: 1...1 << 31)
    if times == nil, each.isEmpty { _ = try fields.require("times", times, about: "how many iterations there are at most") }
    let loop = Loop(
      body: Graph(inputs: [], nodes: [], outputs: [], names: [:]), carried: carried.count, sequences: each.map(\.axis),
      stacked: stacked.map(\.axis), hasIndex: index != nil, stops: until != nil, times: times,
      isReversed: try fields.choice("count", of: ["up", "down"]) == "down", cut: try fields.integer("cut", in: 1...1 << 31))
    let kind = KindInfo(
      name: "loop", inputs: (carried.map(\.name) + each.map(\.name)).map { PortInfo($0) } + [Self.captured],
      outputs: outputNames.dropLast().map { PortInfo($0) } + [PortInfo("count", differentiable: false)])
    let main = stacked.isEmpty ? 0 : carried.count
    add(item, .loop(region, loop), kind, carried.map(\.wire) + each.map(\.wire), body: body, mainOutput: main, in: block)
  }

  func addConditional(_ item: Item, to block: Block) throws(ManifestError) {
    let path = block.path(of: item.name)
    let fields = item.fields.named(.block(path: path))
    _ = try fields.text("about")
    let condition = try fields.require("cond", fields.raw("cond"), about: "")
    let value = try wire(condition, .key("cond", of: fields.owner), fields, in: block)
    let names = try fields.texts("outputs")
    for name in names ?? [] where !Names.isName(name) {
      throw fields.error(.badName(name, of: .key("outputs", of: fields.owner)), at: fields.raw("outputs"))
    }
    let whole = Block(
      named: item.name, in: block, parent: block, inputNames: [], inputs: [], isFrozen: try fields.boolean("frozen") ?? false,
      share: try reference("share", fields, in: block).map { BlockShare($0, path: path) })
    keep(whole)
    let then = addRegion(Region(captures: 0))
    let branches = [("then", then), ("else", addRegion(Region(captures: 0), sharing: then))]
    for (name, region) in branches {
      let branch = Block(
        named: name, in: whole, parent: block, region: region, inputNames: [], inputs: [], isFrozen: false, share: nil)
      branch.previous = block.previous
      whole[name] = .block(branch)
      try expand(try fields.require(name, try fields.list(name), about: "the nodes, in a list"), inside: branch, fields)
      let owner = ManifestError.Owner.key("outputs", of: fields.owner)
      var outputs = (names ?? []).map { name in
        (name, Wire.reference(Reference(name: name, block: branch, owner: owner, json: fields.raw("outputs") ?? fields.json)))
      }
      if names == nil, let last = branch.previous { outputs = [("output", last)] }
      guard !outputs.isEmpty else { throw fields.error(.noOutput, at: fields.raw(name)) }
      setOutputs(outputs, of: region)
    }
    let kind = KindInfo(
      name: "cond", inputs: [PortInfo("condition", differentiable: false), Self.captured],
      outputs: (names ?? ["output"]).map { PortInfo($0) })
    add(item, .conditional(then: then, otherwise: branches[1].1), kind, [value], body: whole, mainOutput: 0, in: block)
  }

  /// Stands for all that is captured.
  private static var captured: PortInfo { PortInfo("captured", variadic: true) }

  private func expand(_ items: [JSON], inside body: Block, _ fields: Fields) throws(ManifestError) {
    keep(body)
    try descend(fields)
    defer { ascend() }
    try expand(items, into: body, fields.evaluate)
  }

  private func add(
    _ item: Item, _ control: ControlDraft, _ kind: KindInfo, _ inputs: [Wire], body: Block, mainOutput: Int, in block: Block
  ) {
    let draft = add(
      Draft(
        path: block.path(of: item.name), parameterPath: block.parameterPath(of: item.name), kind: kind, attributes: [], inputs: inputs,
        initializers: [:], isFrozen: body.isFrozen, share: nil, block: block, json: item.fields.json, control: control,
        mainOutput: mainOutput))
    block[item.name] = .control(draft, body)
    block.previous = .node(draft, output: mainOutput)
  }

  /// What each carried value becomes: what `next` says, or for a single one the last node.
  private func next(_ carried: [String], _ fields: Fields, in body: Block) throws(ManifestError) -> [(name: String, wire: Wire)] {
    let owner = ManifestError.Owner.key("next", of: fields.owner)
    let given = try values("next", fields, in: body)
    for (i, value) in given.enumerated() where !carried.contains(value.name) {
      let member = fields.raw("next")?.object?.members[i]
      throw ManifestError(
        .unknownKey(value.name, of: owner, known: carried), at: member.map(document.place(of:)) ?? document.place(of: fields.json))
    }
    var next: [(name: String, wire: Wire)] = []
    for name in carried {
      if let value = given.first(where: { $0.name == name }) {
        next.append(value)
      } else if carried.count == 1, let last = body.previous {
        next.append((name, last))
      } else {
        throw ManifestError(
          .missingKey(name, of: owner, about: "what it becomes"), at: document.place(of: fields.raw("next") ?? fields.json))
      }
    }
    return next
  }

  private func checkNames(_ names: [String], index: String?, _ fields: Fields) throws(ManifestError) {
    if let index, !Names.isName(index) { throw fields.error(.badName(index, of: .key("index", of: fields.owner)), at: fields.raw("index")) }
    for (i, name) in names.enumerated() where names[..<i].contains(name) {
      throw fields.error(.duplicateName(name, first: nil), at: fields.raw(name == index ? "index" : "each"))
    }
  }

  /// The members of `key`, each a reference from `block`.
  func values(_ key: String, _ fields: Fields, in block: Block) throws(ManifestError) -> [(name: String, wire: Wire)] {
    var values: [(name: String, wire: Wire)] = []
    for member in try fields.members(key) {
      let owner = ManifestError.Owner.key(member.name, of: .key(key, of: fields.owner))
      values.append((member.name, try wire(member.value, owner, fields, in: block)))
    }
    return values
  }

  /// The members of `key`, each a reference from `block` or an object that has one.
  private func sequences(_ key: String, _ fields: Fields, in block: Block) throws(ManifestError) -> [Sequence] {
    var sequences: [Sequence] = []
    for member in try fields.members(key) {
      let owner = ManifestError.Owner.key(member.name, of: .key(key, of: fields.owner))
      let value = try fields.evaluate(member.value)
      guard value.object != nil else {
        guard value.string != nil else { throw fields.error(.wrongType(owner, wanted: .textOrObject, got: value.shown), at: value) }
        sequences.append(Sequence(name: member.name, wire: try wire(value, owner, fields, in: block), axis: nil))
        continue
      }
      let own = try Fields(value, of: owner, keys: Self.sequenceKeys, fields.evaluate.done)
      _ = try own.text("about")
      let from = try own.require("from", own.raw("from"), about: "the value")
      let source = try wire(from, .key("from", of: owner), own, in: block)
      sequences.append(Sequence(name: member.name, wire: source, axis: try own.integer("axis", in: 0...7)))
    }
    return sequences
  }

  private func wire(_ json: JSON, _ owner: ManifestError.Owner, _ fields: Fields, in block: Block) throws(ManifestError) -> Wire {
    let json = try fields.evaluate(json)
    guard let name = json.string else { throw fields.error(.wrongType(owner, wanted: .text, got: json.shown), at: json) }
    return .reference(Reference(name: name, block: block, owner: owner, json: json))
  }
}
