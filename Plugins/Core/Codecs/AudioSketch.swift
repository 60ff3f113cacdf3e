import ZooPlugin

/// A sound for a terminal: how long it is, and how loud from beginning to end.
struct AudioSketch {
  private let samples: Int
  private let channels: Int
  private let rate: Int?
  /// The largest magnitude of each column.
  private let peaks: [Float]

  private static let columns = 64
  private static let bars: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// Samples of one or several channels, one sample of all channels after another.
  init(_ values: UnsafePointer<Float>, samples: Int, channels: Int, rate: Int?) {
    (self.samples, self.channels, self.rate) = (samples, channels, rate)
    let columns = min(Self.columns, samples)
    peaks = (0..<columns).map { column in
      let part = samples * column / columns * channels..<samples * (column + 1) / columns * channels
      return part.reduce(0) { max($0, abs(values[$1])) }
    }
  }

  /// `1.5 s, 8,000 samples a second, 1 channel`, and a line of bars.
  var text: String {
    let length = rate.map { "\(seconds($0)) s, \($0) samples a second" } ?? "\(samples) samples"
    let line = peaks.map { Self.bars[min(Int((min($0, 1) * 8).rounded(.up)), 8)] }
    return "\(length), \(channels) \(channels == 1 ? "channel" : "channels")\n\(String(line))\n"
  }

  /// The same for programs.
  var json: String {
    "{\"samples\":\(samples),\"channels\":\(channels)" + (rate.map { ",\"rate\":\($0)" } ?? "") + "}"
  }

  /// To the hundredth.
  private func seconds(_ rate: Int) -> String {
    let hundredths = (samples * 100 + rate / 2) / rate
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
