import Glibc
import ZooFormats

extension Expression {
  /// Its value, with what `lookup` says about names.
  func value(_ lookup: (String) throws(ExpressionFailure) -> JSON.Content) throws(ExpressionFailure) -> JSON.Content {
    switch self {
    case .constant(let value): return value
    case .name(let name): return try lookup(name)
    case .negative(let operand):
      switch try operand.value(lookup) {
      case .integer(let a): return .integer(try whole("-", 0.subtractingReportingOverflow(a)))
      case .number(let a): return .number(-a)
      case let other: throw types("-", other)
      }
    case .binary(let symbol, let left, let right):
      let (a, b) = (try left.value(lookup), try right.value(lookup))
      return switch symbol {
      case "==", "!=", "<", ">", "<=", ">=": .boolean(try compare(symbol, a, b))
      default: try calculate(symbol, a, b)
      }
    case .choice(let condition, let yes, let no):
      let test = try condition.value(lookup)
      guard case .boolean(let isTrue) = test else { throw types("?", test) }
      return try (isTrue ? yes : no).value(lookup)
    case .call(let name, let arguments):
      guard let function = ExpressionFunction(rawValue: name) else {
        throw ExpressionFailure(.unknownFunction(name, known: ExpressionFunction.allCases.map(\.rawValue)))
      }
      var values: [JSON.Content] = []
      for argument in arguments { values.append(try argument.value(lookup)) }
      return try function(values)
    case .element(let list, let index):
      let (whole, position) = (try list.value(lookup), try index.value(lookup))
      guard case .array(let elements) = whole, case .integer(let i) = position else { throw types("[]", whole, position) }
      guard elements.indices.contains(i) else { throw ExpressionFailure(.index(i, count: elements.count)) }
      return elements[i].content
    }
  }
}

private func calculate(_ symbol: String, _ a: JSON.Content, _ b: JSON.Content) throws(ExpressionFailure) -> JSON.Content {
  if case (.integer(let a), .integer(let b)) = (a, b) { return try calculate(symbol, a, b) }
  guard let x = a.asDouble, let y = b.asDouble else { throw types(symbol, a, b) }
  if ["/", "//", "%"].contains(symbol), y == 0 { throw ExpressionFailure(.divisionByZero(operation: symbol)) }
  let result =
    switch symbol {
    case "+": x + y
    case "-": x - y
    case "*": x * y
    case "/": x / y
    case "//": (x / y).rounded(.down)
    case "%": x - y * (x / y).rounded(.down)
    default: pow(x, y)
    }
  return .number(try finite(symbol, result))
}

/// Whole numbers stay whole where the result is.
private func calculate(_ symbol: String, _ a: Int, _ b: Int) throws(ExpressionFailure) -> JSON.Content {
  switch symbol {
  case "+": return .integer(try whole(symbol, a.addingReportingOverflow(b)))
  case "-": return .integer(try whole(symbol, a.subtractingReportingOverflow(b)))
  case "*": return .integer(try whole(symbol, a.multipliedReportingOverflow(by: b)))
  case "**":
    if b >= 0 { return .integer(try power(a, b)) }
    if a == 0 { throw ExpressionFailure(.divisionByZero(operation: symbol)) }
    return .number(pow(Double(a), Double(b)))
  default: break
  }
  guard b != 0 else { throw ExpressionFailure(.divisionByZero(operation: symbol)) }
  let quotient = try whole(symbol, a.dividedReportingOverflow(by: b))
  let remainder = a - quotient * b  // with the sign of a
  let isBelow = remainder != 0 && (remainder < 0) != (b < 0)
  switch symbol {
  case "//": return .integer(isBelow ? quotient - 1 : quotient)
  case "%": return .integer(isBelow ? remainder + b : remainder)
  default: return remainder == 0 ? .integer(quotient) : .number(Double(a) / Double(b))
  }
}

/// `base` to a power that is not negative, by squaring: 63 multiplications at most.
private func power(_ base: Int, _ exponent: Int) throws(ExpressionFailure) -> Int {
  var (result, square, rest) = (1, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result = try whole("**", result.multipliedReportingOverflow(by: square)) }
    rest >>= 1
    if rest > 0 { square = try whole("**", square.multipliedReportingOverflow(by: square)) }
  }
  return result
}

private func compare(_ symbol: String, _ a: JSON.Content, _ b: JSON.Content) throws(ExpressionFailure) -> Bool {
  if case (.integer(let a), .integer(let b)) = (a, b) { return compare(symbol, a, b) }
  if let a = a.asDouble, let b = b.asDouble { return compare(symbol, a, b) }
  switch (a, b, symbol) {
  case (.string, .string, "=="), (.boolean, .boolean, "=="), (.array, .array, "=="): return a == b
  case (.string, .string, "!="), (.boolean, .boolean, "!="), (.array, .array, "!="): return a != b
  default: throw types(symbol, a, b)
  }
}

private func compare<Number: Comparable>(_ symbol: String, _ a: Number, _ b: Number) -> Bool {
  switch symbol {
  case "==": a == b
  case "!=": a != b
  case "<": a < b
  case ">": a > b
  case "<=": a <= b
  default: a >= b
  }
}

private func whole(_ operation: String, _ result: (partialValue: Int, overflow: Bool)) throws(ExpressionFailure) -> Int {
  guard !result.overflow else { throw ExpressionFailure(.overflow(operation: operation)) }
  return result.partialValue
}

private func finite(_ operation: String, _ result: Double) throws(ExpressionFailure) -> Double {
  guard result.isFinite else { throw ExpressionFailure(.overflow(operation: operation)) }
  return result
}

private func types(_ operation: String, _ values: JSON.Content...) -> ExpressionFailure {
  ExpressionFailure(.types(operation: operation, values.map { JSON($0).noun }))
}

extension JSON.Content {
  fileprivate var asDouble: Double? { JSON(self).number }
}

/// A function that expressions may call.
enum ExpressionFunction: String, CaseIterable {
  case min, max, floor, ceil, round, sqrt, log2, len

  func callAsFunction(_ values: [JSON.Content]) throws(ExpressionFailure) -> JSON.Content {
    switch self {
    case .min, .max:
      guard let first = values.first else { throw count(values, "at least one") }
      var best = first
      guard best.asDouble != nil else { throw wrong(best) }
      for value in values.dropFirst() {
        guard value.asDouble != nil else { throw wrong(value) }
        if try compare(self == .min ? "<" : ">", value, best) { best = value }
      }
      return best
    case .floor, .ceil, .round:
      let value = try one(values)
      if case .integer = value { return value }
      guard let x = value.asDouble else { throw wrong(value) }
      let rounded = x.rounded(self == .floor ? .down : self == .ceil ? .up : .toNearestOrAwayFromZero)
      guard let integer = Int(exactly: rounded) else { throw ExpressionFailure(.overflow(operation: rawValue)) }
      return .integer(integer)
    case .sqrt, .log2:
      let value = try one(values)
      guard let x = value.asDouble else { throw wrong(value) }
      guard self == .sqrt ? x >= 0 : x > 0 else {
        throw ExpressionFailure(.undefined(function: rawValue, argument: "\(JSON(value).text())"))
      }
      let result = self == .sqrt ? x.squareRoot() : Glibc.log2(x)
      // Like division: a whole number of a whole number, where it is exact.
      if case .integer(let a) = value, let r = Int(exactly: result),
        self == .sqrt ? r.multipliedFullWidth(by: r) == (0, UInt(a)) : 1 << r == a
      {
        return .integer(r)
      }
      return .number(result)
    case .len:
      guard case .array(let elements) = try one(values) else { throw wrong(values[0]) }
      return .integer(elements.count)
    }
  }

  private func one(_ values: [JSON.Content]) throws(ExpressionFailure) -> JSON.Content {
    guard values.count == 1 else { throw count(values, "one") }
    return values[0]
  }

  private func count(_ values: [JSON.Content], _ wanted: String) -> ExpressionFailure {
    ExpressionFailure(.argumentCount(function: rawValue, got: values.count, wanted: wanted))
  }

  private func wrong(_ value: JSON.Content) -> ExpressionFailure { ExpressionFailure(.types(operation: rawValue, [JSON(value).noun])) }
}
