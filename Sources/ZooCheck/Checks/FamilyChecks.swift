import CZoo
import ZooRuntime
import ZooTypes

let familyChecks: [Check] = [
  .family("one-symbol", "the library exports its entry function and nothing else") { context in
    let symbols = try ELFSymbols.exported(by: context.family.path)
    let entry = "zoo_family_v\(ZOO_ABI_MAJOR)"
    let others = symbols.filter { $0 != entry }
    guard others.isEmpty else {
      throw CheckFailure(
        "it also exports \(others.prefix(3).map { "'\($0)'" }.joined(separator: ", "))\(others.count > 3 ? " and \(others.count - 3) more" : "")"
          + "; hide them with -fvisibility=hidden or a version script")
    }
  },
  .kind("sound-declaration", "names, defaults, bounds and ports fit each other") { context in
    let kind = try context.subject()
    let isPlain = { (name: String) in
      !name.isEmpty && name.utf8.allSatisfy { $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    }
    let parts = kind.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy(isPlain) else {
      throw CheckFailure("its name '\(kind.name)' is not 'family.kind' of lower-case letters, digits and '_'")
    }
    guard !kind.summary.isEmpty else { throw CheckFailure("it has no summary") }
    try checkNames(kind.attributes.map(\.name), "attribute", isPlain)
    try checkNames(kind.inputs.map(\.name), "input", isPlain)
    try checkNames(kind.outputs.map(\.name), "output", isPlain)
    for attribute in kind.attributes { try checkFallback(attribute) }
    for (i, port) in kind.inputs.enumerated() {
      if port.isVariadic, i != kind.inputs.count - 1 { throw CheckFailure("its input '\(port.name)' is variadic, but not the last") }
      if i > 0, !port.isOptional, kind.inputs[i - 1].isOptional {
        throw CheckFailure("its input '\(port.name)' is required, but follows '\(kind.inputs[i - 1].name)', which is optional")
      }
    }
  },
  .kind("reachable", "attributes and inputs are found that its plan accepts") { context in
    do {
      let cases = try CaseFinder.cases(context.planner())
      guard !cases.isEmpty else { throw CheckFailure("nothing was found that its plan accepts; give cases by the extension 'zoo.check/1'") }
    } catch let error as UnreadableCase {
      throw CheckFailure(error.words)
    }
    // Every case that the family itself gives must be one.
    for example in try context.subject().declaredCases() {
      do {
        _ = try context.trial(example)
      } catch let error as LayerFailure where error.status == Int32(ZOO_NOT_ALLOWED) {
        throw CheckSkip(error.words)
      } catch let error as LayerFailure {
        throw CheckFailure("its own case is refused: \(error.said) (\(example.words))")
      }
    }
    guard try !context.subject().isDifferentiable || CaseFinder.cases(context.planner()).contains(where: \.trains) else {
      throw CheckFailure("nothing was found that it accepts in training; give cases by the extension 'zoo.check/1'")
    }
  },
  Check(
    id: "least-host", words: "a host without its optional functions is enough", subject: .kind, isBare: true,
    body: { context in
      try context.each { kind, example in
        do {
          for isTraining in example.modes {
            let trial = try context.trial(example, Trial.Manner(isTraining: isTraining))
            try trial.forward()
            if isTraining, kind.isDifferentiable { _ = try trial.backward(from: trial.outputGradients()) }
          }
        } catch let error as LayerFailure where error.phase == .plan && error.status == Int32(ZOO_NOT_ALLOWED) {
          throw CheckSkip(error.words)
        } catch let error as LayerFailure where error.phase == .plan && error.status == Int32(ZOO_UNSUPPORTED) && !error.words.isEmpty {
          throw CheckSkip("it wants more of a host, and says so: \(error.words)")
        }
      }
    }),
]

private func checkNames(_ names: [String], _ what: String, _ isPlain: (String) -> Bool) throws {
  for (i, name) in names.enumerated() {
    guard isPlain(name) else { throw CheckFailure("its \(what) '\(name)' is not of lower-case letters, digits and '_'") }
    if names[..<i].contains(name) { throw CheckFailure("it has two \(what)s '\(name)'") }
  }
}

private func checkFallback(_ attribute: AttributeInfo) throws {
  let numbers: [Double]
  switch attribute.fallback {
  case .integer(let value): numbers = [Double(value)]
  case .real(let value): numbers = [value]
  case .integers(let values): numbers = values.map(Double.init)
  case .reals(let values): numbers = values
  case .text(let text):
    guard attribute.choices.isEmpty || attribute.choices.contains(text) else {
      throw CheckFailure("the default '\(text)' of attribute '\(attribute.name)' is none of its choices")
    }
    numbers = []
  case .boolean, .absent: numbers = []
  }
  for number in numbers {
    guard number.isFinite, attribute.range?.contains(number) ?? true else {
      throw CheckFailure("the default \(number) of attribute '\(attribute.name)' is outside its bounds")
    }
  }
}
