public import ZooFormats
public import ZooTypes

/// Turns what a manifest writes into the attributes that a kind, codec or optimiser declares.
///
/// Types and bounds are checked, defaults filled in, unknown names refused with the nearest one.
public struct AttributeReader {
  private let owner: ManifestError.Owner
  private let place: (JSON) -> Place

  /// A reader for the attributes of `owner`; `place` says where a value stands.
  public init(_ owner: ManifestError.Owner, place: @escaping (JSON) -> Place) {
    self.owner = owner
    self.place = place
  }

  /// A reader for values that stand in `document`.
  public init(_ owner: ManifestError.Owner, in document: JSONDocument) { self.init(owner) { document.place(of: $0) } }

  /// One value for each of `attributes`, in that order.
  ///
  /// - Parameter reserved: members of `object` that are no attributes, such as `layer` and `in`.
  public func read(_ attributes: [AttributeInfo], from json: JSON, except reserved: [String] = []) throws(ManifestError)
    -> [AttributeLiteral]
  {
    guard let object = json.object else { throw error(.wrongType(owner, wanted: .object, got: json.shown), at: json) }
    for member in object.members where !reserved.contains(member.name) && !attributes.contains(where: { $0.name == member.name }) {
      var place = place(member.value)
      if member.namePosition != .unknown { (place.line, place.column) = (Int(member.namePosition.line), Int(member.namePosition.column)) }
      throw ManifestError(.unknownKey(member.name, of: owner, known: attributes.map(\.name) + reserved), at: place)
    }
    var literals: [AttributeLiteral] = []
    for attribute in attributes { literals.append(try read(attribute, object[attribute.name], in: json)) }
    return literals
  }

  private func read(_ attribute: AttributeInfo, _ value: JSON?, in json: JSON) throws(ManifestError) -> AttributeLiteral {
    guard let value else {
      guard !attribute.isRequired else { throw error(.missingKey(attribute.name, of: owner, about: attribute.about), at: json) }
      return attribute.fallback
    }
    // null: not given, where that means something.
    if value.isNull, !attribute.isRequired, attribute.fallback == .absent { return .absent }
    switch attribute.type {
    case .boolean:
      guard let flag = value.boolean else { throw wrongType(attribute, .boolean, value) }
      return .boolean(flag)
    case .integer:
      guard let number = value.integer else { throw wrongType(attribute, .integer, value) }
      try check(attribute, value)
      return .integer(number)
    case .real:
      guard let number = value.number else { throw wrongType(attribute, .number, value) }
      try check(attribute, value)
      return .real(number)
    case .text:
      guard let text = value.string ?? lines(value) else { throw wrongType(attribute, .text, value) }
      return .text(try choice(attribute, text, value))
    case .integers, .reals:
      if let text = value.string, !attribute.choices.isEmpty { return .text(try choice(attribute, text, value)) }
      let elements = value.array ?? [value]
      if attribute.type == .integers {
        return .integers(try list(attribute, elements, value, \.integer))
      } else {
        return .reals(try list(attribute, elements, value, \.number))
      }
    }
  }

  /// A list of text, such as a codec's labels, is one text with a line for each: families have no lists of text.
  private func lines(_ json: JSON) -> String? {
    guard let elements = json.array else { return nil }
    let lines = elements.compactMap(\.string)
    return lines.count == elements.count ? lines.joined(separator: "\n") : nil
  }

  private func list<Number>(
    _ attribute: AttributeInfo, _ elements: [JSON], _ whole: JSON, _ number: (JSON) -> Number?
  ) throws(ManifestError) -> [Number] {
    var numbers: [Number] = []
    numbers.reserveCapacity(elements.count)
    for element in elements {
      guard let number = number(element) else {
        let wanted: ManifestError.Wanted =
          attribute.choices.isEmpty ? .list(ofIntegers: attribute.type == .integers) : .listOrChoice(attribute.choices)
        throw wrongType(attribute, wanted, whole)
      }
      try check(attribute, element)
      numbers.append(number)
    }
    return numbers
  }

  private func check(_ attribute: AttributeInfo, _ number: JSON) throws(ManifestError) {
    if let range = attribute.range, let value = number.number, !range.contains(value) {
      throw error(.outOfRange(.attribute(attribute.name, of: owner), got: number.shown, range: range), at: number)
    }
  }

  private func choice(_ attribute: AttributeInfo, _ text: String, _ json: JSON) throws(ManifestError) -> String {
    guard attribute.choices.isEmpty || attribute.choices.contains(text) else {
      throw error(.notAChoice(.attribute(attribute.name, of: owner), got: text, choices: attribute.choices), at: json)
    }
    return text
  }

  private func wrongType(_ attribute: AttributeInfo, _ wanted: ManifestError.Wanted, _ json: JSON) -> ManifestError {
    error(.wrongType(.attribute(attribute.name, of: owner), wanted: wanted, got: json.shown), at: json)
  }

  private func error(_ problem: ManifestError.Problem, at json: JSON) -> ManifestError { ManifestError(problem, at: place(json)) }
}
