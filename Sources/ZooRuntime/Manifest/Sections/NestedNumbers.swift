import ZooFormats

/// A tensor written out in a manifest: numbers in lists in lists, each list of one level with as many elements as the next.
struct NestedNumbers {
  private(set) var values: [Double] = []
  private(set) var shape: [Int] = []

  /// Reads `json`; on failure says which of the two things is wrong.
  init(_ json: JSON, of owner: ManifestError.Owner, _ evaluate: Evaluator) throws(ManifestError) {
    var level = json
    while case .array(let elements) = level.content {
      shape.append(elements.count)
      guard let first = elements.first else { break }
      level = first
    }
    try append(json, 0, owner, evaluate)
  }

  private mutating func append(
    _ json: JSON, _ depth: Int, _ owner: ManifestError.Owner, _ evaluate: Evaluator
  ) throws(ManifestError) {
    if depth == shape.count {
      guard json.array == nil else { throw evaluate.error(.raggedValues(owner), at: json) }
      guard let number = json.number else { throw evaluate.error(.wrongType(owner, wanted: .nestedNumbers, got: json.shown), at: json) }
      values.append(number)
    } else {
      guard let elements = json.array else {
        throw evaluate.error(
          json.number == nil ? .wrongType(owner, wanted: .nestedNumbers, got: json.shown) : .raggedValues(owner), at: json)
      }
      guard elements.count == shape[depth] else { throw evaluate.error(.raggedValues(owner), at: json) }
      for element in elements { try append(element, depth + 1, owner, evaluate) }
    }
  }
}
