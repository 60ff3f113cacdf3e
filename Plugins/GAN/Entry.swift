public import ZooPlugin

let family = Family(
  "gan", version: "0.1.0", "Objectives of generators and discriminators.",
  kinds: [Kind(DiscriminatorLoss.self), Kind(GeneratorLoss.self)])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
