import ZooFormats

/// Makes a graph of expanded nodes: looks up what they take, and sorts them so that each comes after what it takes.
///
/// So it does for every graph inside: what a loop's body takes from around it becomes an input of the loop.
struct Assembler {
  private let resolver: Resolver
  // What each draft takes, captured values included.
  private var values: [[Value?]]
  private var captures: Captures
  // By region: the drafts in the order of the graph. By draft: its place there.
  private var orders: [[Int]]
  private var positions: [Int]

  /// Sorts the nodes of `resolver`.
  init(_ resolver: Resolver) throws(ManifestError) {
    self.resolver = resolver
    let (drafts, regions) = (resolver.drafts, resolver.regions)
    (values, orders, positions) = ([], regions.map { _ in [] }, drafts.map { _ in -1 })
    captures = Captures(regions)
    for draft in drafts {
      var inputs: [Value?] = []
      for wire in draft.inputs { inputs.append(try wire.map { (wire) throws(ManifestError) in try resolver.value(of: wire) }) }
      values.append(inputs)
    }
    var members = regions.map { _ in [Int]() }
    for (index, draft) in drafts.enumerated() { members[draft.block.region].append(index) }
    // From the inside out: what an inner region captures, the one around it takes.
    for region in regions.indices.reversed() {
      for index in members[region] {
        if let inner = drafts[index].control?.regions.first { values[index] += captures[inner].map { $0 } }
        if region > 0 { for case let value? in values[index] { try capture(value, in: region, drafts[index].json) } }
      }
      for output in regions[region].outputs { try capture(try resolver.value(of: output.wire), in: region, resolver.document.root) }
    }
    try sort()
  }

  /// Where `wire` comes from in the sorted graph.
  func source(of wire: Wire) throws(ManifestError) -> Source { source(try resolver.value(of: wire), in: 0) }

  /// The sorted nodes.
  func nodes() throws(ManifestError) -> [Node] {
    let parameterPaths = try Sharing.parameterPaths(resolver)
    var places: [JSONPosition: Place] = [:]
    var graphs: [Graph] = resolver.regions.map { _ in Graph(inputs: [], nodes: [], outputs: [], names: [:]) }
    for region in graphs.indices.reversed() {
      graphs[region].nodes = orders[region].map { index in
        let draft = resolver.drafts[index]
        // The copies of a repeat stand in the same place.
        let place = places[draft.json.position] ?? resolver.document.place(of: draft.json)
        places[draft.json.position] = place
        if let inner = draft.control?.regions { for i in inner { graphs[i].inputs = inputs(of: i, at: place) } }
        return Node(
          path: draft.path, parameterPath: parameterPaths[index], kind: draft.kind, control: draft.control.map { control($0, graphs) },
          attributes: draft.attributes, inputs: values[index].map { $0.map { source($0, in: region) } },
          initializers: draft.initializers, isFrozen: draft.isFrozen, place: place)
      }
      for output in resolver.regions[region].outputs {
        let source = source(try resolver.value(of: output.wire), in: region)
        graphs[region].outputs.append(GraphOutput(name: output.name, source: source, codec: nil, about: ""))
      }
    }
    return graphs[0].nodes
  }

  /// Everything that has a name: inputs, nodes by path, and blocks, which stand for their first output.
  func names() -> [String: Source] {
    var names: [String: Source] = [:]
    for (index, draft) in resolver.drafts.enumerated() where !draft.kind.outputs.isEmpty && draft.block.region == 0 {
      names[draft.path] = source(.node(index, output: draft.mainOutput), in: 0)
    }
    for (name, slot) in zip(resolver.root.inputNames, resolver.root.inputs) { names[name] = try? source(of: .slot(slot)) }
    for (name, member) in resolver.root.names.members {
      let output: Slots.Index?
      switch member {
      case .node, .control: continue
      case .block(let block): output = block.outputs.first
      case .copies(let copies): output = copies.outputs.first
      }
      if let output { names[name] = try? source(of: .slot(output)) }
    }
    return names
  }

  // MARK: Graphs inside

  /// Notes that a region takes `value`, if it is from around it.
  private mutating func capture(_ value: Value, in region: Int, _ json: JSON) throws(ManifestError) {
    if captures.add(value, to: region, resolver.drafts), let problem = resolver.budget.addValues(Captures.cost) {
      throw ManifestError(problem, at: resolver.document.place(of: json))
    }
  }

  private func control(_ control: ControlDraft, _ graphs: [Graph]) -> Control {
    switch control {
    case .loop(let region, var loop):
      loop.body = graphs[region]
      return .loop(loop)
    case .conditional(let then, let otherwise): return .conditional(Conditional(then: graphs[then], otherwise: graphs[otherwise]))
    }
  }

  /// What a graph inside another takes.
  ///
  /// Types and shapes are known only when it is planned.
  private func inputs(of region: Int, at place: Place) -> [GraphInput] {
    let own = resolver.regions[region].inputNames
    let captured = captures[region].map(name)
    let count = own.count - (resolver.regions[region].hasIndex ? 1 : 0)
    return (own[..<count] + captured + own[count...]).map {
      GraphInput(name: $0, shape: [], dtype: .f32, codec: nil, sample: nil, about: "", place: place)
    }
  }

  private func name(of value: Value) -> String {
    switch value {
    case .input(let index, let region): region == 0 ? resolver.root.inputNames[index] : resolver.regions[region].inputNames[index]
    case .node(let index, let output):
      output == 0 ? resolver.drafts[index].path : "\(resolver.drafts[index].path).\(output)"
    }
  }

  /// Where a value comes from in the graph of a region.
  private func source(_ value: Value, in region: Int) -> Source {
    let inner = resolver.regions[region]
    let own = inner.inputNames.count - (inner.hasIndex ? 1 : 0)
    switch value {
    case .input(let index, region): return .input(index < own || region == 0 ? index : own + captures[region].count)
    case .node(let index, let output) where resolver.drafts[index].block.region == region:
      return .node(positions[index], output: output)
    default: return .input(own + captures.index(of: value, in: region))
    }
  }

  // MARK: Order

  /// Depth first from each node in turn, so that nodes which already come after what they take stay where they are.
  ///
  /// In a loop: a chain may be longer than the stack is deep.
  private mutating func sort() throws(ManifestError) {
    var path: [(node: Int, next: Int)] = []
    var isOnPath = Array(repeating: false, count: values.count)
    for start in values.indices where positions[start] < 0 {
      path = [(start, 0)]
      isOnPath[start] = true
      while let (node, next) = path.last {
        let region = resolver.drafts[node].block.region
        if next == values[node].count {
          path.removeLast()
          isOnPath[node] = false
          positions[node] = orders[region].count
          orders[region].append(node)
          continue
        }
        path[path.count - 1].next += 1
        // What comes from around the region is one of its inputs.
        guard case .node(let needed, _) = values[node][next], resolver.drafts[needed].block.region == region, positions[needed] < 0
        else { continue }
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

/// What the graphs inside others take from around them.
private struct Captures {
  /// How much of the budget a captured value takes: through blocks inside one another, few names make many of them.
  static let cost = 8

  private let tables: [Int]  // by region
  private var values: [[Value]]
  private var indices: [[Value: Int]]

  init(_ regions: [Region]) {
    tables = regions.map(\.captures)
    values = regions.map { _ in [] }
    indices = regions.map { _ in [:] }
  }

  /// What a region captures.
  subscript(region: Int) -> [Value] { values[tables[region]] }

  /// The place of a value among what a region captures.
  func index(of value: Value, in region: Int) -> Int { indices[tables[region]][value] ?? 0 }

  /// Notes that `region` takes `value`, if it is from around it, and says whether that is new.
  mutating func add(_ value: Value, to region: Int, _ drafts: [Draft]) -> Bool {
    let home: Int =
      switch value {
      case .input(_, let region): region
      case .node(let index, _): drafts[index].block.region
      }
    let table = tables[region]
    guard home != region, indices[table][value] == nil else { return false }
    indices[table][value] = values[table].count
    values[table].append(value)
    return true
  }
}
