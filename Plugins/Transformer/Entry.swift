public import ZooPlugin

let family = Family(
  "transformer", version: "0.1.0", "Attention, and the blocks around it.",
  kinds: [Kind(Attention.self), Kind(Block.self), Kind(SinusoidalPositions.self)])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
