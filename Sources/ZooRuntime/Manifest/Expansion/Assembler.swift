import ZooFormats

/// Makes a graph of expanded nodes: looks up what they take, and sorts them so that each comes after what it takes.
struct Assembler {
  private let resolver: Resolver
  // What each draft takes, with nodes counted as drafts.
  private var sources: [[Source?]]
  // The drafts in the order of the graph, and each one's place in it.
  private var order: [Int]
  private var positions: [Int]

  /// Sorts the nodes of `resolver`.
  ///
  /// The first `settled.count` of them already have an order, which stays as it is.
  init(_ resolver: Resolver, after settled: Assembler? = nil) throws(ManifestError) {
    self.resolver = resolver
    sources = settled?.sources ?? []
    for draft in resolver.drafts[sources.count...] {
      var inputs: [Source?] = []
      for wire in draft.inputs { inputs.append(try wire.map { (wire) throws(ManifestError) in try resolver.source(of: wire) }) }
      sources.append(inputs)
    }
    order = settled?.order ?? []
    positions = (settled?.positions ?? []) + Array(repeating: -1, count: sources.count - order.count)
    try sort()
  }

  /// Where `wire` comes from in the sorted graph.
  func source(of wire: Wire) throws(ManifestError) -> Source { sorted(try resolver.source(of: wire)) }

  /// The sorted nodes.
  func nodes() throws(ManifestError) -> [Node] {
    let parameterPaths = try Sharing.parameterPaths(resolver)
    var places: [JSONPosition: Place] = [:]
    return order.map { index in
      let draft = resolver.drafts[index]
      // The copies of a repeat stand in the same place.
      let place = places[draft.json.position] ?? resolver.document.place(of: draft.json)
      places[draft.json.position] = place
      return Node(
        path: draft.path, parameterPath: parameterPaths[index], kind: draft.kind, control: nil,
        attributes: draft.attributes,
        inputs: sources[index].map { $0.map(sorted) }, initializers: draft.initializers, isFrozen: draft.isFrozen, place: place)
    }
  }

  /// Everything that has a name: inputs, nodes by path, and blocks, which stand for their first output.
  func names() -> [String: Source] {
    var names: [String: Source] = [:]
    for (index, draft) in resolver.drafts.enumerated() where !draft.kind.outputs.isEmpty {
      names[draft.path] = sorted(.node(index, output: 0))
    }
    for (name, slot) in zip(resolver.root.inputNames, resolver.root.inputs) { names[name] = try? source(of: .slot(slot)) }
    for (name, member) in resolver.root.members {
      let output: Slots.Index?
      switch member {
      case .node: continue
      case .block(let block): output = block.outputs.first
      case .copies(let copies): output = copies.outputs.first
      }
      if let output { names[name] = try? source(of: .slot(output)) }
    }
    return names
  }

  private func sorted(_ source: Source) -> Source {
    if case .node(let index, let output) = source { .node(positions[index], output: output) } else { source }
  }

  /// Depth first from each node in turn, so that nodes which already come after what they take stay where they are.
  ///
  /// In a loop: a chain may be longer than the stack is deep.
  private mutating func sort() throws(ManifestError) {
    var path: [(node: Int, next: Int)] = []
    var isOnPath = Array(repeating: false, count: sources.count)
    for start in sources.indices where positions[start] < 0 {
      path = [(start, 0)]
      isOnPath[start] = true
      while let (node, next) = path.last {
        if next == sources[node].count {
          path.removeLast()
          isOnPath[node] = false
          positions[node] = order.count
          order.append(node)
          continue
        }
        path[path.count - 1].next += 1
        guard case .node(let needed, _) = sources[node][next], positions[needed] < 0 else { continue }
        guard !isOnPath[needed] else { throw cycle(from: needed, path.map(\.node)) }
        path.append((needed, 0))
        isOnPath[needed] = true
      }
    }
  }

  private func cycle(from node: Int, _ path: [Int]) -> ManifestError {
    // Along the path, each node takes from the next: told the other way round, it is how values would flow.
    let start = path.firstIndex(of: node) ?? 0
    let nodes = path[start...].reversed()
    let paths = ([node] + nodes).map { resolver.drafts[$0].path }
    return ManifestError(.cycle(paths), at: resolver.document.place(of: resolver.drafts[node].json))
  }
}
