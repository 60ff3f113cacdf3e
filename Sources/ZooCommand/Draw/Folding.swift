/// Folds repetitions: parts that come again and again with the same kinds, attributes, shapes and wiring are drawn once.
///
/// A repetition may take what the one before it puts out; all else they take from outside must be the same for each. What is taken of them
/// from outside must come from the last one, or from each.
struct Folding {
  /// Fewer boxes than this are not worth a frame.
  private static let worth = 3
  /// Repetitions of more parts are not looked for.
  private static let longest = 64

  private var sketch: Sketch
  private var takers: [DrawnValue: [Int]] = [:]  // by value: leaves; -1: what comes out of the graph
  private var position: [Int: Int] = [:]

  /// Folds what can be folded.
  static func fold(_ sketch: inout Sketch) {
    var folding = Folding(sketch: sketch)
    folding.note()
    sketch.parts = folding.fold(sketch.parts)
    (sketch.leaves, sketch.results, sketch.handed) = (folding.sketch.leaves, folding.sketch.results, folding.sketch.handed)
  }

  private init(sketch: Sketch) { self.sketch = sketch }

  /// Notes who takes what, of the leaves that are not folded away.
  private mutating func note() {
    takers = [:]
    for leaf in sketch.parts.flatMap(\.leaves) {
      for case let link? in sketch.leaves[leaf].inputs { takers[link.value, default: []].append(leaf) }
    }
    for link in sketch.results { takers[link.value, default: []].append(-1) }
    for value in sketch.handed { takers[value, default: []].append(-1) }
  }

  /// Some parts that come one after the other, and come again.
  private struct Run {
    let start: Int
    let period: Int
    var count: Int
    var leaves: [[Int]]  // by repetition
    /// What the first one takes where later ones take what the one before puts out.
    var handed: Set<DrawnValue>
    /// Of the values that are taken from outside: those that come from each.
    var each: Set<DrawnValue> = []

    var saved: Int { (count - 1) * (leaves.first?.count ?? 0) }
  }

  private mutating func fold(_ parts: [Part]) -> [Part] {
    let words = parts.map(word)
    var folded: [Part] = []
    var i = 0
    while i < parts.count {
      if let run = bestRun(at: i, parts, words) {
        folded.append(accept(run, parts))
        i += run.count * run.period
      } else {
        folded.append(foldInside(parts[i]))
        i += 1
      }
    }
    return folded
  }

  private mutating func foldInside(_ part: Part) -> Part {
    guard case .group(var group) = part else { return part }
    group.parts = fold(group.parts)
    // A frame around nothing but copies is theirs.
    if group.parts.count == 1, case .group(var inner)? = group.parts.first, inner.isBare {
      (inner.path, inner.lastPath, inner.isBare) = (group.path, group.lastPath, false)
      return .group(inner)
    }
    return .group(group)
  }

  /// The same for parts that may be repetitions of one another.
  private func word(_ part: Part) -> String {
    switch part {
    case .leaf(let leaf): sketch.leaves[leaf].signature
    case .group(let group): "(\(group.parts.map(word).joined(separator: " ")))"
    }
  }

  private func bestRun(at start: Int, _ parts: [Part], _ words: [String]) -> Run? {
    var best: Run?
    for period in 1...max(1, min(Self.longest, (parts.count - start) / 2)) {
      var count = 1
      while start + (count + 1) * period <= parts.count,
        (0..<period).allSatisfy({ words[start + $0] == words[start + count * period + $0] })
      {
        count += 1
      }
      // Most of what looks alike is wired otherwise from the first on.
      guard count > 1, run(start, period, 2, parts) != nil || count > 2 && run(start, period, 3, parts) != nil,
        let run = run(start, period, count, parts), run.saved >= Self.worth
      else { continue }
      if run.saved > best?.saved ?? 0 { best = run }
    }
    return best
  }

  /// The longest run there of at most `count` repetitions whose wiring is the same.
  private func run(_ start: Int, _ period: Int, _ count: Int, _ parts: [Part]) -> Run? {
    let leaves = (0..<count).map { u in (0..<period).flatMap { parts[start + u * period + $0].leaves } }
    var place: [Int: (unit: Int, offset: Int)] = [:]
    for (u, unit) in leaves.enumerated() { for (o, leaf) in unit.enumerated() { place[leaf] = (u, o) } }
    func located(_ link: Link) -> (unit: Int, offset: Int, output: Int)? {
      guard case .leaf(let leaf, let output) = link.value, let (unit, offset) = place[leaf] else { return nil }
      return (unit, offset, output)
    }

    var first: [DrawnValue: DrawnValue] = [:]  // what the first one takes instead of what it hands on itself
    func agrees(_ unit: Int) -> Bool {
      for (o, leaf) in leaves[unit].enumerated() {
        let (mine, before) = (sketch.leaves[leaf].inputs, sketch.leaves[leaves[unit - 1][o]].inputs)
        guard mine.count == before.count else { return false }
        for case (let a, let b) in zip(before, mine) {
          guard let a, let b else {
            if a == nil && b == nil { continue }
            return false
          }
          guard a.isEach == b.isEach else { return false }
          guard let to = located(b) else {
            guard a == b else { return false }
            continue
          }
          let from = located(a)
          if to.unit == unit || unit > 1 {
            guard let from, from.unit == to.unit - 1, from.offset == to.offset, from.output == to.output, to.unit >= unit - 1 else {
              return false
            }
          } else {
            guard from == nil, first[b.value] ?? a.value == a.value else { return false }
            first[b.value] = a.value
          }
        }
      }
      return true
    }
    var agreeing = 1
    while agreeing < count, agrees(agreeing) { agreeing += 1 }
    guard agreeing > 1 else { return nil }
    // What the last one puts out may be taken otherwise: then it stands apart.
    for count in Set([agreeing, agreeing - 1]).sorted(by: >) where count > 1 {
      let run = Run(start: start, period: period, count: count, leaves: Array(leaves[..<count]), handed: Set(first.keys))
      if let each = taken(of: run) {
        return Run(start: start, period: period, count: count, leaves: run.leaves, handed: run.handed, each: each)
      }
    }
    return nil
  }

  /// The values of the first repetition that are taken from outside of each one; nil: something is taken neither so nor from the last.
  private func taken(of run: Run) -> Set<DrawnValue>? {
    let members = Set(run.leaves.joined())
    func outside(_ unit: Int, _ offset: Int, _ output: Int) -> Set<Int> {
      Set((takers[.leaf(run.leaves[unit][offset], output: output)] ?? []).filter { !members.contains($0) })
    }
    var each: Set<DrawnValue> = []
    for (offset, leaf) in run.leaves[0].enumerated() {
      for output in 0..<max(1, sketch.leaves[leaf].shapes.count) {
        let first = outside(0, offset, output)
        for unit in 1..<run.count - 1 where outside(unit, offset, output) != first { return nil }
        if first.isEmpty { continue }
        guard outside(run.count - 1, offset, output) == first else { return nil }
        each.insert(.leaf(leaf, output: output))
      }
    }
    return each
  }

  /// Lets the first repetition of `run` stand for all.
  private mutating func accept(_ run: Run, _ parts: [Part]) -> Part {
    var places: [Int: (unit: Int, offset: Int)] = [:]
    for (u, unit) in run.leaves.enumerated() { for (o, leaf) in unit.enumerated() { places[leaf] = (u, o) } }
    func folded(_ value: DrawnValue) -> (value: DrawnValue, unit: Int)? {
      guard case .leaf(let leaf, let output) = value, let (unit, offset) = places[leaf] else { return nil }
      return (.leaf(run.leaves[0][offset], output: output), unit)
    }
    func link(_ link: Link?) -> Link? {
      guard let link, let (value, _) = folded(link.value) else { return link }
      return Link(value: value, isEach: link.isEach || run.each.contains(value))
    }
    for leaf in sketch.leaves.indices where places[leaf] == nil { sketch.leaves[leaf].inputs = sketch.leaves[leaf].inputs.map(link) }
    sketch.results = sketch.results.compactMap(link)
    sketch.handed = Set(sketch.handed.map { folded($0)?.value ?? $0 }).union(run.handed)

    let lasts = run.leaves[run.count - 1]
    for (leaf, last) in zip(run.leaves[0], lasts) { sketch.leaves[leaf].lastPath = sketch.leaves[last].path }
    let parameters = run.leaves.joined().reduce(0) { $0 + sketch.leaves[$1].ownParameters }
    let own = (0..<run.period).map { ended(parts[run.start + $0], like: parts[run.start + (run.count - 1) * run.period + $0]) }
    let gone = Set(run.leaves.dropFirst().joined())
    for value in takers.keys { takers[value]?.removeAll(where: gone.contains) }
    sketch.parts = sketch.parts.compactMap { remaining($0, without: gone) }
    note()

    if own.count == 1, case .group(var group)? = own.first, group.times == 1 {
      group.parts = fold(group.parts)
      (group.times, group.parameters) = (run.count, parameters)
      return .group(group)
    }
    return .group(Group(path: "", lastPath: "", parts: fold(own), times: run.count, parameters: parameters, isBare: true))
  }

  /// `part`, which stands for others up to `last`.
  private func ended(_ part: Part, like last: Part) -> Part {
    guard case .group(var group) = part, case .group(let other) = last else { return part }
    group.lastPath = other.path
    group.parts = zip(group.parts, other.parts).map { ended($0, like: $1) }
    return .group(group)
  }

  private func remaining(_ part: Part, without gone: Set<Int>) -> Part? {
    switch part {
    case .leaf(let leaf): return gone.contains(leaf) ? nil : part
    case .group(var group):
      group.parts = group.parts.compactMap { remaining($0, without: gone) }
      return group.parts.isEmpty ? nil : .group(group)
    }
  }
}
