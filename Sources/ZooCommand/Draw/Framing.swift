/// Makes frames with boxes and wires of a sketch.
///
/// A value that is needed inside a frame comes in through a port in its top edge, once; one that is needed after it goes out through its
/// bottom edge.
struct Framing {
  private let sketch: Sketch
  private let inputs: [String]  // of a graph inside another: what it takes
  private let wanted: [Link: Int]  // the last leaf, in the order of the sketch, that takes it
  private let order: [Int: Int]

  /// A part of a frame: what it takes at each of its ports, and at which it gives what.
  private struct Piece {
    let item: Frame.Item
    let needs: [Link]
    let gives: (Link) -> Int
    let leaves: Set<Int>
  }

  /// The frame of a whole graph.
  static func root(_ sketch: Sketch) -> Frame { Framing(sketch, inputs: []).body(inside: "", outputs: []) }

  private init(_ sketch: Sketch, inputs: [String]) {
    (self.sketch, self.inputs) = (sketch, inputs)
    let leaves = sketch.parts.flatMap(\.leaves)
    order = Dictionary(uniqueKeysWithValues: leaves.enumerated().map { ($1, $0) })
    var wanted: [Link: Int] = [:]
    for (place, leaf) in leaves.enumerated() { for case let link? in sketch.leaves[leaf].inputs { wanted[link] = place } }
    for link in sketch.results { wanted[link] = leaves.count }
    self.wanted = wanted
  }

  /// A frame around the whole graph; its ports are the graph's inputs and outputs.
  private func body(inside path: String, outputs: [String]) -> Frame {
    var frame = Frame()
    frame.tops = inputs.map { Frame.Port(label: $0) }
    frame.bottoms = outputs.map { Frame.Port(label: $0) }
    let pieces = sketch.parts.map { piece($0, prefixes: path.isEmpty ? [] : [path], isBare: false) }
    frame.items = pieces.map(\.item)
    var wires = Wires()
    connect(pieces, &wires) { link in
      guard case .outside(let input) = link.value else { return nil }
      return .top(input)
    }
    for (o, link) in sketch.results.enumerated() where o < outputs.count {
      guard let source = source(of: link, pieces) ?? outside(link) else { continue }
      wires.add(link, named: name(of: link), source, .bottom(o))
    }
    frame.wires = wires.all
    return frame
  }

  private func outside(_ link: Link) -> Frame.End? {
    if case .outside(let input) = link.value { .top(input) } else { nil }
  }

  private func source(of link: Link, _ pieces: [Piece]) -> Frame.End? {
    guard case .leaf(let leaf, _) = link.value else { return nil }
    return pieces.firstIndex { $0.leaves.contains(leaf) }.map { .item($0, port: pieces[$0].gives(link)) }
  }

  private func connect(_ pieces: [Piece], _ wires: inout Wires, from around: (Link) -> Frame.End?) {
    for (p, piece) in pieces.enumerated() {
      for (port, link) in piece.needs.enumerated() {
        guard let source = source(of: link, pieces) ?? around(link) else { continue }
        wires.add(link, named: name(of: link), source, .item(p, port: port))
      }
    }
  }

  private func name(of link: Link) -> String {
    switch link.value {
    case .outside(let input): return input < inputs.count ? inputs[input] : "\(input)"
    case .leaf(let index, let output):
      let leaf = sketch.leaves[index]
      guard leaf.outputs.count > 1 else { return leaf.path }
      return "\(leaf.path).\(output < leaf.outputs.count ? leaf.outputs[output] : "\(output)")"
    }
  }

  // MARK: Parts

  /// `prefixes` are the paths of the frame around it: of the first and the last one that it stands for.
  private func piece(_ part: Part, prefixes: [String], isBare: Bool) -> Piece {
    switch part {
    case .leaf(let leaf): sketch.leaves[leaf].control.map { piece(leaf, $0, prefixes, isBare) } ?? box(leaf, prefixes, isBare)
    case .group(let group): piece(group, prefixes)
    }
  }

  private func box(_ index: Int, _ prefixes: [String], _ isBare: Bool) -> Piece {
    let leaf = sketch.leaves[index]
    let name = Span(leaf.path, leaf.lastPath, after: leaf.role == .layer ? prefixes : []).name(isBare: isBare)
    let note = leaf.parameters == 0 ? "" : leaf.isShared ? "shared" : plural(leaf.parameters, "parameter")
    let box = Box(
      role: leaf.role, path: leaf.path, name: name, kind: leaf.kind, shapes: leaf.shapes, note: note, hasParameters: leaf.parameters > 0)
    return Piece(item: .box(box), needs: needs(of: index), gives: { _ in 0 }, leaves: [index])
  }

  /// What a leaf takes, each value once.
  private func needs(of leaf: Int) -> [Link] {
    var seen: Set<Link> = []
    return sketch.leaves[leaf].inputs.compactMap { $0 }.filter { seen.insert($0).inserted }
  }

  private func piece(_ group: Group, _ prefixes: [String]) -> Piece {
    let inner = group.path.isEmpty ? prefixes : [group.path, group.lastPath]
    let pieces = group.parts.map { piece($0, prefixes: inner, isBare: group.isBare) }
    let leaves = pieces.reduce(into: Set<Int>()) { $0.formUnion($1.leaves) }
    var frame = Frame()
    frame.title = group.isBare ? bareTitle(group, prefixes) : Span(group.path, group.lastPath, after: prefixes).title(group.times > 1)
    frame.note = group.times > 1 ? "× \(Quantity.count(group.times))" : ""
    frame.parameters = group.parameters > 0 ? plural(group.parameters, "parameter") : ""
    frame.isRepeated = group.times > 1
    frame.items = pieces.map(\.item)

    var needs: [Link] = []
    var wires = Wires()
    connect(pieces, &wires) { link in
      let port = needs.firstIndex(of: link) ?? needs.count
      if port == needs.count { needs.append(link) }
      return .top(port)
    }
    frame.tops = needs.map { _ in Frame.Port() }
    let end = leaves.compactMap { order[$0] }.max() ?? 0
    var given: [Link] = []
    for leaf in leaves.sorted() {
      for output in 0..<max(1, sketch.leaves[leaf].shapes.count) {
        for isEach in [false, true] {
          let link = Link(value: .leaf(leaf, output: output), isEach: isEach)
          if wanted[link] ?? -1 > end { given.append(link) }
        }
      }
    }
    for (port, link) in given.enumerated() {
      if let source = source(of: link, pieces) { wires.add(link, named: name(of: link), source, .bottom(port)) }
    }
    frame.bottoms = given.map { Frame.Port(label: $0.isEach && group.times > 1 ? "each" : "") }
    frame.wires = wires.all
    return Piece(item: .frame(frame), needs: needs, gives: { link in given.firstIndex(of: link) ?? 0 }, leaves: leaves)
  }

  /// The name that the copies of a repeat have in common.
  private func bareTitle(_ group: Group, _ prefixes: [String]) -> String {
    let titles = group.parts.map { part -> String? in
      switch part {
      case .leaf(let leaf):
        sketch.leaves[leaf].role == .layer ? Span(sketch.leaves[leaf].path, sketch.leaves[leaf].lastPath, after: prefixes).block : nil
      case .group(let group): Span(group.path, group.lastPath, after: prefixes).block
      }
    }
    let first = titles.first ?? nil
    return titles.allSatisfy { $0 == first } ? first ?? "" : ""
  }

  private func piece(_ index: Int, _ control: ControlSketch, _ prefixes: [String], _ isBare: Bool) -> Piece {
    let leaf = sketch.leaves[index]
    var frame: Frame
    if control.isLoop, let body = control.bodies.first {
      // What ends a loop is of no use to anybody else.
      frame = Framing(body.sketch, inputs: control.inputs).body(inside: leaf.path, outputs: control.outputs.dropLast())
      frame.bottoms.append(Frame.Port(label: control.outputs.last ?? ""))
    } else {
      frame = Frame()
      frame.tops = control.inputs.enumerated().map { Frame.Port(label: $0 == 0 ? $1 : "") }
      frame.bottoms = control.outputs.map { Frame.Port(label: control.outputs.count > 1 ? $0 : "") }
      var wires = Wires()
      for (b, body) in control.bodies.enumerated() {
        let used = control.inputs.indices.dropFirst().filter { body.sketch.takes($0 - 1) }
        var inner = Framing(body.sketch, inputs: Array(control.inputs.dropFirst()))
          .body(inside: "\(leaf.path).\(body.title)", outputs: control.outputs)
        inner.hideLabels()
        inner.keepTops(used.map { $0 - 1 })
        inner.title = body.title
        frame.items.append(.frame(inner))
        for (port, input) in used.enumerated() { wires.add(control.inputs[input], .top(input), .item(b, port: port)) }
        for o in control.outputs.indices { wires.add("\(leaf.path).\(body.title)", .item(b, port: o), .bottom(o)) }
      }
      frame.wires = wires.all
    }
    frame.title = Span(leaf.path, leaf.lastPath, after: prefixes).name(isBare: isBare)
    frame.note = control.note
    frame.parameters = leaf.parameters == 0 ? "" : leaf.isShared ? "shared" : plural(leaf.parameters, "parameter")
    frame.isLoop = control.isLoop
    let links = leaf.inputs.prefix(frame.tops.count).compactMap { $0 }
    // A value that nobody takes has no port.
    if control.isLoop, !isWanted(index, output: control.outputs.count - 1) { frame.bottoms.removeLast() }
    return Piece(
      item: .frame(frame), needs: links,
      gives: { link in if case .leaf(_, let output) = link.value { output } else { 0 } }, leaves: [index])
  }

  private func isWanted(_ leaf: Int, output: Int) -> Bool {
    [false, true].contains { wanted[Link(value: .leaf(leaf, output: output), isEach: $0)] != nil }
  }
}

/// Wires as they are found, one for each value.
private struct Wires {
  private(set) var all: [Frame.Wire] = []
  private var places: [Frame.End: [String: Int]] = [:]

  mutating func add(_ link: Link, named name: String, _ from: Frame.End, _ to: Frame.End) {
    if case .leaf(_, let output) = link.value, output > 0 { return add(name, isMain: false, from, to) }
    add(name, isMain: true, from, to)
  }

  mutating func add(_ name: String, isMain: Bool = true, _ from: Frame.End, _ to: Frame.End) {
    if let known = places[from]?[name] {
      if !all[known].to.contains(to) { all[known].to.append(to) }
      return
    }
    places[from, default: [:]][name] = all.count
    all.append(Frame.Wire(name: name, isMain: isMain, from: from, to: [to]))
  }
}

extension Sketch {
  /// Whether anything takes an input of the graph.
  fileprivate func takes(_ input: Int) -> Bool {
    results.contains { $0.value == .outside(input) } || leaves.contains { $0.inputs.contains { $0?.value == .outside(input) } }
  }
}

extension Frame {
  /// Leaves the names of ports to the frame around it.
  fileprivate mutating func hideLabels() {
    tops = tops.map { _ in Port() }
    bottoms = bottoms.map { _ in Port() }
  }

  /// Leaves only these ports in its top edge.
  fileprivate mutating func keepTops(_ kept: [Int]) {
    tops = kept.map { tops[$0] }
    wires = wires.compactMap { wire in
      guard case .top(let port) = wire.from else { return wire }
      return kept.firstIndex(of: port).map { Wire(name: wire.name, isMain: wire.isMain, from: .top($0), to: wire.to) }
    }
  }
}

/// The names of all that one thing in a picture stands for.
private struct Span {
  private let first: String
  private let last: String
  // What comes before and after the only number in which they differ.
  private let parts: (block: String, rest: String)?

  /// Paths from the first to the last one, without what their frame says already.
  init(_ first: String, _ last: String, after prefixes: [String]) {
    func rest(_ path: String, _ prefixes: [String]) -> String {
      for prefix in prefixes where path.hasPrefix(prefix + ".") { return String(path.dropFirst(prefix.count + 1)) }
      return path
    }
    self.first = rest(first, prefixes)
    self.last = rest(last, prefixes.reversed())
    let (a, b) = (self.first.split(separator: "."), self.last.split(separator: "."))
    let differing = a.count == b.count ? a.indices.filter { a[$0] != b[$0] } : []
    if differing.count == 1, let i = differing.first, i > 0, a[i].allSatisfy(\.isNumber), b[i].allSatisfy(\.isNumber) {
      parts = (a[..<i].joined(separator: "."), a[(i + 1)...].joined(separator: "."))
    } else {
      parts = nil
    }
  }

  /// The repeat that they are copies of; nil: of none.
  var block: String? { parts?.block }

  /// `block0 … block2`; in a frame that is named after their repeat, what follows the number.
  func name(isBare: Bool) -> String {
    if isBare, let rest = parts?.rest, !rest.isEmpty { return rest }
    return first == last ? first : "\(first) … \(last)"
  }

  func title(_ isRepeated: Bool) -> String { isRepeated && parts?.rest == "" ? parts?.block ?? first : name(isBare: false) }
}
