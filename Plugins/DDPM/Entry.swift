public import ZooPlugin

let family = Family(
  "ddpm", version: "0.1.0", "Noise schedules, noising and the steps that undo it.",
  kinds: [Kind(Schedule.self), Kind(AddNoise.self), Kind(Step.self), Kind(TimeEmbedding.self)])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
