import ZooFormats

/// A value, while it is not known yet where in its graph each node is.
enum Value: Hashable {
  /// Input `index` of a region, captured ones not counted.
  case input(Int, region: Int)
  /// Output `output` of a draft.
  case node(Int, output: Int)
}

/// A graph that is being built: the whole, the body of a loop, or a branch of a condition.
///
/// Regions inside one another see what is around them: what they take from there is captured, and becomes an input of theirs.
struct Region {
  /// What it takes by itself: none for a branch, carried values and sequences for a loop, whose number of the iteration comes last.
  var inputNames: [String] = []
  /// (loop) Whether the last of the inputs is the number of the iteration, which comes after what is captured.
  var hasIndex = false
  /// What it puts out; empty for the whole, whose outputs other parts of the manifest name.
  var outputs: [(name: String, wire: Wire)] = []
  /// Whose captured values are also its own.
  ///
  /// The branches of a condition have the same ones; it is its own number otherwise.
  var captures: Int
}

/// A loop or condition whose graphs are not built yet.
enum ControlDraft {
  /// By the number of its region. The body of `Loop` is still empty.
  case loop(Int, Loop)
  case conditional(then: Int, otherwise: Int)

  /// Its regions.
  var regions: [Int] {
    switch self {
    case .loop(let region, _): [region]
    case .conditional(let then, let otherwise): [then, otherwise]
    }
  }
}
