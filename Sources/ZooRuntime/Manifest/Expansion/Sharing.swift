import ZooFormats

/// Finds where each node's parameters are: at its own path, or where `share` leads.
struct Sharing {
  private let resolver: Resolver
  private let indices: [String: Int]
  // The node whose parameters each node has; nil while that is not known.
  private var owners: [Int?]

  /// The path of the parameters of each of the resolver's drafts.
  static func parameterPaths(_ resolver: Resolver) throws(ManifestError) -> [String] {
    var sharing = Sharing(resolver)
    for node in resolver.drafts.indices { try sharing.settle(node) }
    return sharing.owners.enumerated().map { resolver.drafts[$1 ?? $0].parameterPath }
  }

  private init(_ resolver: Resolver) {
    self.resolver = resolver
    // Paths are unique: names are, within each block.
    indices = Dictionary(resolver.drafts.enumerated().map { ($1.path, $0) }) { first, _ in first }
    owners = Array(repeating: nil, count: resolver.drafts.count)
  }

  /// Follows the chain of shares from `node` to its end, in a loop because it may be long.
  private mutating func settle(_ node: Int) throws(ManifestError) {
    var trail: [Int] = []
    var seen: Set<Int> = []
    var current = node
    while owners[current] == nil {
      guard seen.insert(current).inserted else {
        let start = trail.firstIndex(of: current) ?? 0
        let paths = (trail[start...] + [current]).map { resolver.drafts[$0].path }
        throw ManifestError(.shareCycle(paths), at: resolver.document.place(of: resolver.drafts[current].json))
      }
      trail.append(current)
      guard let next = try target(of: current), next != current else { break }
      current = next
    }
    let owner = owners[current] ?? current
    for node in trail { owners[node] = owner }
  }

  /// The node that `node` says to share with, by itself or through a block around it.
  private func target(of node: Int) throws(ManifestError) -> Int? {
    let draft = resolver.drafts[node]
    // A loop or condition has no parameters but those of the nodes inside it.
    guard draft.control == nil else { return nil }
    if let share = draft.share {
      switch try find(share) {
      case .node(let target): return try checked(node, target, share)
      default: throw error(.shareShape(draft.owner, with: share.name), share)
      }
    }
    guard let share = draft.block.share else { return nil }
    let prefix: String
    switch try find(share.reference) {
    case .block(let block), .control(_, let block): prefix = block.path
    case .copies(let copies): prefix = copies.path
    case .node: throw error(.shareShape(.block(path: share.path), with: share.reference.name), share.reference)
    }
    let path = prefix + draft.path.dropFirst(share.path.count)
    guard let target = indices[path] else { throw error(.shareShape(draft.owner, with: path), share.reference) }
    return try checked(node, target, share.reference)
  }

  private func checked(_ node: Int, _ target: Int, _ share: Reference) throws(ManifestError) -> Int {
    let (draft, other) = (resolver.drafts[node], resolver.drafts[target])
    guard draft.kind.name == other.kind.name else { throw error(.shareKinds(draft.owner, with: other.owner), share) }
    return target
  }

  private func find(_ share: Reference) throws(ManifestError) -> Member {
    guard let member = resolver.member(share.name, from: share.block) else {
      let known = resolver.drafts.prefix(10_000).map(\.path)
      throw error(.unknownShare(share.name, of: share.owner, known: known), share)
    }
    return member
  }

  private func error(_ problem: ManifestError.Problem, _ share: Reference) -> ManifestError {
    ManifestError(problem, at: resolver.document.place(of: share.json))
  }
}
