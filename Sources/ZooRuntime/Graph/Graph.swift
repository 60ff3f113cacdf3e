public import ZooFormats
public import ZooTypes

/// Where a value comes from.
public enum Source: Hashable, Sendable {
  /// Input `index` of the graph.
  case input(Int)
  /// Output `output` of node `node`.
  case node(Int, output: Int)
}

/// One layer of a model: a kind with attributes, wired; or a loop or condition with graphs of its own.
public struct Node: Sendable {
  /// The layer's place in the model, such as `encoder.3.attention`: in messages, and the key of its random numbers.
  public var path: String
  /// Where its parameters are: its own path, or that of the layer that it shares with.
  public var parameterPath: String
  /// The kind; of a loop or condition, what stands for one.
  public var kind: KindInfo
  /// What the host does here by itself; nil: the kind's family computes.
  public var control: Control?
  /// One for each attribute that the kind declares, in that order.
  public var attributes: [AttributeLiteral]
  /// One for each input that the kind declares (more for a variadic one), in that order; nil: an optional one left out.
  public var inputs: [Source?]
  /// Parameters that start otherwise than the kind says, by name.
  public var initializers: [String: InitializerChoice]
  /// Whether the manifest forbids that its parameters be trained.
  public var isFrozen: Bool
  /// Where the manifest says so.
  public var place: Place
  /// The block whose layers backward computes again from what goes into it, instead of keeping what they compute; nil: it is kept.
  public var segment: String?
}

/// How a manifest wants a parameter to start.
public enum InitializerChoice: Hashable, Sendable {
  /// One of the protocol's methods with its two numbers.
  case method(String, Double, Double)
  /// These very numbers, row-major, with their shape.
  case values([Float], shape: [Int])
}

/// The length of one axis of a graph input.
public enum Dimension: Hashable, Sendable, CustomStringConvertible {
  /// So many.
  case fixed(Int)
  /// Any number; the same for every axis of that name.
  case named(String)

  /// `28` or `N`.
  public var description: String {
    switch self {
    case .fixed(let n): "\(n)"
    case .named(let name): name
    }
  }
}

/// A codec as a manifest names it: with its attributes, in declared order.
public struct CodecChoice: Sendable {
  /// The codec.
  public var codec: CodecInfo
  /// One for each attribute that it declares.
  public var attributes: [AttributeLiteral]
  /// The files whose text some attributes are, by the attribute's number, until `Model.readFiles` has read them.
  public var files: [Int: ManifestPath]

  /// A codec with these attributes.
  public init(codec: CodecInfo, attributes: [AttributeLiteral], files: [Int: ManifestPath] = [:]) {
    self.codec = codec
    self.attributes = attributes
    self.files = files
  }
}

/// An input of a graph.
public struct GraphInput: Sendable {
  /// The name that `--input` uses.
  public var name: String
  /// What may be given.
  public var shape: [Dimension]
  /// The type of its elements.
  public var dtype: DType
  /// How files become it; nil: only by tensor files.
  public var codec: CodecChoice?
  /// A file to use if none is given, relative to the manifest.
  public var sample: String?
  /// One sentence.
  public var about: String
  /// Where the manifest says so.
  public var place: Place
}

extension GraphInput {
  /// An input that no manifest has.
  public init(_ name: String, shape: [Dimension], dtype: DType = .f32) {
    self.init(name: name, shape: shape, dtype: dtype, codec: nil, sample: nil, about: "", place: Place(file: ""))
  }
}

/// An output of a graph.
public struct GraphOutput: Sendable {
  /// The name that `--output` uses.
  public var name: String
  /// What it is.
  public var source: Source
  /// How it becomes a file or text; nil: only tensor files.
  public var codec: CodecChoice?
  /// One sentence.
  public var about: String
}

/// A model's layers, wired: a directed acyclic graph in topological order.
public struct Graph: Sendable {
  /// What is given.
  public var inputs: [GraphInput]
  /// Every node comes after those it takes from.
  public var nodes: [Node]
  /// What comes out.
  public var outputs: [GraphOutput]
  /// Named values that other parts of a manifest (training) may refer to: node names, inputs.
  public var names: [String: Source]
}

extension Graph {
  /// Where the parameters of its layers are, and of those in the graphs inside it.
  package var parameterPaths: [String] {
    nodes.flatMap { node in
      switch node.control {
      case nil: [node.parameterPath]
      case .loop(let loop): loop.body.parameterPaths
      case .conditional(let conditional): conditional.then.parameterPaths + conditional.otherwise.parameterPaths
      }
    }
  }
}
