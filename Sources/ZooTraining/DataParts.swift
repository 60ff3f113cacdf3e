import ZooRuntime

/// The rows to train on, to validate on and to test on: no row, and nothing of a row, is in two of them.
public struct DataParts: Sendable {
  /// What is trained on.
  public var training: [Int64] = []
  /// What is evaluated after each epoch.
  public var validation: [Int64] = []
  /// What is kept for the end.
  public var test: [Int64] = []
  private var areRanges = false

  /// One of the parts.
  public enum Name: String, CaseIterable, Sendable {
    /// The rows to train on.
    case train
    /// The rows that are evaluated after each epoch.
    case validation
    /// The rows that are kept for the end.
    case test
  }

  /// The rows of a part.
  public subscript(name: Name) -> [Int64] {
    switch name {
    case .train: training
    case .validation: validation
    case .test: test
    }
  }

  private subscript(part: Int) -> [Int64] {
    get { self[Name.allCases[part]] }
    set {
      switch Name.allCases[part] {
      case .train: training = newValue
      case .validation: validation = newValue
      case .test: test = newValue
      }
    }
  }

  /// Nothing, where nothing is given by rows.
  init() {}

  /// The parts of a data set as `data` wants them.
  ///
  /// Ranges are taken as they are. Shares are drawn: a row belongs to the part that a hash of its content, or of its group, and the seed
  /// say. So equal rows are in one part, and rows that are added later move none that was there. `stratified` deals each label's rows out
  /// in exact shares instead. Where rows overlap or follow one another (`inOrder`), shares are taken in order, and rows that reach into
  /// the next part are left out.
  init(
    _ data: TrainingData, of dataset: Dataset, groups: [UInt64]? = nil, inOrder: Bool, seed: UInt64
  ) throws {
    guard let count = dataset.count else { return }
    let wanted = [data.training, data.validation, data.test]
    var taken = [Int8](repeating: -1, count: count)
    for (part, selection) in wanted.enumerated() {
      guard case .range(let from, let to)? = selection else { continue }
      guard 0 <= from, from < to, to <= count else {
        throw DatasetError.rows(part: Name.allCases[part].title, from: from, to: to, count: count)
      }
      for r in from..<to {
        guard taken[r] < 0 else {
          throw DatasetError.overlap(first: Name.allCases[Int(taken[r])].title, second: Name.allCases[part].title, row: r)
        }
        taken[r] = Int8(part)
      }
    }
    let free = (0..<count).filter { taken[$0] < 0 }
    let shares = try Self.shares(wanted)
    if let all = shares.firstIndex(where: { $0 >= 1 }) {
      for r in free { taken[r] = Int8(all) }
    } else if shares.contains(where: { $0 > 0 }) {
      if inOrder || dataset.overlaps != nil {
        Self.deal(free, shares) { r, part in taken[r] = Int8(part) }
        Self.separate(&taken, free, overlap: dataset.overlaps?.rows ?? 0)
      } else if let stratified = data.stratified {
        guard let labels = try dataset.labels(of: stratified) else { throw DatasetError.notLabels(input: stratified) }
        let identities = dataset.identities()
        for (_, same) in Dictionary(grouping: free, by: { labels[$0] }) {
          // What is the same is dealt out together.
          let alike = Dictionary(grouping: same) { mixed(identities[$0] ^ mixed(seed)) }
          let drawn = alike.keys.sorted()
          Self.deal(drawn.indices, shares) { k, part in for r in alike[drawn[k]] ?? [] { taken[r] = Int8(part) } }
        }
      } else {
        let identities = groups ?? dataset.identities()
        for r in free {
          var place = Double(mixed(identities[r] ^ mixed(seed)) >> 11) / 0x1p53
          for (part, share) in shares.enumerated() where place >= 0 {
            if place < share { taken[r] = Int8(part) }
            place -= share
          }
        }
      }
    }
    for (r, part) in taken.enumerated() where part >= 0 { self[Int(part)].append(Int64(r)) }
    for (part, selection) in wanted.enumerated() where selection != nil && self[part].isEmpty {
      throw DatasetError.emptyPart(Name.allCases[part].title, count: count)
    }
    areRanges = wanted.contains { if case .range? = $0 { true } else { false } }
  }

  /// How many rows of the other parts are equal to one that is trained on: only ranges can put them there.
  ///
  /// It looks through all rows.
  func equalCount(in dataset: Dataset) -> Int {
    let others = validation + test
    guard areRanges, !others.isEmpty, dataset.byteCount <= Self.comparedLimit else { return 0 }
    let identities = dataset.identities()
    let trained = Set(training.map { identities[Int($0)] })
    return others.count { trained.contains(identities[Int($0)]) }
  }

  /// More than this takes longer to look through than a word about it is worth: 256 MiB.
  private static let comparedLimit = 256 << 20

  /// What each part is to have of the rows that no range takes: `rest` is all that the other shares leave.
  private static func shares(_ wanted: [RowSelection?]) throws(DatasetError) -> [Double] {
    var shares = wanted.map { selection in if case .share(let share)? = selection { share } else { 0.0 } }
    let sum = shares.reduce(0, +)
    guard sum <= 1 + 1e-9 else { throw .shares(sum: sum) }
    // The parts that say nothing else share what is left; there is one at most.
    if let rest = wanted.firstIndex(of: .rest) { shares[rest] = max(1 - sum, 0) }
    // So that 0.8 + 0.1 + 0.1 leaves no row out.
    if let last = shares.lastIndex(where: { $0 > 0 }), (shares.reduce(0, +) - 1).magnitude < 1e-9 { shares[last] += 1e-9 }
    return shares
  }

  /// Gives rows to the parts, one part after the other: each has its share to the nearest row.
  private static func deal(_ rows: some RandomAccessCollection<Int>, _ shares: [Double], _ give: (_ row: Int, _ part: Int) -> Void) {
    var (sum, rest) = (0.0, rows[...])
    var given = 0
    for (part, share) in shares.enumerated() where share > 0 {
      sum += share
      let until = min(Int((sum * Double(rows.count)).rounded()), rows.count)
      for row in rest.prefix(until - given) { give(row, part) }
      rest = rest.dropFirst(until - given)
      given = until
    }
  }

  /// Leaves out the last rows before each border: they hold something of those behind it.
  private static func separate(_ taken: inout [Int8], _ rows: [Int], overlap: Int) {
    guard overlap > 0 else { return }
    for k in rows.indices.dropFirst() where taken[rows[k]] != taken[rows[k - 1]] && taken[rows[k]] >= 0 {
      for r in rows[max(k - overlap, 0)..<k] where taken[r] != taken[rows[k]] { taken[r] = -1 }
    }
  }
}

extension DataParts.Name {
  /// What messages call it.
  var title: String { self == .train ? "training" : rawValue }
}
