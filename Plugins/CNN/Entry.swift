public import ZooPlugin

let family = Family(
  "cnn", version: "0.1.0", "Convolution and pooling of images.",
  kinds: [
    Kind(Conv1D.self), Kind(Conv2D.self), Kind(ConvTranspose2D.self), Kind(Upsample2D.self), Kind(MaxPool2D.self), Kind(AveragePool2D.self),
    Kind(GlobalMaxPool2D.self), Kind(GlobalAveragePool2D.self),
  ])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
