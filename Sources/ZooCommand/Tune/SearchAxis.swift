import Glibc
import ZooFormats
import ZooRuntime

/// One of the things that a search varies, and the values that it may have.
struct SearchAxis: Hashable, Sendable {
  /// The values.
  enum Values: Hashable, Sendable {
    /// Numbers between two bounds, both included; logarithmic: by equal factors.
    case range(ClosedRange<Double>, isLogarithmic: Bool, isInteger: Bool, count: Int)
    /// These, in this order.
    case choices([JSON])
  }

  /// What `--set` calls it.
  let name: String
  /// What it may be.
  let values: Values

  // Of a range, in a grid that does not say how many.
  private static let gridCount = 5

  /// An axis as the command line gives it: `rate=log:1e-4..1e-1`, `units=64,128`, `layers=1..4`, `dropout=0..0.5/6`.
  init(_ text: String) throws(TuneError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { throw .badAxis(text) }
    name = String(text[..<equals])
    values = try Self.values(String(text[text.index(after: equals)...]), shown: text)
  }

  /// An axis as a manifest gives it: a list of values, or text as on the command line.
  init(name: String, _ json: JSON) throws(TuneError) {
    if let elements = json.array {
      guard !elements.isEmpty, elements.allSatisfy({ $0.object == nil && $0.array == nil && !$0.isNull }) else {
        throw .badAxis("\(name)=\(json.text())")
      }
      values = .choices(elements.map { JSON($0.content) })
    } else {
      guard let text = json.string else { throw .badAxis("\(name)=\(json.text())") }
      values = try Self.values(text, shown: "\(name)=\(text)")
    }
    self.name = name
  }

  private static func values(_ text: String, shown: String) throws(TuneError) -> Values {
    let isLogarithmic = text.hasPrefix("log:")
    let body = isLogarithmic ? text.dropFirst(4) : text[...]
    guard let dots = body.firstRange(of: "..") else {
      let parts = body.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard !isLogarithmic, !parts.contains("") else { throw .badAxis(shown) }
      return .choices(parts.map(choice))
    }
    let slash = body.lastIndex(of: "/")
    let (lower, upper) = (String(body[..<dots.lowerBound]), String(body[dots.upperBound..<(slash ?? body.endIndex)]))
    let count = slash.map { Int(body[body.index(after: $0)...]) } ?? gridCount
    guard let from = Double(lower), let to = Double(upper), from.isFinite, to.isFinite, from < to, !isLogarithmic || from > 0,
      let count, count > 1, count <= 10_000
    else { throw .badAxis(shown) }
    let isInteger = Int(lower) != nil && Int(upper) != nil && from.magnitude < 0x1p53 && to.magnitude < 0x1p53
    return .range(from...to, isLogarithmic: isLogarithmic, isInteger: isInteger, count: count)
  }

  /// The same axis under another name.
  init(name: String, _ values: Values) { (self.name, self.values) = (name, values) }

  /// The value at a place from 0 to 1.
  func value(at place: Double) -> JSON {
    switch values {
    case .choices(let choices): return choices[min(Int(place * Double(choices.count)), choices.count - 1)]
    case .range(let range, let isLogarithmic, let isInteger, _):
      // Each whole number has a part of its own of the same length.
      let (low, high) = isInteger ? (range.lowerBound - 0.5, range.upperBound + 0.5) : (range.lowerBound, range.upperBound)
      let number: Double
      if isLogarithmic {
        let least = isInteger ? max(low, 0.5) : low
        number = exp(log(least) + place * (log(high) - log(least)))
      } else {
        number = low + place * (high - low)
      }
      let bounded = min(max(isInteger ? number.rounded() : number.rounded(toDigits: 6), range.lowerBound), range.upperBound)
      return isInteger ? JSON(.integer(Int(bounded))) : JSON(.number(bounded))
    }
  }

  /// The values of a grid.
  var grid: [JSON] {
    switch values {
    case .choices(let choices): return choices
    case .range(let range, let isLogarithmic, let isInteger, let count):
      var grid: [JSON] = []
      for i in 0..<count {
        let part = Double(i) / Double(count - 1)
        let (low, high) = (range.lowerBound, range.upperBound)
        let number = isLogarithmic ? exp(log(low) + part * (log(high) - log(low))) : low + part * (high - low)
        let bounded = min(max(isInteger ? number.rounded() : number.rounded(toDigits: 6), low), high)
        let value = isInteger ? JSON(.integer(Int(bounded))) : JSON(.number(bounded))
        if grid.last != value { grid.append(value) }
      }
      return grid
    }
  }

  /// Where a value stands for a model of the results: numbers from 0 to 1, one for most axes, one for each choice that is text.
  func coordinates(of value: JSON) -> [Double] {
    switch values {
    case .choices(let choices):
      let index = choices.firstIndex(of: value) ?? 0
      if choices.allSatisfy({ $0.number != nil }) { return [choices.count > 1 ? Double(index) / Double(choices.count - 1) : 0] }
      // Any two choices are as far apart as the ends of a range.
      return choices.indices.map { $0 == index ? 0.5.squareRoot() : 0 }
    case .range(let range, let isLogarithmic, _, _):
      let number = value.number ?? range.lowerBound
      let (low, high) = (range.lowerBound, range.upperBound)
      return [isLogarithmic ? (log(number) - log(low)) / (log(high) - log(low)) : (number - low) / (high - low)]
    }
  }

  /// How many coordinates that makes, each with the number of the axis that it belongs to.
  static func owners(_ axes: [SearchAxis]) -> [Int] {
    axes.enumerated().flatMap { i, axis in axis.coordinates(of: axis.value(at: 0)).map { _ in i } }
  }
}

extension Double {
  /// The nearest number that is written with so many digits.
  fileprivate func rounded(toDigits digits: Int) -> Double {
    guard self != 0, isFinite else { return self }
    return Double(formatted("%.\(digits - 1)e", self)) ?? self
  }
}
