public import CZoo

extension String {
  /// Text from the other side of the protocol; what is not UTF-8 becomes replacement characters.
  public init(_ text: zoo_string) {
    self = text.data.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: Int(text.length)), as: UTF8.self) } ?? ""
  }
}

extension AttributeLiteral {
  /// A value as `create` receives it.
  public init(_ raw: zoo_attribute) {
    guard raw.is_set != 0, let type = AttributeType(rawValue: raw.type) else {
      self = .absent
      return
    }
    switch type {
    case .boolean: self = .boolean(raw.integer != 0)
    case .integer: self = .integer(Int(raw.integer))
    case .real: self = .real(raw.real)
    case .text: self = .text(String(raw.text))
    case .integers where raw.text.data != nil, .reals where raw.text.data != nil: self = .text(String(raw.text))
    case .integers: self = .integers((0..<Int(raw.count)).map { Int(raw.integers[$0]) })
    case .reals: self = .reals((0..<Int(raw.count)).map { raw.reals[$0] })
    }
  }
}
