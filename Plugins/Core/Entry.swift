public import ZooPlugin

let family = Family(
  "core", version: "0.1.0", "Dense layers, activations, losses, tensors, normalisation, optimisers; images, labels and arrays in files.",
  kinds: [Kind(Dense.self), Kind(Sample.self)] + activations + losses + normalisations + regularisations + augmentations + optimisers
    + schedules + tensorKinds + randomKinds + audioKinds, codecs: codecs)

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
