extension Graph {
  /// The graph with the blocks marked that backward is to compute again from what goes into them (gradient checkpointing).
  ///
  /// A pattern stands for the blocks whose path it matches, part by part: `encoder.*` for `encoder.0` and `encoder.1`, each with all that is
  /// under it. A layer of such a path is a block of one. Where several match, the first does. A block inside a loop is computed again in
  /// every iteration.
  public func recomputing(_ patterns: [String]) -> Graph {
    var marked = self
    marked.mark(patterns.map { $0.split(separator: ".", omittingEmptySubsequences: false) }, under: 0)
    return marked
  }

  /// Whether there are such blocks.
  public var recomputes: Bool {
    nodes.contains { $0.segment != nil || $0.inner.contains { $0.recomputes } }
  }

  /// The paths of all layers, and of the blocks that they are in.
  package var blockPaths: [String] {
    nodes.flatMap { node in
      let parts = node.path.split(separator: ".", omittingEmptySubsequences: false)
      return parts.indices.map { parts[...$0].joined(separator: ".") } + node.inner.flatMap { $0.blockPaths }
    }.uniqued()
  }

  /// Marks blocks whose paths have more parts than `depth`, that of the loop around them.
  private mutating func mark(_ patterns: [[Substring]], under depth: Int) {
    for i in nodes.indices {
      let parts = nodes[i].path.split(separator: ".", omittingEmptySubsequences: false)
      let pattern = patterns.first { $0.count > depth && $0.matches(parts) }
      nodes[i].segment = pattern.map { parts[..<$0.count].joined(separator: ".") }
      switch nodes[i].control {
      case nil: break
      case .loop(var loop):
        loop.body.mark(patterns, under: parts.count)
        nodes[i].control = .loop(loop)
      case .conditional(var conditional):
        conditional.then.mark(patterns, under: parts.count)
        conditional.otherwise.mark(patterns, under: parts.count)
        nodes[i].control = .conditional(conditional)
      }
    }
  }
}

extension [Substring] {
  /// Whether these, the parts of a pattern, match as many parts of a path.
  fileprivate func matches(_ path: [Substring]) -> Bool {
    count <= path.count && zip(self, path).allSatisfy { isMatch([UInt8]($0.utf8), [UInt8]($1.utf8)) }
  }
}

/// Whether a name matches a pattern, in which `*` stands for any characters and `?` for one: in time that no pattern makes long.
private func isMatch(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
  var (p, n) = (0, 0)
  var star: (pattern: Int, name: Int)?  // the last one, and how far it reaches
  while n < name.count {
    if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
      star = (p, n)
      p += 1
    } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
      (p, n) = (p + 1, n + 1)
    } else if let last = star {
      star = (last.pattern, last.name + 1)
      (p, n) = (last.pattern + 1, last.name + 1)
    } else {
      return false
    }
  }
  return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
}

extension Node {
  /// The graphs inside a loop or condition.
  package var inner: [Graph] {
    switch control {
    case nil: []
    case .loop(let loop): [loop.body]
    case .conditional(let conditional): [conditional.then, conditional.otherwise]
    }
  }
}
