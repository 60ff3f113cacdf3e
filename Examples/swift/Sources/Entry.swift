public import ZooPlugin

let family = Family(
  "angles", version: "0.1.0", "Directions of vectors, whatever their length.", kinds: [Kind(Unit.self), Kind(Cosine.self)])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
