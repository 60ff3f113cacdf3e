/// Which layers backward computes again, instead of reading what forward would have to keep (gradient checkpointing).
///
/// A segment is a run of layers of one block. What they write and save is not kept for their own backward: right before it, those of them
/// run again whose results it reads, from what goes into the segment, with the same random numbers.
/// See Chen, Xu, Zhang & Guestrin 2016, Training deep nets with sublinear memory cost, arXiv:1604.06174.
struct Recomputation {
  /// One thing that backward does with a layer.
  enum Action {
    /// Runs its forward a second time.
    case again(Int)
    /// Runs its backward.
    case backward(Int)
  }

  /// All of them, in order.
  private(set) var actions: [Action] = []
  /// For each planned layer, whether it runs a second time.
  private(set) var isRepeated: [Bool]
  /// For each planned layer, when it runs a second time, and when its backward runs; steps count on from those of forward.
  private(set) var repeatSteps: [Int]
  private(set) var backwardSteps: [Int]
  /// The step after all others.
  private(set) var end: Int
  /// What backward reads of what is computed again.
  private(set) var read: Set<Source> = []

  /// For each planned layer, the number of its segment; nil: it is in none.
  private var segments: [Int?]
  private var layers: [Int: Int]  // from a node

  init(_ planned: PlannedGraph, _ differentiation: Differentiation?) {
    let count = planned.layers.count
    isRepeated = Array(repeating: false, count: count)
    repeatSteps = Array(repeating: -1, count: count)
    backwardSteps = Array(repeating: -1, count: count)
    segments = Array(repeating: nil, count: count)
    layers = Dictionary(uniqueKeysWithValues: planned.layers.enumerated().map { ($1.node, $0) })
    end = 2 * count + 2
    guard let differentiation else { return }
    let runs = Self.runs(of: planned)
    for (number, run) in runs.enumerated() {
      for i in run { segments[i] = number }
      findRepeated(in: run, planned, differentiation)
    }
    var repeats = 0
    for i in planned.layers.indices.reversed() {
      let step = 2 * count - i  // what is minimised gets its derivative at `count`
      if let number = segments[i], runs[number].last == i {
        for k in runs[number] where isRepeated[k] {
          actions.append(.again(k))
          repeatSteps[k] = step + repeats
          repeats += 1
        }
      }
      backwardSteps[i] = step + repeats
      if differentiation.isActive[i] { actions.append(.backward(i)) }
    }
    end += repeats
  }

  /// The maximal runs of layers of one block.
  private static func runs(of planned: PlannedGraph) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for (i, layer) in planned.layers.enumerated() {
      guard let segment = layer.segment else { continue }
      if let last = runs.last, last.upperBound == i, planned.layers[i - 1].segment == segment {
        runs[runs.count - 1] = last.lowerBound..<i + 1
      } else {
        runs.append(i..<i + 1)
      }
    }
    return runs
  }

  /// Goes from the end of a run to its beginning: what a backward reads is computed again, and what that is computed from.
  private mutating func findRepeated(in run: Range<Int>, _ planned: PlannedGraph, _ differentiation: Differentiation) {
    var wanted: Set<Source> = []  // by what is computed again
    var read: Set<Source> = []  // by backward
    defer { self.read.formUnion(read) }
    for i in run.reversed() {
      let layer = planned.layers[i]
      let outputs = layer.instance.outputs.indices.map { Source.node(layer.node, output: $0) }
      if differentiation.isActive[i] {
        read.formUnion(layer.inputs.enumerated().compactMap { k, source in layer.instance.backwardNeedsInput(k) ? source : nil })
        read.formUnion(outputs.enumerated().compactMap { o, source in layer.instance.backwardNeedsOutput(o) ? source : nil })
        isRepeated[i] = !layer.instance.saved.isEmpty
      }
      if outputs.contains(where: { read.contains($0) || wanted.contains($0) }) { isRepeated[i] = true }
      if isRepeated[i] { wanted.formUnion(layer.inputs.compactMap { $0 }) }
    }
  }

  /// Whether layer `i` reads `source` as it was computed again when it runs again, or backwards.
  func isRepeated(_ source: Source, for i: Int) -> Bool {
    guard let segment = segments[i], case .node(let node, _) = source, let producer = layers[node] else { return false }
    return segments[producer] == segment && isRepeated[producer]
  }
}
