import ZooRuntime
import ZooTypes

/// Finds layers and inputs that a kind accepts, from what it declares: candidates are put before its plan until it says yes.
struct CaseFinder {
  let planner: Planner
  private var kind: KindInfo { planner.kind }

  /// The family's own cases first, then one for each attribute that can be varied.
  static func cases(_ planner: Planner) throws -> [CheckedCase] {
    let finder = CaseFinder(planner: planner)
    return try (planner.kind.declaredCases() + finder.found()).prefix(16).map { example in
      var example = example
      example.trains = planner.accepts(example, isTraining: true)
      return example
    }
  }

  /// One case with the defaults, and one for each change of one attribute, or of which optional inputs are there.
  private func found() -> [CheckedCase] {
    guard let first = firstCase() else { return [] }
    var cases = [first]
    for (index, attribute) in kind.attributes.enumerated() {
      for value in changes(of: attribute, from: first.attributes[index]) {
        var attributes = first.attributes
        attributes[index] = value
        if let next = accepted(attributes, preferring: first.inputs) { cases.append(next) }
      }
    }
    if kind.inputs.contains(where: \.isOptional), let without = accepted(first.attributes, preferring: nil, optional: false) {
      cases.append(without)
    }
    return cases
  }

  private func firstCase() -> CheckedCase? {
    let candidates = kind.attributes.map { $0.isRequired ? requiredValues($0) : [$0.fallback] }
    for attributes in products(candidates, limit: 64) {
      if let found = accepted(attributes, preferring: nil) { return found }
    }
    return nil
  }

  private func requiredValues(_ attribute: AttributeInfo) -> [AttributeLiteral] {
    let isInRange = { (number: Double) in attribute.range?.contains(number) ?? true }
    switch attribute.type {
    case .boolean: return [.boolean(true), .boolean(false)]
    case .integer: return [2, 3, 4, 1, 8, 0].filter { isInRange(Double($0)) }.map { .integer($0) }
    case .real: return [0.5, 1, 2, 0].filter(isInRange).map { .real($0) }
    case .text: return (attribute.choices.isEmpty ? ["a"] : attribute.choices).map { .text($0) }
    case .integers:
      let lists = [[2], [1], [2, 2], [3, 4], [1, 1, 1, 1], [0]].filter { $0.allSatisfy { isInRange(Double($0)) } }
      return lists.map { .integers($0) } + attribute.choices.map { .text($0) }
    case .reals: return [[0.5], [1], [2]].filter { $0.allSatisfy(isInRange) }.map { .reals($0) } + attribute.choices.map { .text($0) }
    }
  }

  private func changes(of attribute: AttributeInfo, from value: AttributeLiteral) -> [AttributeLiteral] {
    let isInRange = { (number: Double) in attribute.range?.contains(number) ?? true }
    var others: [AttributeLiteral]
    switch value {
    case .boolean(let flag): others = [.boolean(!flag)]
    case .text: others = attribute.choices.map { .text($0) } + (attribute.type == .integers ? [.integers([1])] : [])
    case .integer(let number): others = [number + 1, number - 1].filter { isInRange(Double($0)) }.prefix(1).map { .integer($0) }
    case .real(let number): others = [number / 2 + 0.25, number + 1].filter(isInRange).prefix(1).map { .real($0) }
    case .integers: others = [[2], [3], [1, 2], [0]].filter { $0.allSatisfy { isInRange(Double($0)) } }.map { .integers($0) }
    case .reals: others = [[0.5], [2]].filter { $0.allSatisfy(isInRange) }.map { .reals($0) }
    case .absent: others = requiredValues(attribute)
    }
    others.removeAll { $0 == value }
    return Array(others.prefix(3))
  }

  /// The first inputs that the plan accepts with these attributes.
  private func accepted(_ attributes: [AttributeLiteral], preferring inputs: [InputForm?]?, optional: Bool = true) -> CheckedCase? {
    if let inputs, plans(attributes, inputs) { return makeCase(attributes, inputs) }
    let known = Dictionary(
      zip(kind.attributes, attributes).compactMap { attribute, value in
        if case .integer(let number) = value { (attribute.name, number) } else { nil }
      }, uniquingKeysWith: { first, _ in first })
    if kind.isUpdate {
      let forms = update.map { InputForm?($0) }
      return plans(attributes, forms) ? makeCase(attributes, forms) : nil
    }
    var ports = kind.inputs.filter { optional || !$0.isOptional }
    if let last = ports.last, last.isVariadic { ports.append(last) }
    let candidates = ports.map { port in
      let shapes = ShapeHint(port.shape).shapes(known: known)
      // Indices are i64 wherever they are not numbers that are computed with.
      let types: [DType] = port.isDifferentiable ? [.f32, .i64] : [.i64, .f32]
      return types.flatMap { type in shapes.map { InputForm?(InputForm(spec: Spec($0, type))) } }
    }
    for forms in products(candidates, limit: 2000) where plans(attributes, forms) { return makeCase(attributes, forms) }
    return nil
  }

  /// An update's inputs: the parameter, its gradient, the rate, the step, which counts from 1, and the states, such as a mean of squares.
  private var update: [InputForm] {
    let rate = InputForm(spec: Spec([]), range: 0.1...0.2)
    let step = InputForm(spec: Spec([], .i64), range: 1...5)
    let states = max(0, kind.inputs.count - 4)
    return [InputForm(spec: Spec([2, 3])), InputForm(spec: Spec([2, 3])), rate, step]
      + Array(repeating: InputForm(spec: Spec([2, 3]), range: 0.1...1), count: states)
  }

  private func plans(_ attributes: [AttributeLiteral], _ inputs: [InputForm?]) -> Bool {
    planner.accepts(CheckedCase(attributes: attributes, inputs: inputs, words: ""))
  }

  private func makeCase(_ attributes: [AttributeLiteral], _ inputs: [InputForm?]) -> CheckedCase {
    let set = zip(kind.attributes, attributes).filter { $0.fallback != $1 }.map { "\($0.name) \($1.words)" }
    let shapes = inputs.map { $0.map { "\($0.spec)" } ?? "-" }
    return CheckedCase(attributes: attributes, inputs: inputs, words: (set + shapes).joined(separator: ", "))
  }

  /// Every combination with one of each, up to a limit; such that differ in the first few of each come first.
  private func products<Value>(_ lists: [[Value]], limit: Int) -> [[Value]] {
    guard lists.allSatisfy({ !$0.isEmpty }) else { return [] }
    var results: [[Value]] = []
    var indices = lists.map { _ in 0 }
    let most = lists.map(\.count).reduce(0, +)
    // In the order of the sum of the indices: the likeliest of each before the unlikely of one.
    for total in 0...most {
      func descend(_ axis: Int, _ rest: Int) {
        if results.count >= limit { return }
        if axis == lists.count {
          if rest == 0 { results.append(zip(lists, indices).map { $0[$1] }) }
          return
        }
        for index in 0...min(rest, lists[axis].count - 1) {
          indices[axis] = index
          descend(axis + 1, rest - index)
        }
        indices[axis] = 0
      }
      descend(0, total)
    }
    return results
  }
}

extension AttributeLiteral {
  /// As a manifest has it.
  var words: String {
    switch self {
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .text(let value): "'\(value)'"
    case .integers(let values): "\(values)"
    case .reals(let values): "\(values)"
    case .absent: "absent"
    }
  }
}
