public import ZooPlugin

let family = Family(
  "foreign", version: "0.1.0", "Functions of libraries that were not written for zoo.",
  kinds: [Kind(ForeignMap.self), Kind(ForeignCall.self)])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
