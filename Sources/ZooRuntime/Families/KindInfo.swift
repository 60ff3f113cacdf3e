public import CZoo
public import ZooTypes

/// What an attribute of a kind or codec is, as its family declares it.
public struct AttributeInfo: Sendable {
  /// The name that a manifest uses.
  public let name: String
  /// One sentence.
  public let about: String
  /// What a manifest writes for it.
  public let type: AttributeType
  /// The only values allowed, as text; empty: no restriction.
  ///
  /// A list attribute with choices takes one of them instead of a list.
  public let choices: [String]
  /// The default; `.absent`: it has none.
  public let fallback: AttributeLiteral
  /// Whether a manifest must give it.
  public let isRequired: Bool
  /// The bounds of every number in it.
  public let range: ClosedRange<Double>?

  /// An attribute that no family declares, for tests.
  public init(
    _ name: String, _ type: AttributeType, default fallback: AttributeLiteral = .absent, required: Bool = false, choices: [String] = [],
    in range: ClosedRange<Double>? = nil, about: String = ""
  ) {
    self.name = name
    self.about = about
    self.type = type
    self.choices = choices
    self.fallback = fallback
    self.isRequired = required
    self.range = range
  }
}

/// An input or output of a kind.
public struct PortInfo: Sendable {
  /// The name that a manifest uses.
  public let name: String
  /// The shape, for people.
  public let shape: String
  /// One sentence.
  public let about: String
  /// (input) May be left unconnected.
  public let isOptional: Bool
  /// Stands for any number of tensors.
  ///
  /// Only the last port.
  public let isVariadic: Bool
  /// Whether gradients flow through it.
  public let isDifferentiable: Bool

  /// A port that no family declares, for tests.
  public init(
    _ name: String, shape: String = "", about: String = "", optional: Bool = false, variadic: Bool = false, differentiable: Bool = true
  ) {
    self.name = name
    self.shape = shape
    self.about = about
    self.isOptional = optional
    self.isVariadic = variadic
    self.isDifferentiable = differentiable
  }
}

/// What a kind of layer says about itself.
public struct KindInfo: @unchecked Sendable {
  /// `family.kind`.
  public let name: String
  /// One sentence.
  public let summary: String
  /// Plain text.
  public let formula: String
  /// A paper.
  public let reference: String
  /// In declared order.
  public let attributes: [AttributeInfo]
  /// In declared order.
  public let inputs: [PortInfo]
  /// In declared order.
  public let outputs: [PortInfo]
  /// Whether it has a backward.
  public let isDifferentiable: Bool
  /// Whether it is an optimiser's update.
  public let isUpdate: Bool
  /// (of an update) Whether every element is treated alike and by itself.
  public let isElementwise: Bool
  /// Whether it is worth converting its inputs to bf16.
  public let isFasterInBF16: Bool
  /// Whether it takes bf16 where its inputs are that already.
  public let followsBF16: Bool
  /// The protocol's table; nil in tests that only read manifests.
  public let table: UnsafePointer<zoo_kind>?
  /// The file of its family; empty: no family has it.
  public let file: String

  /// A kind that no family has, for tests that only read manifests.
  public init(name: String, attributes: [AttributeInfo] = [], inputs: [PortInfo], outputs: [PortInfo], isUpdate: Bool = false) {
    self.name = name
    (summary, formula, reference) = ("", "", "")
    self.attributes = attributes
    self.inputs = inputs
    self.outputs = outputs
    self.isUpdate = isUpdate
    (isDifferentiable, isElementwise, isFasterInBF16, followsBF16, table, file) = (true, false, false, false, nil, "")
  }
}

/// What a codec says about itself.
public struct CodecInfo: @unchecked Sendable {
  /// Such as `image`.
  public let name: String
  /// One sentence.
  public let summary: String
  /// The extensions of files that it reads and writes, without dots.
  public let extensions: [String]
  /// In declared order.
  public let attributes: [AttributeInfo]
  /// Whether it turns files into tensors.
  public let reads: Bool
  /// Whether it turns tensors into files or text.
  public let writes: Bool
  /// Whether its files are running text: may be written by hand, and in parts along the last axis.
  public let isRunningText: Bool
  /// The protocol's table; nil in tests that only read manifests.
  public let table: UnsafePointer<zoo_codec>?
  /// The file of its family; empty: no family has it.
  public let file: String

  /// A codec that no family has, for tests that only read manifests.
  public init(name: String, extensions: [String] = [], attributes: [AttributeInfo] = [], reads: Bool = true, writes: Bool = true) {
    self.name = name
    summary = ""
    self.extensions = extensions
    self.attributes = attributes
    (self.reads, self.writes, isRunningText, table, file) = (reads, writes, false, nil, "")
  }
}

/// Where kinds and codecs are looked up by name.
public protocol KindCatalog {
  /// The kind of that name.
  func kind(_ name: String) -> KindInfo?
  /// The codec of that name.
  func codec(_ name: String) -> CodecInfo?
  /// Every kind's name, sorted.
  var kindNames: [String] { get }
  /// Every codec's name, sorted.
  var codecNames: [String] { get }
}
