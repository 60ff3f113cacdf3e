import ZooFormats

/// The members of an object of a manifest, each checked and evaluated as it is read.
///
/// Unknown keys are errors from the start, so that a misspelt optional key cannot pass as absent.
struct Fields {
  let json: JSON
  let object: JSONObject
  /// Whose members these are, for messages.
  private(set) var owner: ManifestError.Owner
  private(set) var evaluate: Evaluator

  /// The members of `json`, which may have no other keys than `keys`; nil: any, because a kind's attributes are among them.
  init(_ json: JSON, of owner: ManifestError.Owner, keys: [String]?, _ evaluate: Evaluator) throws(ManifestError) {
    guard let object = json.object else { throw evaluate.error(.wrongType(owner, wanted: .object, got: json.shown), at: json) }
    if let keys {
      for member in object.members where !keys.contains(member.name) {
        throw ManifestError(.unknownKey(member.name, of: owner, known: keys), at: evaluate.document.place(of: member))
      }
    }
    (self.json, self.object, self.owner, self.evaluate) = (json, object, owner, evaluate)
  }

  /// The same, under another name in messages.
  func named(_ owner: ManifestError.Owner) -> Fields {
    var copy = self
    copy.owner = owner
    return copy
  }

  /// The same, with other values for the names in expressions.
  func evaluated(by evaluate: Evaluator) -> Fields {
    var copy = self
    copy.evaluate = evaluate
    return copy
  }

  /// The member as it stands, unevaluated.
  func raw(_ key: String) -> JSON? { object[key] }

  /// The member's value.
  subscript(key: String) -> JSON? {
    get throws(ManifestError) {
      guard let json = object[key] else { return nil }
      return try evaluate(json)
    }
  }

  func text(_ key: String) throws(ManifestError) -> String? { try read(key, .text, \.string) }

  func boolean(_ key: String) throws(ManifestError) -> Bool? { try read(key, .boolean, \.boolean) }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(ManifestError) -> Int? {
    guard let json = try self[key] else { return nil }
    return try integer(json, .key(key, of: owner), in: range)
  }

  /// The finite number, which must lie in `range`.
  func number(_ key: String, in range: ClosedRange<Double>? = nil) throws(ManifestError) -> Double? {
    guard let number = try read(key, .number, \.number) else { return nil }
    if let range, !range.contains(number) {
      throw error(.outOfRange(.key(key, of: owner), got: try self[key]?.shown ?? "", range: range), at: object[key])
    }
    return number
  }

  /// The members of an object whose keys are names that the manifest chooses.
  func members(_ key: String) throws(ManifestError) -> [JSONObject.Member] {
    guard let json = object[key] else { return [] }
    guard let object = json.object else { throw error(.wrongType(.key(key, of: owner), wanted: .object, got: json.shown), at: json) }
    try checkCount(object.count, json)
    for member in object.members where !Names.isName(member.name) {
      throw ManifestError(.badName(member.name, of: .key(key, of: owner)), at: evaluate.document.place(of: member))
    }
    return object.members
  }

  // Names are looked up one by one, which a million of them would turn into hours.
  private func checkCount(_ count: Int, _ json: JSON) throws(ManifestError) {
    if count > Budget.portLimit { throw error(.tooLarge(.ports(limit: Budget.portLimit)), at: json) }
  }

  /// The elements of a list, unevaluated.
  func list(_ key: String) throws(ManifestError) -> [JSON]? {
    guard let json = object[key] else { return nil }
    guard let elements = json.array else { throw error(.wrongType(.key(key, of: owner), wanted: .anyList, got: json.shown), at: json) }
    return elements
  }

  /// A list of text; text alone is a list of one.
  func texts(_ key: String, wanted: ManifestError.Wanted = .names) throws(ManifestError) -> [String]? {
    guard let json = try self[key] else { return nil }
    let texts = (json.array ?? [json]).map(\.string)
    guard !texts.contains(nil) else { throw error(.wrongType(.key(key, of: owner), wanted: wanted, got: json.shown), at: json) }
    try checkCount(texts.count, json)
    return texts.compactMap(\.self)
  }

  /// Text that is one of `choices`.
  func choice(_ key: String, of choices: [String]) throws(ManifestError) -> String? {
    guard let text = try text(key) else { return nil }
    guard choices.contains(text) else { throw error(.notAChoice(.key(key, of: owner), got: text, choices: choices), at: object[key]) }
    return text
  }

  /// What `value` is, if anything; absent is an error that says what the key is for.
  func require<Value>(_ key: String, _ value: Value?, about: String) throws(ManifestError) -> Value {
    guard let value else { throw error(.missingKey(key, of: owner, about: about), at: json) }
    return value
  }

  func integer(_ json: JSON, _ owner: ManifestError.Owner, in range: ClosedRange<Int>) throws(ManifestError) -> Int {
    guard let number = json.integer else { throw error(.wrongType(owner, wanted: .integer, got: json.shown), at: json) }
    guard range.contains(number) else {
      throw error(.outOfRange(owner, got: "\(number)", range: Double(range.lowerBound)...Double(range.upperBound)), at: json)
    }
    return number
  }

  func error(_ problem: ManifestError.Problem, at json: JSON?) -> ManifestError { evaluate.error(problem, at: json ?? self.json) }

  private func read<Value>(_ key: String, _ wanted: ManifestError.Wanted, _ value: (JSON) -> Value?) throws(ManifestError) -> Value? {
    guard let json = try self[key] else { return nil }
    guard let value = value(json) else { throw error(.wrongType(.key(key, of: owner), wanted: wanted, got: json.shown), at: json) }
    return value
  }
}

extension JSON {
  /// This value as messages show it: as JSON, and shortened.
  var shown: String {
    let text = text()
    return text.count > 40 ? text.prefix(37) + "..." : text
  }
}
