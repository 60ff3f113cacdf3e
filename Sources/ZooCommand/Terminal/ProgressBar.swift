/// A line that says how far something has come: words, a bar, and more words.
package enum ProgressBar {
  /// The line, no longer than `width`.
  ///
  /// The bar takes what the words leave. If that is too little, it shrinks, then the last of the details are left out that are not `needed`.
  ///
  /// - Parameters:
  ///   - label: what stands before the bar.
  ///   - share: how much is done, from 0 to 1.
  ///   - details: what stands behind the bar, as far as it fits.
  ///   - needed: what stands at the end.
  package static func line(_ label: String, share: Double, details: [String], needed: [String], width: Int) -> String {
    var details = details
    func words() -> String { (details + needed).map { "  " + $0 }.joined() }
    let frame = 3  // a space and two brackets
    func room() -> Int { width - label.count - frame - words().count }
    while room() < narrowest, !details.isEmpty { details.removeLast() }
    guard room() >= narrowest else { return String((label + words()).prefix(width)) }
    let length = min(room(), widest)
    let done = Int((min(max(share.isFinite ? share : 0, 0), 1) * Double(length)).rounded(.down))
    return "\(label) [\(String(repeating: "#", count: done))\(String(repeating: ".", count: length - done))]\(words())"
  }

  private static let narrowest = 8
  private static let widest = 28
}
