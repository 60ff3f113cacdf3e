import ZooPlugin

/// WAV files as samples from -1 to 1, and back.
///
/// A port [T] or [N, T] takes one channel, and [N, T, C] as many as it says: of several channels one becomes their mean. Nothing is
/// resampled.
struct AudioCodec: Codec {
  /// How many bits a number has in a file that is written.
  var bits = 16
  var rate: Int?

  static var declaration: CodecDeclaration<Self> {
    CodecDeclaration(
      "audio", "WAV files of 8 or 16 bits, as samples from -1 to 1.", extensions: ["wav"],
      attributes: [
        Attribute(
          "rate", \.rate, in: 1...1_000_000,
          "Samples a second: files that are read must have as many, and files that are written get them. It is needed to write."),
        Attribute("bits", \.bits, in: 8...16, "Bits of a number in files that are written: 8 or 16."),
      ])
  }

  func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec {
    let file = try AudioFile(bytes)
    if let rate, rate != file.rate { throw .data("it has \(file.rate) samples a second, but 'rate' is \(rate)") }
    guard let wanted else { return Spec([file.length, file.channels]) }
    guard wanted.dtype == .f32 else { throw .data("sound becomes f32, but the port takes \(wanted.dtype)") }
    switch wanted.rank {
    case 1, 2: return Spec([file.length])
    case 3:
      let channels = wanted.width < 0 ? file.channels : wanted.width
      guard channels == file.channels || channels == 1 else {
        throw .data("it has \(file.channels) channels, but the port takes \(channels)")
      }
      return Spec([file.length, channels])
    default: throw .data("sound becomes [T], [N, T] or [N, T, C], but the port has \(wanted.rank) axes")
    }
  }

  func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError) {
    let file = try AudioFile(bytes)
    let (values, channels) = (tensor.floats, file.channels)
    if tensor.count == file.length * channels { return file.forEach(bytes) { values[$0] = $1 } }
    values.update(repeating: 0, count: tensor.count)
    file.forEach(bytes) { values[$0 / channels] += $1 / Float(channels) }
  }

  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    guard bits == 8 || bits == 16 else { throw .attribute("'bits' must be 8 or 16, but it is \(bits)") }
    guard tensor.dtype == .f32, 1...3 ~= tensor.rank else {
      throw .data("sound is made of f32 [T], [N, T] or [N, T, C], not of \(tensor.spec)")
    }
    let channels = tensor.rank == 3 ? tensor[2] : 1
    guard tensor.count > 0, channels <= UInt16.max else { throw .data("there is no sound in shape \(tensor.spec.shape)") }
    let sketch = AudioSketch(tensor.floats, samples: tensor.count / channels, channels: channels, rate: rate)
    switch format {
    case .text: return Array(sketch.text.utf8)
    case .json: return Array(sketch.json.utf8)
    case .file:
      guard let rate else { throw .attribute("'rate' is needed to write a sound: how many samples a second it has") }
      // Several sounds follow one another.
      let values = UnsafeBufferPointer(start: tensor.floats, count: tensor.count)
      return try AudioFile.encode(values, rate: rate, channels: channels, bits: bits)
    }
  }
}
