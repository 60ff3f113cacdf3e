import ZooFormats

/// A formula of a manifest: what stands between `${` and `}`.
indirect enum Expression {
  case constant(JSON.Content)
  case name(String)
  case negative(Expression)
  case binary(String, Expression, Expression)
  case choice(Expression, Expression, Expression)
  case call(String, [Expression])
  case element(Expression, Expression)

  // An expression's tree is as deep as its text is long at most, so this bounds every recursion over it.
  static let longest = 1_000
  static let deepest = 50

  /// Reads `text`.
  init(_ text: String) throws(ExpressionFailure) {
    guard text.utf8.count <= Self.longest else { throw ExpressionFailure(.tooLong(limit: Self.longest)) }
    var parser = try ExpressionParser(text)
    self = try parser.whole()
  }

  /// The names whose values it needs.
  var names: [String] {
    switch self {
    case .constant: []
    case .name(let name): [name]
    case .negative(let a): a.names
    case .binary(_, let a, let b), .element(let a, let b): a.names + b.names
    case .choice(let condition, let a, let b): condition.names + a.names + b.names
    case .call(_, let arguments): arguments.flatMap(\.names)
    }
  }
}

/// A parser by precedence: `? :`, comparison, `+ -`, `* / // %`, the minus sign, `**`, `[]`.
struct ExpressionParser {
  private var tokens: ExpressionTokens
  private var current: ExpressionToken
  private var depth = 0

  init(_ text: String) throws(ExpressionFailure) {
    tokens = ExpressionTokens(text)
    current = try tokens.next()
  }

  mutating func whole() throws(ExpressionFailure) -> Expression {
    let expression = try choice()
    guard current == .end else { throw unexpected("an operator") }
    return expression
  }

  private mutating func choice() throws(ExpressionFailure) -> Expression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Expression.deepest else { throw ExpressionFailure(.tooDeep(limit: Expression.deepest)) }
    let condition = try comparison()
    guard try take("?") else { return condition }
    let yes = try choice()
    try expect(":")
    return .choice(condition, yes, try choice())
  }

  private mutating func comparison() throws(ExpressionFailure) -> Expression {
    let left = try sum()
    for symbol in ["==", "!=", "<=", ">=", "<", ">"] where try take(symbol) { return .binary(symbol, left, try sum()) }
    return left
  }

  private mutating func sum() throws(ExpressionFailure) -> Expression {
    var left = try product()
    while let symbol = try takeAny(["+", "-"]) { left = .binary(symbol, left, try product()) }
    return left
  }

  private mutating func product() throws(ExpressionFailure) -> Expression {
    var left = try sign()
    while let symbol = try takeAny(["*", "/", "//", "%"]) { left = .binary(symbol, left, try sign()) }
    return left
  }

  private mutating func sign() throws(ExpressionFailure) -> Expression {
    guard try take("-") else { return try power() }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Expression.deepest else { throw ExpressionFailure(.tooDeep(limit: Expression.deepest)) }
    return .negative(try sign())
  }

  private mutating func power() throws(ExpressionFailure) -> Expression {
    let base = try element()
    guard try take("**") else { return base }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Expression.deepest else { throw ExpressionFailure(.tooDeep(limit: Expression.deepest)) }
    return .binary("**", base, try sign())
  }

  private mutating func element() throws(ExpressionFailure) -> Expression {
    var whole = try primary()
    while try take("[") {
      whole = .element(whole, try choice())
      try expect("]")
    }
    return whole
  }

  private mutating func primary() throws(ExpressionFailure) -> Expression {
    let token = current
    switch token {
    case .integer(let number):
      try advance()
      return .constant(.integer(number))
    case .number(let number):
      try advance()
      return .constant(.number(number))
    case .text(let text):
      try advance()
      return .constant(.string(text))
    case .name(let name):
      try advance()
      if name == "true" || name == "false" { return .constant(.boolean(name == "true")) }
      return try take("(") ? .call(name, try arguments()) : .name(name)
    case .symbol("("):
      try advance()
      let inner = try choice()
      try expect(")")
      return inner
    default: throw unexpected("a value")
    }
  }

  private mutating func arguments() throws(ExpressionFailure) -> [Expression] {
    if try take(")") { return [] }
    var arguments = [try choice()]
    while try take(",") { arguments.append(try choice()) }
    try expect(")")
    return arguments
  }

  private mutating func advance() throws(ExpressionFailure) { current = try tokens.next() }

  private mutating func take(_ symbol: String) throws(ExpressionFailure) -> Bool {
    guard current == .symbol(symbol) else { return false }
    try advance()
    return true
  }

  private mutating func takeAny(_ symbols: [String]) throws(ExpressionFailure) -> String? {
    guard case .symbol(let symbol) = current, symbols.contains(symbol) else { return nil }
    try advance()
    return symbol
  }

  private mutating func expect(_ symbol: String) throws(ExpressionFailure) {
    guard try take(symbol) else { throw unexpected("'\(symbol)'") }
  }

  private func unexpected(_ expected: String) -> ExpressionFailure { ExpressionFailure(.expected(expected, found: current.shown)) }
}
