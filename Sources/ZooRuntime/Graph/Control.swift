import ZooTypes

/// What a host does with graphs inside a graph: the only computation that belongs to no family.
public enum Control: Sendable {
  /// Runs a graph again and again.
  case loop(Loop)
  /// Runs one of two graphs.
  case conditional(Conditional)
}

/// A graph that is run again and again, on values that are carried from one iteration to the next.
///
/// The node's inputs are the carried values' first, the sequences, and the captured values; its outputs are the carried values' last, the
/// stacked outputs, and the number of iterations (an `i64`).
public struct Loop: Sendable {
  /// One iteration.
  ///
  /// Its inputs are the carried values, an element of each sequence, the captured values, which are the same in every iteration, and, with
  /// `hasIndex`, the iteration's number (an `i64`). Its outputs are the next carried values, what is stacked, and, with `stops`, the condition.
  public var body: Graph
  /// How many values are carried.
  public var carried: Int
  /// The axis along which each sequence is consumed; nil: 1, or 0 where there is no other.
  public var sequences: [Int?]
  /// The axis along which each stacked output is put together; nil: 1, or 0 where there is no other.
  public var stacked: [Int?]
  /// Whether the body wants its iteration's number.
  public var hasIndex: Bool
  /// Whether the body's last output ends the loop, once it is not 0.
  public var stops: Bool
  /// How many iterations there are; nil: as many as the sequences have elements.
  public var times: Int?
  /// Whether the number counts down to 0, and sequences are consumed and stacked from their end.
  public var isReversed: Bool
  /// After how many iterations the gradient of what is carried is cut; nil: never.
  public var cut: Int?

  /// A loop.
  public init(
    body: Graph, carried: Int, sequences: [Int?] = [], stacked: [Int?] = [], hasIndex: Bool = false, stops: Bool = false, times: Int? = nil,
    isReversed: Bool = false, cut: Int? = nil
  ) {
    self.body = body
    self.carried = carried
    self.sequences = sequences
    self.stacked = stacked
    self.hasIndex = hasIndex
    self.stops = stops
    self.times = times
    self.isReversed = isReversed
    self.cut = cut
  }
}

/// One of two graphs, as a value says that is known only when they run.
///
/// The node's inputs are that value, which is one number, and the captured values; its outputs are those of the graph that ran. Both graphs
/// take the captured values, and put out the same types and shapes.
public struct Conditional: Sendable {
  /// What runs when the value is not 0.
  public var then: Graph
  /// What runs when it is 0.
  public var otherwise: Graph

  /// A condition.
  public init(then: Graph, otherwise: Graph) {
    self.then = then
    self.otherwise = otherwise
  }
}
