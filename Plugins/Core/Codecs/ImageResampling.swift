import ZooPlugin

/// How pixels of another size are made of those that there are, as Pillow defines it.
enum ImageFilter: String, CaseIterable, AttributeValue {
  /// The pixel under the centre.
  case nearest
  /// A triangle two pixels wide, or as many as become one when shrinking: nothing is skipped.
  case bilinear
  /// Keys' cubic with a = -1/2, four pixels wide, or as many times four as become one.
  case bicubic

  /// How far it reaches to each side, in pixels of the larger grid.
  fileprivate var support: Double { self == .bicubic ? 2 : 1 }

  fileprivate func weight(_ distance: Double) -> Double {
    let x = distance.magnitude
    switch self {
    case .nearest: return x <= 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - x)
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }
}

/// For each pixel of an axis, which pixels of the source's axis it is made of, and how much of each.
private struct Taps {
  /// The first source pixel of each.
  private(set) var first: [Int] = []
  /// The weights of each, one after the other; they add up to 1.
  private(set) var weights: [[Float]] = []

  init(_ filter: ImageFilter, _ part: ImageInterval, of sourceCount: Int, to count: Int) {
    let scale = part.length / Double(count)
    if filter == .nearest {
      // Summed up step by step as Pillow does: where a centre lies between two pixels, the last bit decides.
      var center = part.start + scale * 0.5
      for _ in 0..<count {
        first.append(min(max(Int(center.rounded(.down)), 0), sourceCount - 1))
        weights.append([1])
        center += scale
      }
      return
    }
    // When shrinking, the filter is as wide as the pixels that become one.
    let stretch = max(scale, 1)
    let reach = filter.support * stretch
    for i in 0..<count {
      let center = part.start + (Double(i) + 0.5) * scale
      let from = max(0, Int(center - reach + 0.5))
      let to = min(sourceCount, Int(center + reach + 0.5))
      let raw = (from..<to).map { filter.weight((Double($0) - center + 0.5) / stretch) }
      let sum = raw.reduce(0, +)
      first.append(from)
      weights.append(raw.map { Float($0 / sum) })
    }
  }
}

/// A pixel's value in one channel, 0...255.
protocol ImageSample {
  var value: Float { get }
}

extension UInt8: ImageSample {
  var value: Float { Float(self) }
}

extension Float: ImageSample {
  var value: Float { self }
}

/// Makes an image of the size of `placement` of the part of another that it names.
///
/// Nothing is rounded on the way. Rows come first: each is a sum of whole rows of the source, and few are left for the columns.
func resample<Sample: ImageSample>(
  _ pixels: [Sample], _ source: (height: Int, width: Int), channels: Int, _ filter: ImageFilter, _ placement: ImagePlacement
) -> [Float] {
  let (height, width) = (placement.height, placement.width)
  let vertical = Taps(filter, placement.rows, of: source.height, to: height)
  let horizontal = Taps(filter, placement.columns, of: source.width, to: width)
  let rowCount = source.width * channels
  var result = [Float](repeating: 0, count: height * width * channels)
  withUnsafeTemporaryAllocation(of: Float.self, capacity: rowCount) { row in
    pixels.withUnsafeBufferPointer { pixels in
      result.withUnsafeMutableBufferPointer { result in
        for y in 0..<height {
          row.initialize(repeating: 0)
          for (k, weight) in vertical.weights[y].enumerated() {
            let from = (vertical.first[y] + k) * rowCount
            for i in 0..<rowCount { row[i] += weight * pixels[from + i].value }
          }
          for x in 0..<width {
            let target = (y * width + x) * channels
            for (k, weight) in horizontal.weights[x].enumerated() {
              let from = (horizontal.first[x] + k) * channels
              for c in 0..<channels { result[target + c] += weight * row[from + c] }
            }
          }
        }
      }
    }
  }
  return result
}
