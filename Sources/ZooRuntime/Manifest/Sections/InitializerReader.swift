import ZooFormats

/// Reads `initialize`: how a node's parameters start.
enum InitializerReader {
  private enum Numbers {
    case none
    /// One that must be given.
    case one
    /// Two that must be given.
    case two
    /// A gain, 1 if not given.
    case gain
  }

  private static let methods: [(name: String, numbers: Numbers)] = [
    ("zeros", .none), ("ones", .none), ("constant", .one), ("uniform", .two), ("normal", .two), ("xavier_uniform", .gain),
    ("xavier_normal", .gain), ("he_uniform", .gain), ("he_normal", .gain), ("orthogonal", .gain),
  ]

  static var names: [String] { methods.map(\.name) + ["values"] }

  /// `{"weight": {"normal": [0, 0.02]}, "bias": "zeros"}`, evaluated.
  static func read(_ json: JSON, of node: ManifestError.Owner, _ evaluate: Evaluator) throws(ManifestError) -> [String: InitializerChoice] {
    let owner = ManifestError.Owner.key("initialize", of: node)
    guard let object = json.object else { throw evaluate.error(.wrongType(owner, wanted: .object, got: json.shown), at: json) }
    var choices: [String: InitializerChoice] = [:]
    for member in object.members { choices[member.name] = try choice(member.value, .key(member.name, of: owner), evaluate) }
    return choices
  }

  private static func choice(_ json: JSON, _ owner: ManifestError.Owner, _ evaluate: Evaluator) throws(ManifestError) -> InitializerChoice {
    switch json.content {
    case .string(let name): return try method(name, [], json, owner, evaluate)
    case .object(let object):
      guard object.count == 1, let member = object.members.first else {
        throw evaluate.error(.wrongType(owner, wanted: .initializer, got: json.shown), at: json)
      }
      if member.name == "values" {
        let numbers = try NestedNumbers(member.value, of: .key("values", of: owner), evaluate)
        return .values(numbers.values.map(Float.init), shape: numbers.shape)
      }
      var numbers: [Double] = []
      for element in member.value.array ?? [member.value] {
        guard let number = element.number else {
          throw evaluate.error(
            .wrongType(.key(member.name, of: owner), wanted: .list(ofIntegers: false), got: member.value.shown), at: element)
        }
        numbers.append(number)
      }
      return try method(member.name, numbers, member.value, owner, evaluate)
    default: throw evaluate.error(.wrongType(owner, wanted: .initializer, got: json.shown), at: json)
    }
  }

  private static func method(
    _ name: String, _ numbers: [Double], _ json: JSON, _ owner: ManifestError.Owner, _ evaluate: Evaluator
  ) throws(ManifestError) -> InitializerChoice {
    guard let method = methods.first(where: { $0.name == name }) else {
      throw evaluate.error(.notAChoice(owner, got: name, choices: names), at: json)
    }
    func wrongCount(_ wanted: String) -> ManifestError {
      evaluate.error(.wrongCount(.key(name, of: owner), got: numbers.count, wanted: wanted), at: json)
    }
    switch (method.numbers, numbers.count) {
    case (.none, 0): return .method(name, 0, 0)
    case (.one, 1): return .method(name, numbers[0], 0)
    case (.two, 2): return .method(name, numbers[0], numbers[1])
    case (.gain, 0): return .method(name, 1, 0)
    case (.gain, 1): return .method(name, numbers[0], 0)
    case (.none, _): throw wrongCount("none")
    case (.one, _): throw wrongCount("one number")
    case (.two, _): throw wrongCount(name == "normal" ? "two numbers: mean and deviation" : "two numbers: the bounds")
    case (.gain, _): throw wrongCount("one number: the gain")
    }
  }
}
