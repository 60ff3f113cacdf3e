package import ZooFormats
package import ZooRuntime
package import ZooTypes

extension KindInfo {
  /// The values of this kind's attributes, from JSON as in a manifest; defaults fill the rest.
  package func literals(_ json: JSONObject) throws -> [AttributeLiteral] { try attributes.literals(json, of: name) }
}

extension CodecInfo {
  /// The values of this codec's attributes, likewise.
  package func literals(_ json: JSONObject) throws -> [AttributeLiteral] { try attributes.literals(json, of: name) }
}

extension [AttributeInfo] {
  fileprivate func literals(_ json: JSONObject, of owner: String) throws -> [AttributeLiteral] {
    for name in json.names where !contains(where: { $0.name == name }) {
      throw TestProblem("\(owner) has no attribute \(name); it has \(map(\.name))")
    }
    var literals: [AttributeLiteral] = []
    for attribute in self {
      if let value = json[attribute.name], !value.isNull {
        guard let literal = attribute.literal(value) else {
          throw TestProblem("attribute \(attribute.name) of \(owner) cannot be \(value.text())")
        }
        literals.append(literal)
      } else {
        literals.append(attribute.fallback)
      }
    }
    return literals
  }
}

extension AttributeInfo {
  fileprivate func literal(_ value: JSON) -> AttributeLiteral? {
    switch type {
    case .boolean:
      if let flag = value.boolean { return .boolean(flag) }
    case .integer:
      if let number = value.integer { return .integer(number) }
    case .real:
      if let number = value.number { return .real(number) }
    case .text:
      if let text = value.string { return .text(text) }
    case .integers:
      if let text = value.string { return .text(text) }
      if let number = value.integer { return .integers([number]) }
      if let list = value.array { return .integers(list.compactMap(\.integer)) }
    case .reals:
      if let number = value.number { return .reals([number]) }
      if let list = value.array { return .reals(list.compactMap(\.number)) }
    }
    return nil
  }
}
