public import ZooPlugin

let family = Family(
  "flow", version: "0.1.0", "Invertible layers with the logarithm of their determinant.",
  kinds: [Kind(AffineCoupling.self), Kind(Half.self), Kind(StandardNormal.self)])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
