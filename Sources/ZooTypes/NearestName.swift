extension Sequence<String> {
  /// The name among these that is most likely meant by `wrong`, if one is near enough to suggest.
  ///
  /// Near is counted in edits: inserting, removing or replacing a letter, or swapping two neighbours; upper and lower case are
  /// alike. One edit in three letters is near enough. Else a name whose last part, after a dot, is `wrong`: `conv2d` means
  /// `cnn.conv2d`. Of equals, the first.
  public func nearest(to wrong: String) -> String? {
    guard !wrong.isEmpty, wrong.utf8.count <= longestCompared else { return nil }
    let wanted = Array(wrong.lowercased().unicodeScalars)
    // A single letter is near to every other: only its case may differ.
    let limit = wanted.count == 1 ? 0 : Swift.max(1, wanted.count / 3)
    var best: (name: String, edits: Int)?
    var byLastPart: String?
    for name in self where name.utf8.count <= longestCompared {
      let other = Array(name.lowercased().unicodeScalars)
      if abs(other.count - wanted.count) <= limit {
        let edits = editDistance(wanted, other)
        if edits <= limit, edits < best?.edits ?? .max { best = (name, edits) }
      }
      if byLastPart == nil, other.count > wanted.count, other.suffix(wanted.count + 1).elementsEqual(["."] + wanted) { byLastPart = name }
    }
    return best?.name ?? byLastPart
  }
}

// In bytes. Longer ones are no misspelt names, and comparing them takes time.
private let longestCompared = 100

/// Damerau and Levenshtein's distance, in its form where no part is edited twice.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var row = [i + 1]
    for (j, y) in b.enumerated() {
      var edits = Swift.min(last[j + 1] + 1, row[j] + 1, last[j] + (x == y ? 0 : 1))
      if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { edits = Swift.min(edits, beforeLast[j - 1] + 1) }
      row.append(edits)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
