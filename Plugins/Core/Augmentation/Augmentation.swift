import ZooPlugin

let augmentations: [Kind] = [
  Kind(GaussianNoise.self), Kind(LabelNoise.self), Kind(RandomFlip.self), Kind(RandomCrop.self), Kind(RandomShift.self),
  Kind(RandomRotate.self), Kind(RandomMask.self),
]

/// A batch of images, [N, H, W, C].
struct ImageBatch {
  var (count, height, width, channels) = (0, 0, 0, 0)

  /// The elements of one image.
  var size: Int { height * width * channels }

  init() {}

  init(_ x: Spec) throws(LayerError) {
    _ = try Spec.checked(x.shape, .f32, "x")
    guard x.rank == 4 else { throw .shape("x must be images [N, H, W, C], but its shape is \(x.shape)") }
    (count, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
  }

  /// What most of these layers take.
  static var port: Port { Port("x", "[N, H, W, C]", "Images.") }
}

extension Call {
  /// Calls `body` with the number of each image on the host's threads; each takes `size` elements' work.
  func images(_ count: Int, of size: Int, grain: Int = Grain.light, _ body: (_ image: Int) -> Void) throws(LayerError) {
    if size == 0 { return }
    try rows(count, of: size, grain: grain) { part in for image in part { body(image) } }
  }

  /// Copies the first input to the first output, if that is not the same memory.
  func copyThrough() throws(LayerError) {
    let (x, y) = (inputs[0].floats, outputs[0].floats)
    if x == y { return }
    try elements(outputs[0].count) { (y + $0.lowerBound).update(from: x + $0.lowerBound, count: $0.count) }
  }
}

/// Random bits for each element of a tensor: four words of 32, which also are two of 64.
enum ElementBits {
  /// The scratch that they take, in bytes.
  static func scratch(for x: Spec, _ name: String) throws(LayerError) -> Int {
    try Spec.checked([x.count, 4], .u32, name).count * MemoryLayout<UInt32>.stride
  }
}

/// Whether something of a probability happens, by 32 random bits.
func happens(_ bits: UInt32, _ probability: Double) -> Bool { Double(bits) < probability * 0x1p32 }

/// One of the `count` numbers from 0, each as likely, by 64 random bits.
func pick(_ bits: UInt64, of count: Int) -> Int { Int(bits.multipliedFullWidth(by: UInt64(count)).high) }
