public import ZooPlugin

let family = Family(
  "cnn", version: "0.1.0", "Convolution and pooling of sequences, images and volumes.",
  kinds: [
    Kind(Conv1D.self), Kind(Conv2D.self), Kind(Conv3D.self), Kind(ConvTranspose<Line>.self), Kind(ConvTranspose<Plane>.self),
    Kind(Local<Line>.self), Kind(Local<Plane>.self),
    Kind(ExtremePool<Line, Largest>.self), Kind(ExtremePool<Plane, Largest>.self), Kind(ExtremePool<Line, Smallest>.self),
    Kind(ExtremePool<Plane, Smallest>.self), Kind(AveragePool<Line>.self), Kind(AveragePool<Plane>.self),
    Kind(SoftmaxPool<Line>.self), Kind(SoftmaxPool<Plane>.self),
    Kind(AdaptiveMaxPool<Line>.self), Kind(AdaptiveMaxPool<Plane>.self), Kind(AdaptiveAveragePool<Line>.self),
    Kind(AdaptiveAveragePool<Plane>.self),
    Kind(GlobalMaxPool<Line>.self), Kind(GlobalMaxPool<Plane>.self), Kind(GlobalAveragePool<Line>.self),
    Kind(GlobalAveragePool<Plane>.self),
    Kind(Upsample<Line>.self), Kind(Upsample<Plane>.self), Kind(PixelShuffle.self), Kind(PixelUnshuffle.self),
  ])

/// The family's one exported symbol.
@c(zoo_family_v1)
public func entry(_ host: UnsafePointer<zoo_host>?) -> UnsafePointer<zoo_family>? { family.table }
