import ZooFormats

/// Numbers as people read them.
package enum Quantity {
  /// A count with its digits in groups of three: `61,706`.
  package static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// A size: `241 KiB`, `1.5 GiB`; under 1 KiB in bytes.
  package static func bytes(_ value: Int) -> String {
    scaled(Double(value), by: 1024, [" bytes", " KiB", " MiB", " GiB", " TiB"])
  }

  /// Arithmetic operations: `0.84 MFLOP`.
  package static func operations(_ value: Double) -> String {
    scaled(value, by: 1000, [" FLOP", " kFLOP", " MFLOP", " GFLOP", " TFLOP", " PFLOP"])
  }

  /// A duration of measured work: `31.2 µs`, `4.56 ms`, `1.20 s`.
  package static func time(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "?" }
    if seconds < 1e-3 { return digits(seconds * 1e6) + " µs" }
    if seconds < 1 { return digits(seconds * 1e3) + " ms" }
    return digits(seconds) + " s"
  }

  /// A duration of work that is over: measured while it is short, in whole seconds from a minute on.
  package static func duration(_ seconds: Double) -> String { seconds < 60 ? time(seconds) : wait(seconds) }

  /// A duration that people wait for: `9 s`, `1 min 05 s`, `2 h 03 min`.
  package static func wait(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let whole = Int(max(seconds, 0).rounded(.up))
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
    return "\(whole / 3600) h \(two(whole / 60 % 60)) min"
  }

  /// Three significant digits: `0.0312`, `4.56`, `31.2`, `312`, `1,234`.
  package static func digits(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    let magnitude = value.magnitude
    if magnitude == 0 { return "0" }
    if magnitude >= 99.95 { return magnitude < 1e15 ? count(Int(value.rounded())) : formatted("%.3g", value) }
    if magnitude >= 9.995 { return formatted("%.1f", value) }
    return formatted(magnitude >= 0.9995 ? "%.2f" : "%#.3g", value)
  }

  private static func scaled(_ value: Double, by factor: Double, _ units: [String]) -> String {
    var (value, unit) = (value, 0)
    while value >= factor * 0.9995, unit + 1 < units.count {
      value /= factor
      unit += 1
    }
    return (unit == 0 ? count(Int(value.rounded())) : digits(value)) + units[unit]
  }
}

/// `1 layer`, `2 layers`.
package func plural(_ count: Int, _ noun: String, _ nouns: String? = nil) -> String {
  "\(Quantity.count(count)) \(count == 1 ? noun : nouns ?? noun + "s")"
}
