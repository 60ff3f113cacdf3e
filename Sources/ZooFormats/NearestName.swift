/// The candidate that is most likely meant by `name`, if one is near enough.
///
/// Nearest in edits: an insertion, a deletion, a replacement or a swap of neighbours is one, a change of case none. At most a
/// third of the letters may differ. Of equals, the first.
public func nearestName(to name: String, among candidates: [String]) -> String? {
  let wanted = Array(name.lowercased())
  let limit = max(1, wanted.count / 3)
  var best: (name: String, edits: Int)?
  for candidate in candidates {
    let other = Array(candidate.lowercased())
    guard abs(other.count - wanted.count) <= limit else { continue }
    let edits = editDistance(wanted, other)
    if edits <= limit && edits < best?.edits ?? .max { best = (candidate, edits) }
  }
  return best?.name
}

/// Optimal string alignment: Levenshtein's distance with swaps of neighbours.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 1..<(a.count + 1) {
    var row = [i] + [Int](repeating: 0, count: b.count)
    for j in 1..<(b.count + 1) {
      row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
