import ZooFormats
import ZooPlugin

/// How the elements of an array file become those of a port: as they are, unless attributes say otherwise.
struct ArrayConversion {
  var cast = false
  var scale: Double?
  var offset: Double?

  /// What a port of `wanted` gets from an array of `found`.
  func describe(_ found: Spec, wanted: Spec?) throws(LayerError) -> Spec {
    let isScaled = scale != nil || offset != nil
    guard let wanted else { return isScaled ? Spec(found.shape) : found }
    guard found.dtype == wanted.dtype || cast || isScaled else {
      throw .data(
        "it holds \(found), but the port takes \(wanted.dtype): set 'cast' to convert it, or 'scale' to multiply it as well")
    }
    return Spec(found.shape, wanted.dtype)
  }

  /// Whether `tensor` gets the elements as they are.
  func isPlain(_ found: Spec, _ tensor: Tensor) -> Bool { found.dtype == tensor.dtype && scale == nil && offset == nil }

  /// Writes the converted elements.
  func convert(_ elements: UnsafeRawBufferPointer, _ found: Spec, into tensor: Tensor) throws(LayerError) {
    do throws(ElementConversionError) {
      try ElementConversion.convert(elements, found.dtype, to: tensor.memory, tensor.dtype, scale: scale ?? 1, offset: offset ?? 0)
    } catch {
      throw .data(error)
    }
  }

  /// Lets `read` fill memory of the array's own type, and converts that into `tensor`; in place if there is nothing to convert.
  func read(
    _ found: Spec, into tensor: Tensor, _ read: (UnsafeMutableRawBufferPointer) throws(LayerError) -> Void
  ) throws(LayerError) {
    if isPlain(found, tensor) { return try read(tensor.memory) }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: found.byteCount, alignment: 64)
    defer { memory.deallocate() }
    try read(memory)
    try convert(UnsafeRawBufferPointer(memory), found, into: tensor)
  }
}

/// A codec of arrays with element types of their own.
protocol ArrayCodec: Codec {
  var conversion: ArrayConversion { get set }
}

extension ArrayCodec {
  /// The attributes that say how elements are converted.
  static var conversionAttributes: [Attribute<Self>] {
    [
      Attribute(
        "cast", \.conversion.cast,
        "Convert elements of another type than the port's: to the nearest floating-point number; to integers only if they are exact."),
      Attribute("scale", \.conversion.scale, "Multiply every element by this, and convert: 0.00392156862745098 makes 0..1 of 0..255."),
      Attribute("offset", \.conversion.offset, "Add this to every element, after scaling, and convert."),
    ]
  }
}
