import ZooPlugin

/// Pixels of 0...255 to a model's numbers and back: (v / 255, inverted if so wished, - mean) / deviation.
struct ImageNormalization {
  // One of each for every channel.
  private let means: [Double]
  private let deviations: [Double]
  private let isInverted: [Bool]

  private var channels: Int { means.count }

  /// Checks the attributes.
  ///
  /// One mean stands for all colours; an alpha channel that has none of its own is left as it is.
  init(channels: Int, invert: Bool, mean: [Double]?, deviation: [Double]?) throws(LayerError) {
    let colors = channels == 4 ? 3 : channels
    func spread(_ name: String, _ values: [Double]?, neutral: Double) throws(LayerError) -> [Double] {
      let alpha = [Double](repeating: neutral, count: channels - colors)
      switch values?.count {
      case nil: return [Double](repeating: neutral, count: channels)
      case channels: return values ?? []
      case colors: return (values ?? []) + alpha
      case 1: return [Double](repeating: values?[0] ?? neutral, count: colors) + alpha
      case let count?: throw .attribute("'\(name)' has \(count) numbers, but the image has \(channels) channels")
      }
    }
    means = try spread("mean", mean, neutral: 0)
    deviations = try spread("deviation", deviation, neutral: 1)
    isInverted = (0..<channels).map { invert && $0 < colors }
    guard !deviations.contains(0) else { throw .attribute("'deviation' must not be 0: pixels are divided by it") }
  }

  /// The number of value `v` (0...255) in channel `c`.
  private func number(_ v: Double, _ c: Int) -> Float { Float(((isInverted[c] ? 255 - v : v) / 255 - means[c]) / deviations[c]) }

  /// Makes everything black, after inverting, as what is drawn on white then is; and transparent.
  func blacken(_ numbers: UnsafeMutableBufferPointer<Float>) {
    let black = (0..<channels).map { number(isInverted[$0] ? 255 : 0, $0) }
    for i in numbers.indices { numbers[i] = black[i % channels] }
  }

  /// The numbers of whole pixels.
  func apply(_ pixels: [UInt8], into numbers: UnsafeMutableBufferPointer<Float>) {
    // There are only 256 values.
    let table = (0..<channels).flatMap { c in (0..<256).map { number(Double($0), c) } }
    var c = 0
    for i in pixels.indices {
      numbers[i] = table[c * 256 + Int(pixels[i])]
      c = c + 1 == channels ? 0 : c + 1
    }
  }

  /// The numbers of pixels that are sums of others; where filters overshoot, they are cut off.
  func apply(_ pixels: ArraySlice<Float>, into numbers: UnsafeMutableBufferPointer<Float>) {
    var c = 0
    for (i, value) in zip(numbers.indices, pixels) {
      numbers[i] = number(Double(min(max(value, 0), 255)), c)
      c = c + 1 == channels ? 0 : c + 1
    }
  }

  /// The pixels nearest to numbers; what is beyond black or white is black or white, and what is no number is black.
  func undo(_ numbers: UnsafeBufferPointer<Float>) -> [UInt8] {
    numbers.indices.map { i in
      let c = i % channels
      let value = ((Double(numbers[i]) * deviations[c] + means[c]) * 255).rounded()
      let pixel = value > 0 ? UInt8(min(value, 255)) : 0
      return isInverted[c] ? 255 - pixel : pixel
    }
  }
}
