/// One of the graphs of a model, all of which share its parameters.
public struct EntryPoint: Sendable {
  /// The name that `--graph` uses.
  public var name: String
  /// One sentence.
  public var about: String
  /// What it computes.
  public var graph: Graph
  /// What is carried from one run to the next.
  ///
  /// Before the first run such an input holds zeros, unless it is given.
  public var carried: [CarriedValue]
  /// How many runs belong together: each takes what the one before it carried.
  public var runs: Int

  /// A graph.
  public init(name: String, about: String = "", graph: Graph, carried: [CarriedValue] = [], runs: Int = 1) {
    self.name = name
    self.about = about
    self.graph = graph
    self.carried = carried
    self.runs = runs
  }
}

/// An output that becomes an input of the next run: recurrent state, a cache, the last token.
public struct CarriedValue: Hashable, Sendable {
  /// The index of the graph's input.
  public var input: Int
  /// The index of the graph's output.
  public var output: Int

  /// A pair.
  public init(input: Int, output: Int) {
    self.input = input
    self.output = output
  }
}
