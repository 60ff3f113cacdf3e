extension JSON {
  /// How a value is written.
  public enum Style: Sendable {
    /// On one line without any space.
    case compact
    /// Indented by two spaces; lists of numbers and words stay on one line where they fit.
    case pretty
  }

  /// This value as JSON.
  ///
  /// Numbers are the shortest that read back as the same; those that JSON cannot express, NaN and the infinities, become `null`.
  public func text(_ style: Style = .compact) -> String {
    var writer = JSONWriter(style: style)
    writer.write(self, indent: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

struct JSONWriter {
  let style: JSON.Style
  var bytes: [UInt8] = []

  private static let lineLength = 100

  init(style: JSON.Style) { self.style = style }

  mutating func write(_ json: JSON, indent: Int) {
    switch json.content {
    case .null: append("null")
    case .boolean(let flag): append(flag ? "true" : "false")
    case .integer(let number): append(String(number))
    case .number(let number): append(number.isFinite ? number.description : "null")
    case .string(let text): write(text)
    case .array(let elements): write(elements, indent: indent)
    case .object(let object): write(object, indent: indent)
    }
  }

  private mutating func write(_ elements: [JSON], indent: Int) {
    if style == .pretty, !elements.isEmpty {
      let start = bytes.count
      let isFlat = elements.allSatisfy { $0.array == nil && $0.object == nil }
      if isFlat {
        list("[", "]", elements.count, separator: ", ", indent: nil) { $0.write(elements[$1], indent: 0) }
        if bytes.count - start + indent <= Self.lineLength { return }
        bytes.removeSubrange(start...)
      }
    }
    list("[", "]", elements.count, indent: indent) { $0.write(elements[$1], indent: indent + 2) }
  }

  private mutating func write(_ object: JSONObject, indent: Int) {
    let members = object.members
    list("{", "}", members.count, indent: indent) { writer, i in
      writer.write(members[i].name)
      writer.append(writer.style == .pretty ? ": " : ":")
      writer.write(members[i].value, indent: indent + 2)
    }
  }

  /// Writes `count` items between brackets, each on a line of its own if the style is pretty and there is an indent.
  private mutating func list(
    _ open: String, _ close: String, _ count: Int, separator: String = ",", indent: Int?, _ item: (inout JSONWriter, Int) -> Void
  ) {
    append(open)
    for i in 0..<count {
      if i > 0 { append(separator) }
      if let indent { breakLine(indent + 2) }
      item(&self, i)
    }
    if let indent, count > 0 { breakLine(indent) }
    append(close)
  }

  private mutating func breakLine(_ indent: Int) {
    guard style == .pretty else { return }
    append("\n")
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
  }

  private mutating func write(_ text: String) {
    append("\"")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 8: append("\\b")
      case 9: append("\\t")
      case 10: append("\\n")
      case 12: append("\\f")
      case 13: append("\\r")
      case 0..<0x20, 0x7F: append("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    append("\"")
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
