/// Puts leaves into the frames that their paths tell of: `encoder.hidden` stands in a frame `encoder`.
///
/// Only what comes one after the other is put together, so that no way leads out of a frame and back into it.
enum Grouping {
  /// The parts of the graph at `path`, inputs before what takes them first, outputs behind what makes them.
  static func parts(of leaves: [Leaf], inside path: String) -> [Part] {
    let layers = leaves.indices.filter { leaves[$0].role == .layer }
    let parts = group(layers[...], leaves, prefix: path.isEmpty ? "" : path + ".")
    return placed(parts, leaves)
  }

  private static func group(_ members: ArraySlice<Int>, _ leaves: [Leaf], prefix: String) -> [Part] {
    var parts: [Part] = []
    var rest = members
    while let first = rest.first {
      guard let head = head(of: leaves[first].path, after: prefix) else {
        parts.append(.leaf(first))
        rest.removeFirst()
        continue
      }
      let own = rest.prefix { self.head(of: leaves[$0].path, after: prefix) == head }
      rest = rest.dropFirst(own.count)
      let path = prefix + head
      let inner = group(own, leaves, prefix: path + ".")
      if inner.count == 1 || inner.allSatisfy({ isGroup($0) || isNumbered($0, leaves, after: path + ".") }) {
        // A frame around nothing but frames, or around the copies of a repeat, says nothing new.
        parts += inner
      } else {
        parts.append(.group(Group(path: path, lastPath: path, parts: inner, parameters: own.reduce(0) { $0 + leaves[$1].ownParameters })))
      }
    }
    return parts
  }

  private static func isGroup(_ part: Part) -> Bool {
    if case .group = part { true } else { false }
  }

  private static func isNumbered(_ part: Part, _ leaves: [Leaf], after prefix: String) -> Bool {
    guard case .leaf(let leaf) = part, let head = head(of: leaves[leaf].path, after: prefix) else { return false }
    return head.allSatisfy(\.isNumber)
  }

  /// The name of the block in which a path leads; nil: in none.
  private static func head(of path: String, after prefix: String) -> String? {
    guard path.hasPrefix(prefix) else { return nil }
    let rest = path.dropFirst(prefix.count)
    return rest.firstIndex(of: ".").map { String(rest[..<$0]) }
  }

  private static func placed(_ parts: [Part], _ leaves: [Leaf]) -> [Part] {
    var home: [Int: Int] = [:]  // by leaf: the part that it is in
    for (p, part) in parts.enumerated() { for leaf in part.leaves { home[leaf] = p } }
    var before = Array(repeating: [Part](), count: parts.count + 1)
    var after = before
    for (i, leaf) in leaves.enumerated() {
      switch leaf.role {
      case .layer: continue
      case .output:
        if case .leaf(let source, _)? = leaf.inputs.first??.value, let p = home[source] {
          after[p].append(.leaf(i))
        } else {
          // An input that is an output as it is.
          after[parts.count].append(.leaf(i))
        }
      case .input:
        let takers = leaves.indices.filter { j in
          leaves[j].inputs.contains { link in if case .leaf(i, _)? = link?.value { true } else { false } }
        }
        before[takers.compactMap { home[$0] }.min() ?? parts.count].append(.leaf(i))
      }
    }
    return parts.indices.flatMap { before[$0] + [parts[$0]] + after[$0] } + before[parts.count] + after[parts.count]
  }
}

extension Part {
  /// The leaves in it, in their order.
  var leaves: [Int] {
    switch self {
    case .leaf(let leaf): [leaf]
    case .group(let group): group.parts.flatMap(\.leaves)
    }
  }
}
