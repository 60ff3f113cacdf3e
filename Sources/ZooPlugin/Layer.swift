/// One type of layer.
///
/// A family lists its kinds in `Entry.swift`; everything else is here.
///
/// The host makes a fresh value with `init()`, sets its attributes, plans it once for one set of shapes, and then calls
/// `forward` many times. `plan` may keep in `self` what `forward` wants. `forward` and `backward` allocate nothing.
public protocol Layer {
  /// Name, summary, formula, attributes and ports.
  static var declaration: Declaration<Self> { get }

  /// A layer whose attributes have their defaults.
  init()

  /// Checks the shapes and says what comes out, what is owned and what is kept for backward.
  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan

  /// Writes the parameters in the layout that `forward` likes best. Needed only if the plan has `packedBytes`.
  func pack(_ call: PackCall) throws(LayerError)

  /// Reads inputs and parameters, writes every element of every output and, in training, of what is saved.
  func forward(_ call: Call) throws(LayerError)
}

extension Layer {
  /// Nothing to pack.
  public func pack(_ call: PackCall) throws(LayerError) {}
}

/// A layer with a backward.
public protocol DifferentiableLayer: Layer {
  /// Writes every gradient that is wanted.
  func backward(_ call: Call) throws(LayerError)
}
