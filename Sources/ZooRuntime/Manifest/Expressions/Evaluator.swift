import ZooFormats

/// Replaces `${...}` in the values of a manifest.
struct Evaluator {
  let document: JSONDocument
  /// What names stand for; nil: values are taken as they are, because they are evaluated already or never will be.
  let scope: Scope?
  let budget: Budget

  /// The same with further names in front.
  func with(_ values: [String: JSON], expected: [String] = []) -> Evaluator {
    Evaluator(document: document, scope: Scope(values, expected: expected, in: scope), budget: budget)
  }

  /// For values that are evaluated already.
  var done: Evaluator { Evaluator(document: document, scope: nil, budget: budget) }

  /// A problem at the place of `json`.
  func error(_ problem: ManifestError.Problem, at json: JSON) -> ManifestError { ManifestError(problem, at: document.place(of: json)) }

  /// `json` with every expression in it replaced by its value; each keeps its place.
  func callAsFunction(_ json: JSON) throws(ManifestError) -> JSON {
    guard scope != nil else { return json }
    try charge(1, json)
    switch json.content {
    case .string(let text):
      guard Template.isNeeded(for: text) else { return json }
      return JSON(try value(of: text, json), at: json.position)
    case .array(let elements):
      guard elements.contains(where: needsEvaluation) else {
        try charge(elements.count, json)
        return json
      }
      var values: [JSON] = []
      for element in elements { values.append(try self(element)) }
      return JSON(.array(values), at: json.position)
    case .object(var object):
      for member in object.members { object[member.name] = try self(member.value) }
      return JSON(.object(object), at: json.position)
    default: return json
    }
  }

  // Long lists of numbers are common, and are passed on as they are. They must not contain lists, which would not be counted.
  private func needsEvaluation(_ json: JSON) -> Bool {
    switch json.content {
    case .string(let text): Template.isNeeded(for: text)
    case .array, .object: true
    default: false
    }
  }

  private func value(of text: String, _ json: JSON) throws(ManifestError) -> JSON.Content {
    let template: Template
    do throws(Template.Failure) {
      template = try Template(text)
    } catch {
      throw self.error(.expression(error.source, error.problem), at: json)
    }
    if template.parts.count == 1, case .expression(let expression, let source) = template.parts[0] {
      return try value(of: expression, source, json)
    }
    var result = ""
    for part in template.parts {
      switch part {
      case .text(let text): result += text
      case .expression(let expression, let source):
        switch try value(of: expression, source, json) {
        case .string(let text): result += text
        case .array: throw error(.expression(shown(source), .listInText), at: json)
        case let scalar: result += JSON(scalar).text()
        }
      }
      try charge(result.utf8.count, json)
    }
    return .string(result)
  }

  private func value(of expression: Expression, _ source: String, _ json: JSON) throws(ManifestError) -> JSON.Content {
    do throws(ExpressionFailure) {
      return try expression.value { (name) throws(ExpressionFailure) in
        guard let value = scope?[name] else { throw ExpressionFailure(.unknownName(name, known: scope?.names ?? [])) }
        return value.content
      }
    } catch {
      throw self.error(.expression(shown(source), error.problem), at: json)
    }
  }

  private func shown(_ source: String) -> String { Template.excerpt(Array("${\(source)}".utf8)[...]) }

  private func charge(_ count: Int, _ json: JSON) throws(ManifestError) {
    if let problem = budget.addValues(count) { throw error(problem, at: json) }
  }
}
