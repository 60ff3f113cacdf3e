import CZoo

extension AttributeLiteral {
  /// This value as a default, in memory that is never freed.
  func permanentDefault(_ type: AttributeType) -> zoo_attribute {
    var raw = zoo_attribute()
    raw.type = type.rawValue
    raw.is_set = self == .absent ? 0 : 1
    switch self {
    case .boolean(let value): raw.integer = value ? 1 : 0
    case .integer(let value): raw.integer = Int64(value)
    case .real(let value): raw.real = value
    case .text(let value): raw.text = permanent(value)
    case .integers(let values):
      raw.integers = UnsafePointer(permanent(values.map { Int64($0) }))
      raw.count = UInt64(values.count)
    case .reals(let values):
      raw.reals = UnsafePointer(permanent(values))
      raw.count = UInt64(values.count)
    case .absent: break
    }
    return raw
  }
}

extension Attribute {
  /// What the host reads about this attribute.
  ///
  /// `prototype` has the defaults.
  func info(_ prototype: Owner) -> zoo_attribute_info {
    var info = zoo_attribute_info()
    info.size = UInt32(MemoryLayout<zoo_attribute_info>.size)
    info.type = type.rawValue
    info.name = permanent(name)
    info.about = permanent(about)
    info.choice_count = UInt32(choices.count)
    info.choices = UnsafePointer(permanent(choices.map { permanent($0) }))
    let value = fallback(prototype)
    switch (presence, value) {
    case (.required, _):
      info.flags = UInt32(ZOO_ATTRIBUTE_REQUIRED)
      info.fallback.type = type.rawValue
    case (.defaulted, .absent):
      info.flags = UInt32(ZOO_ATTRIBUTE_OPTIONAL)
      info.fallback.type = type.rawValue
    case (.defaulted, _): info.fallback = value.permanentDefault(type)
    }
    if let range { (info.minimum, info.maximum) = (range.lowerBound, range.upperBound) }
    return info
  }
}

extension [AttributeLiteral] {
  /// Sets every attribute of `owner`, in declared order.
  func assign<Owner>(to owner: inout Owner, _ attributes: [Attribute<Owner>]) throws(LayerError) {
    guard count == attributes.count else { throw .internal("the host passed \(count) attributes where \(attributes.count) are declared") }
    for (literal, attribute) in zip(self, attributes) {
      guard attribute.assign(&owner, literal) else { throw .attribute("attribute '\(attribute.name)' cannot be \(literal)") }
    }
  }
}
