/// An input or an output of a kind.
public struct Port: Sendable {
  /// What holds of a port beyond its name.
  public struct Traits: OptionSet, Sendable {
    /// The protocol's bits.
    public let rawValue: UInt32
    /// Traits from the protocol's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// (input) May be left unconnected.
    ///
    /// Only after all that may not.
    public static let optional = Traits(rawValue: 1)
    /// (the last one) Stands for any number of tensors.
    public static let variadic = Traits(rawValue: 2)
    /// No gradient flows through it: indices, labels, masks.
    public static let notDifferentiable = Traits(rawValue: 4)
  }

  let name: String
  let shape: String
  let about: String
  let traits: Traits

  /// Declares a port.
  ///
  /// `shape` is for people, such as `[N, H, W, C]`.
  public init(_ name: String, _ shape: String, _ about: String = "", _ traits: Traits = []) {
    self.name = name
    self.shape = shape
    self.about = about
    self.traits = traits
  }
}

/// What a kind says about itself: `zoo info` shows it, and the host checks manifests against it.
public struct Declaration<Owner> {
  /// The part that a kind plays in training.
  public enum Role: UInt32, Sendable {
    case layer = 0
    /// An optimiser's update (`ZOO_KIND_UPDATE` in the protocol).
    case update = 1
    /// An update that treats every element alike and by itself, so that many parameters can be updated in one call.
    case elementwiseUpdate = 3
  }

  /// What a kind does with bf16 in place of f32.
  ///
  /// Its plan sees f32 all the same, and `PlanRequest.isBF16`. What its functions do not read or write as bf16 by themselves
  /// (`Plan.nativeBF16`) is converted around them.
  public enum BF16: UInt32, Sendable {
    /// It does not take bf16.
    case refused = 0
    /// It is faster in bf16, so that it is worth converting its inputs (`ZOO_KIND_BF16` in the protocol).
    case faster = 4
    /// It takes bf16 where its inputs are that already (`ZOO_KIND_FOLLOWS_BF16`).
    case followed = 8
  }

  let name: String
  let summary: String
  let formula: String
  let reference: String
  let attributes: [Attribute<Owner>]
  let inputs: [Port]
  let outputs: [Port]
  let role: Role
  let bf16: BF16
  let checks: [CheckCase]

  /// Declares a kind.
  ///
  /// `name` is `family.kind`; `formula` is plain text; `reference` a paper with its DOI or arXiv id; `checks` is what `zoo check` is to
  /// try beside what it finds out by itself.
  public init(
    _ name: String, _ summary: String, formula: String = "", reference: String = "", attributes: [Attribute<Owner>] = [],
    inputs: [Port] = [Port("x", "[...]")], outputs: [Port] = [Port("y", "[...]")], role: Role = .layer,
    bf16: BF16 = .refused, checks: [CheckCase] = []
  ) {
    self.name = name
    self.summary = summary
    self.formula = formula
    self.reference = reference
    self.attributes = attributes
    self.inputs = inputs
    self.outputs = outputs
    self.role = role
    self.bf16 = bf16
    self.checks = checks
  }
}
