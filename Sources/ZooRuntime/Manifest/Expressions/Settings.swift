import ZooFormats

/// The settings of a manifest or a define, with their values: given ones, else defaults, which may be made of one another.
struct Settings {
  /// Names that mean something else in expressions.
  static let reserved: Set<String> = Set(ExpressionFunction.allCases.map(\.rawValue)).union(["index", "true", "false"])

  /// What is given instead of defaults.
  enum Given {
    /// From a command line, where everything arrives as text: a setting's type says how to read it.
    case overrides([String: JSON])
    /// From a manifest, with the types that they have there, and what gives them.
    case values(JSONObject, at: JSON)
    /// Defaults only.
    case nothing

    fileprivate subscript(name: String) -> JSON? {
      switch self {
      case .overrides(let values): values[name]
      case .values(let object, _): object[name]
      case .nothing: nil
      }
    }
  }

  private let declared: JSONObject
  /// Other defaults for some of them, of the same types.
  private let variant: JSONObject
  private let owner: ManifestError.Owner
  private let given: Given
  private let outer: Evaluator
  private var values: [String: JSON] = [:]
  private var path: [String] = []

  /// The values of `declared` in the order of the manifest.
  ///
  /// `outer` evaluates what refers to no setting of these.
  static func resolve(
    _ declared: JSON?, variant: JSON? = nil, of owner: ManifestError.Owner, given: Given, in outer: Evaluator
  ) throws(ManifestError) -> JSONObject {
    var declarations = JSONObject()
    if let declared {
      let key = ManifestError.Owner.key("settings", of: owner)
      guard let object = declared.object else { throw outer.error(.wrongType(key, wanted: .object, got: declared.shown), at: declared) }
      guard object.count <= Budget.settingLimit else { throw outer.error(.tooLarge(.settings(limit: Budget.settingLimit)), at: declared) }
      declarations = object
    }
    var settings = Settings(declared: declarations, variant: variant?.object ?? JSONObject(), owner: owner, given: given, outer: outer)
    try settings.checkNames()
    var resolved = JSONObject()
    for name in declarations.names { resolved[name] = try settings.value(of: name) }
    return resolved
  }

  private init(declared: JSONObject, variant: JSONObject, owner: ManifestError.Owner, given: Given, outer: Evaluator) {
    (self.declared, self.variant, self.owner, self.given, self.outer) = (declared, variant, owner, given, outer)
  }

  private func checkNames() throws(ManifestError) {
    for member in declared.members {
      let place = outer.document.place(of: member)
      guard Names.isSetting(member.name) else { throw ManifestError(.badName(member.name, of: .setting(member.name)), at: place) }
      guard !Self.reserved.contains(member.name) else { throw ManifestError(.reservedName(member.name), at: place) }
    }
    for member in variant.members where declared[member.name] == nil {
      throw ManifestError(.unknownSetting(member.name, of: owner, known: declared.names), at: outer.document.place(of: member))
    }
    switch given {
    case .overrides(let overrides):
      for name in overrides.keys.sorted() where declared[name] == nil {
        throw ManifestError(.unknownSetting(name, of: owner, known: declared.names), at: Place(file: outer.document.file))
      }
    case .nothing: break
    case .values(let object, _):
      for member in object.members where declared[member.name] == nil {
        throw ManifestError(.unknownSetting(member.name, of: owner, known: declared.names), at: outer.document.place(of: member))
      }
    }
  }

  private mutating func value(of name: String) throws(ManifestError) -> JSON {
    if let value = values[name] { return value }
    guard let declaration = declared[name] else { return JSON(.null) }
    if let start = path.firstIndex(of: name) {
      throw outer.error(.settingCycle(Array(path[start...]) + [name]), at: declaration)
    }
    path.append(name)
    defer { path.removeLast() }

    if case .null = declaration.content {
      // Without a default: it must be given, and may be anything.
      var value = given[name]
      if value == nil, let own = variant[name] { value = try evaluate(own) }
      guard let value else {
        var place = declaration
        if case .values(_, let user) = given { place = user }
        throw outer.error(.settingNotGiven(name, of: owner), at: place)
      }
      values[name] = try checked(value, name)
    } else {
      var value = try checked(try evaluate(declaration), name)
      if let own = variant[name] { value = try typed(own, try evaluate(own), like: value, name) }
      if let given = given[name] { value = try typed(given, read(given, like: value), like: value, name) }
      values[name] = value
    }
    return values[name] ?? declaration
  }

  /// A default, once the settings that it refers to have their values.
  private mutating func evaluate(_ declaration: JSON) throws(ManifestError) -> JSON {
    var needed: [String: JSON] = [:]
    for name in references(declaration) where declared[name] != nil { needed[name] = try value(of: name) }
    return try outer.with(needed, expected: declared.names)(declaration)
  }

  /// The names that expressions in `json` refer to.
  ///
  /// What cannot be read is reported when it is evaluated.
  private func references(_ json: JSON) -> [String] {
    switch json.content {
    case .string(let text):
      guard Template.isNeeded(for: text), let template = try? Template(text) else { return [] }
      return template.parts.flatMap { (part) -> [String] in if case .expression(let expression, _) = part { expression.names } else { [] } }
    case .array(let elements): return elements.flatMap(references)
    default: return []
    }
  }

  /// A number, text, a boolean, or a list of such.
  private func checked(_ value: JSON, _ name: String) throws(ManifestError) -> JSON {
    let isSetting: Bool =
      switch value.content {
      case .null, .object: false
      case .array(let elements): elements.allSatisfy { $0.array == nil && $0.object == nil && !$0.isNull }
      default: true
      }
    guard isSetting else { throw outer.error(.wrongType(.setting(name), wanted: .setting, got: value.shown), at: value) }
    return value
  }

  /// What is given for a setting, where it may be text that stands for a value.
  private func read(_ value: JSON, like fallback: JSON) -> JSON {
    guard case .overrides = given, case .string(let text) = value.content else { return value }
    return SettingText.value(text, like: fallback) ?? value
  }

  /// The value of what is given for a setting, if it is of the default's type.
  private func typed(_ given: JSON, _ value: JSON, like fallback: JSON, _ name: String) throws(ManifestError) -> JSON {
    var value = value
    let matches: Bool
    let wanted: ManifestError.Wanted
    switch fallback.content {
    case .boolean: (matches, wanted) = (value.boolean != nil, .boolean)
    case .integer: (matches, wanted) = (value.integer != nil, .integer)
    case .number: (matches, wanted) = (value.number != nil, .number)
    case .string: (matches, wanted) = (value.string != nil, .text)
    default: (matches, wanted) = (value.array != nil, .anyList)
    }
    guard matches else {
      throw outer.error(.settingType(name, default: fallback.text(), wanted: wanted, got: given.shown), at: given)
    }
    if case .integer = fallback.content, let integer = value.integer { value.content = .integer(integer) }
    return try checked(value, name)
  }
}

/// Settings as a command line gives them.
enum SettingText {
  /// What `text` means for a setting like `fallback`; nil if it means nothing.
  static func value(_ text: String, like fallback: JSON) -> JSON? {
    switch fallback.content {
    case .string: return JSON(.string(text))
    case .array(let elements):
      if let json = try? JSONDocument(Array(text.utf8), file: ""), json.root.array != nil { return JSON(json.root.content) }
      // 16,32,64 is easier to type than "[16,32,64]".
      let like = elements.first ?? 0
      var values: [JSON] = []
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard let value = value(String(part), like: like) else { return nil }
        values.append(value)
      }
      return JSON(.array(values))
    default:
      guard let json = try? JSONDocument(Array(text.utf8), file: "") else { return nil }
      return JSON(json.root.content)
    }
  }
}
