public import ZooPlugin

let family = Family(
  "vae", version: "0.1.0", "Latent variables that are drawn, and their divergence.",
  kinds: [Kind(Reparameterize.self), Kind(GaussianKL.self)])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
