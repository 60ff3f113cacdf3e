import ZooFormats
import ZooRuntime
import ZooTypes

/// The attributes of a kind or codec, one a row.
func attributeTable(_ attributes: [AttributeInfo]) -> Table {
  var table = Table([.words("ATTRIBUTE"), .words("TYPE"), .words("DEFAULT"), .words("WHAT")])
  for attribute in attributes {
    table.add([
      attribute.name, attribute.type.name, attribute.isRequired ? "required" : attribute.fallback.text,
      sentence(attribute.about, attribute.bounds),
    ])
  }
  return table
}

/// A sentence and a remark in brackets; either may be empty.
func sentence(_ text: String, _ remark: String) -> String {
  if remark.isEmpty { return text }
  if text.isEmpty { return remark }
  return text.hasSuffix(".") ? "\(text.dropLast()) (\(remark))." : "\(text) (\(remark))"
}

private func number(_ value: Double) -> JSON { Int(exactly: value).map { .integer($0) } ?? .number(value) }

private func shortest(_ value: Double) -> String {
  if value.magnitude < 1e15, let whole = Int(exactly: value) { return "\(whole)" }
  return "\(value)"
}

extension AttributeInfo {
  /// Everything about it.
  var json: JSON {
    .object([
      ("name", .text(name)), ("type", .text(type.name)), ("default", fallback.json), ("required", .boolean(isRequired)),
      ("choices", .array(choices.map { .text($0) })), ("minimum", range.map { number($0.lowerBound) } ?? nil),
      ("maximum", range.map { number($0.upperBound) } ?? nil), ("about", .text(about)),
    ])
  }

  /// What its value may be: `one of same, valid`, `1 to 8`, `from 1`.
  fileprivate var bounds: String {
    var bounds: [String] = []
    if !choices.isEmpty { bounds.append("one of \(choices.joined(separator: ", "))") }
    if let range {
      let upper = range.upperBound >= 1e15 ? nil : shortest(range.upperBound)
      let lower = range.lowerBound <= -1e15 ? nil : shortest(range.lowerBound)
      switch (lower, upper) {
      case (let lower?, let upper?): bounds.append("\(lower) to \(upper)")
      case (let lower?, nil): bounds.append("from \(lower)")
      case (nil, let upper?): bounds.append("up to \(upper)")
      case (nil, nil): break
      }
    }
    return bounds.joined(separator: " or ")
  }
}

extension AttributeType {
  /// As tables name it.
  var name: String {
    switch self {
    case .boolean: "boolean"
    case .integer: "integer"
    case .real: "number"
    case .text: "text"
    case .integers: "integers"
    case .reals: "numbers"
    }
  }
}

extension AttributeLiteral {
  /// As a manifest writes it.
  var json: JSON {
    switch self {
    case .boolean(let value): .boolean(value)
    case .integer(let value): .integer(value)
    case .real(let value): number(value)
    case .text(let value): .text(value)
    case .integers(let values): .array(values.map { .integer($0) })
    case .reals(let values): .array(values.map(number))
    case .absent: nil
    }
  }

  /// The same for a table, text without its quotes.
  var text: String {
    switch self {
    case .text(let value): value.isEmpty ? "\"\"" : value
    case .absent: ""
    default: json.text()
    }
  }
}
