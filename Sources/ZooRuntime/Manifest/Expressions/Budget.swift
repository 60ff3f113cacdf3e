/// What the expansion of one manifest may use, so that a few lines cannot ask for all of a machine's memory.
final class Budget {
  static let nodeLimit = 100_000
  static let valueLimit = 10_000_000
  static let depthLimit = 64
  static let pathLimit = 500
  static let settingLimit = 1_000
  static let portLimit = 1_000
  static let patternLimit = 100

  private var nodes = 0
  private var values = 0

  /// Accounts for a node, or for a block, which costs time even when it is empty.
  func addNode() -> ManifestError.Problem? {
    nodes += 1
    return nodes > Self.nodeLimit ? .tooLarge(.nodes(limit: Self.nodeLimit)) : nil
  }

  /// Accounts for values that a node keeps.
  func addValues(_ count: Int) -> ManifestError.Problem? {
    values += count
    return values > Self.valueLimit ? .tooLarge(.values(limit: Self.valueLimit)) : nil
  }
}
