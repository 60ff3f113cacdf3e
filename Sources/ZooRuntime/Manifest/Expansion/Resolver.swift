import ZooFormats

/// Follows references to the nodes and graph inputs that they lead to.
struct Resolver {
  let drafts: [Draft]
  let regions: [Region]
  let root: Block
  // Which keeps the blocks that references come from.
  private let expander: Expander

  /// Follows what `expander` has noted so far.
  init(_ expander: Expander, root: Block) {
    (self.expander, self.root, drafts, regions) = (expander, root, expander.drafts, expander.regions)
  }

  var document: JSONDocument { expander.document }
  var budget: Budget { expander.evaluator.budget }

  /// What `wire` leads to; nodes are counted in the order of `drafts`.
  func value(of wire: Wire) throws(ManifestError) -> Value {
    // Each step leads to one next, so this is a loop. Slots remember where they led, so that long chains are walked once.
    let slots = expander.slots
    var trail: [Slots.Index] = []
    defer { for slot in trail { slots[slot].isBeingFollowed = false } }
    var wire = wire
    var last: Reference?
    while true {
      switch wire {
      case .input(let index, let region):
        for slot in trail { slots[slot].wire = wire }
        return .input(index, region: region)
      case .node(let index, let output):
        for slot in trail { slots[slot].wire = wire }
        return .node(index, output: output)
      case .slot(let slot):
        guard !slots[slot].isBeingFollowed else {
          throw ManifestError(.emptyCycle(last?.name ?? ""), at: last.map { document.place(of: $0.json) } ?? Place(file: document.file))
        }
        slots[slot].isBeingFollowed = true
        trail.append(slot)
        wire = slots[slot].wire
      case .reference(let reference):
        last = reference
        wire = try find(reference)
      }
    }
  }

  /// What a reference names: in its own block first, then outward.
  func find(_ reference: Reference) throws(ManifestError) -> Wire {
    let parts = reference.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let (first, rest) = (parts.first ?? "", parts.dropFirst())
    var block: Block? = reference.block
    while let here = block {
      // Its inputs first: the other names of a repeat in a numbered block are also those of the block around it.
      if let i = here.inputNames.firstIndex(of: first) {
        guard rest.isEmpty else { throw unknownPart(rest, of: first, known: [], reference) }
        return .slot(here.inputs[i])
      }
      if let member = here[first] { return try part(rest, of: member, named: first, reference) }
      block = here.parent
    }
    let known = reference.block.visibleNames
    throw error(.unknownReference(reference.name, of: reference.owner, known: known), reference)
  }

  /// The member that a path names, from a block outward and then in the graph that it is part of; nil: there is none.
  func member(_ path: String, from block: Block) -> Member? {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    var found = (block.root ?? block)[parts[0]]
    var block: Block? = block
    while let here = block {
      if let member = here[parts[0]] {
        found = member
        break
      }
      block = here.parent
    }
    for part in parts.dropFirst() {
      switch found {
      case .block(let block): found = block[part]
      case .copies(let copies): found = Int(part).flatMap { copies.blocks.indices.contains($0) ? .block(copies.blocks[$0]) : nil }
      case .control(_, let body): found = body[part]
      case .node, nil: return nil
      }
    }
    return found
  }

  private func part(
    _ rest: ArraySlice<String>, of member: Member, named name: String, _ reference: Reference
  ) throws(ManifestError) -> Wire {
    switch member {
    case .node(let index), .control(let index, _):
      let outputs = drafts[index].kind.outputs
      guard let part = rest.first else {
        guard !outputs.isEmpty else { throw unknownPart(["0"], of: name, known: [], reference) }
        return .node(index, output: drafts[index].mainOutput)
      }
      if rest.count == 1, let output = outputs.firstIndex(where: { $0.name == part }) { return .node(index, output: output) }
      let isOpenEnded = outputs.last?.isVariadic ?? false
      if rest.count == 1, let output = number(part), output < (isOpenEnded ? 1_000 : outputs.count) { return .node(index, output: output) }
      throw unknownPart(rest, of: name, known: outputs.map(\.name), reference)
    case .block(let block):
      guard let part = rest.first else {
        guard let output = block.outputs.first else { throw unknownPart(["0"], of: name, known: [], reference) }
        return .slot(output)
      }
      if rest.count == 1, let output = block.outputNames.firstIndex(of: part) { return .slot(block.outputs[output]) }
      if let inner = block[part] { return try self.part(rest.dropFirst(), of: inner, named: "\(name).\(part)", reference) }
      if rest.count == 1, let output = number(part), output < block.outputs.count { return .slot(block.outputs[output]) }
      throw unknownPart(rest, of: name, known: block.outputNames + block.names.members.keys.sorted(), reference)
    case .copies(let copies):
      guard let part = rest.first else {
        guard let output = copies.outputs.first else { throw unknownPart(["0"], of: name, known: [], reference) }
        return .slot(output)
      }
      if let copy = number(part), copy < copies.blocks.count {
        return try self.part(rest.dropFirst(), of: .block(copies.blocks[copy]), named: "\(name).\(part)", reference)
      }
      if rest.count == 1, let output = copies.outputNames.firstIndex(of: part) { return .slot(copies.outputs[output]) }
      let numbers = copies.blocks.isEmpty ? [] : ["0 to \(copies.blocks.count - 1)"]
      throw unknownPart(rest, of: name, known: copies.outputNames + numbers, reference)
    }
  }

  private func number(_ text: String) -> Int? { text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? Int(text) : nil }

  private func unknownPart(_ rest: ArraySlice<String>, of name: String, known: [String], _ reference: Reference) -> ManifestError {
    error(.unknownPart(rest.joined(separator: "."), of: name, known: known), reference)
  }

  private func error(_ problem: ManifestError.Problem, _ reference: Reference) -> ManifestError {
    ManifestError(problem, at: document.place(of: reference.json))
  }
}
