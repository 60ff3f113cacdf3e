import ZooRuntime
import ZooTypes

/// Finds out how to normalise the rows of an input: channel by channel along the last axis, from the rows to train on alone.
enum Normalizer {
  /// Rows that are read and summed together: results do not depend on anything else.
  private static let block = 256

  /// The mean and the standard deviation of each channel, or its least number and its range.
  ///
  /// A channel that is the same everywhere is divided by 1.
  static func fit(_ method: NormalizationMethod, _ feed: Dataset.Feed, rows: [Int64]) throws -> InputNormalization {
    let row = feed.rows.row
    let channels = row.rank > 0 ? row.width : 1
    var channelsSeen = (0..<channels).map { _ in Moments() }
    let map = RowMap(scale: feed.scale, offset: feed.offset, nil)
    let buffer = TensorBuffer(Spec([block] + row.shape))
    let floats = buffer.pointer.assumingMemoryBound(to: Float.self)
    for start in stride(from: 0, to: rows.count, by: block) {
      let part = rows[start..<min(start + block, rows.count)]
      try part.withUnsafeBufferPointer { try feed.rows.gather($0, into: buffer.pointer, as: .f32, map) }
      let values = UnsafeBufferPointer(start: floats, count: part.count * row.count)
      for c in 0..<channels { channelsSeen[c].add(values, from: c, by: channels) }
    }
    switch method {
    case .zScore:
      return InputNormalization(
        subtract: channelsSeen.map(\.mean),
        divide: channelsSeen.map { channel in
          let deviation = (channel.squares / max(channel.count, 1)).squareRoot()
          return deviation > 0 ? deviation : 1
        })
    case .minMax:
      return InputNormalization(
        subtract: channelsSeen.map { $0.least },
        divide: channelsSeen.map { $0.greatest > $0.least ? $0.greatest - $0.least : 1 })
    }
  }
}

/// Count, mean, sum of squared distances from it, and extremes of one channel.
///
/// Blocks are summed by themselves and then joined (Chan, Golub & LeVeque 1979), which loses no digits to a mean far from 0.
private struct Moments {
  private(set) var count = 0.0
  private(set) var mean = 0.0
  private(set) var squares = 0.0
  private(set) var least = Double.infinity
  private(set) var greatest = -Double.infinity

  /// Adds every `step`th value.
  mutating func add(_ values: UnsafeBufferPointer<Float>, from first: Int, by step: Int) {
    var (n, sum) = (0.0, 0.0)
    for i in stride(from: first, to: values.count, by: step) {
      let value = Double(values[i])
      n += 1
      sum += value
      least = min(least, value)
      greatest = max(greatest, value)
    }
    guard n > 0 else { return }
    let own = sum / n
    var distances = 0.0
    for i in stride(from: first, to: values.count, by: step) {
      let distance = Double(values[i]) - own
      distances += distance * distance
    }
    let total = count + n
    let apart = own - mean
    squares += distances + apart * apart * count * n / total
    mean += apart * n / total
    count = total
  }
}
