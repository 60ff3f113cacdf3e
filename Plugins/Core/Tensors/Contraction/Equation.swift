import ZooPlugin

/// The equation of an einsum, such as `bij,bjk->bik`.
struct Equation {
  /// One axis of a term, or all those that an ellipsis stands for.
  enum Index: Hashable {
    case letter(Character)
    case ellipsis
  }

  let text: String
  let inputs: [[Index]]
  let output: [Index]

  /// Reads an equation.
  ///
  /// Spaces mean nothing.
  init(_ text: String) throws(LayerError) {
    self.text = text
    let sides = text.filter { $0 != " " }.split(separator: "-", omittingEmptySubsequences: false)
    guard sides.count == 2, sides[1].first == ">" else {
      throw .attribute("equation '\(text)' must have inputs, '->' and an output, such as 'ij,jk->ik'")
    }
    var inputs: [[Index]] = []
    for term in sides[0].split(separator: ",", omittingEmptySubsequences: false) { inputs.append(try Equation.indices(term, text)) }
    self.inputs = inputs
    output = try Equation.indices(sides[1].dropFirst(), text)
    for (i, index) in output.enumerated() {
      if output[..<i].contains(index) { throw .attribute("the output of equation '\(text)' has \(index.name) twice") }
      guard inputs.contains(where: { $0.contains(index) }) else {
        throw .attribute("the output of equation '\(text)' has \(index.name), which no input has")
      }
    }
    if inputs.contains(where: { $0.contains(.ellipsis) }), !output.contains(.ellipsis) {
      throw .attribute("the output of equation '\(text)' lacks the '...' that an input has")
    }
  }

  private static func indices(_ term: Substring, _ text: String) throws(LayerError) -> [Index] {
    var (rest, indices) = (term, [Index]())
    while let character = rest.first {
      if rest.hasPrefix("...") {
        guard !indices.contains(.ellipsis) else { throw .attribute("equation '\(text)' has '...' twice in one term") }
        indices.append(.ellipsis)
        rest.removeFirst(3)
      } else if character.isASCII, character.isLetter {
        indices.append(.letter(character))
        rest.removeFirst()
      } else {
        throw .attribute("equation '\(text)' has a '\(character)' where a letter is expected")
      }
    }
    return indices
  }

  /// Labels of every axis of inputs of these shapes and of the output, and the output's shape.
  ///
  /// Letters are labelled by their code; the axes of an ellipsis, from the last on, by numbers below 0.
  func labels(_ shapes: [[Int]]) throws(LayerError) -> (inputs: [[Int]], output: [Int], shape: [Int]) {
    guard shapes.count == inputs.count else {
      throw .shape("equation '\(text)' has \(inputs.count) inputs, but \(shapes.count) are connected: \(shapes)")
    }
    var lengths: [Int: (length: Int, input: Int)] = [:]
    var spread = 0
    var labels: [[Int]] = []
    for (i, shape) in shapes.enumerated() {
      let hasEllipsis = inputs[i].contains(.ellipsis)
      let more = shape.count - inputs[i].count + (hasEllipsis ? 1 : 0)
      guard more >= 0, hasEllipsis || more == 0 else {
        throw .shape("equation '\(text)' does not fit input \(i), whose shape is \(shape)")
      }
      if hasEllipsis { spread = max(spread, more) }
      labels.append(Equation.labels(inputs[i], ellipsis: more))
      for (label, length) in zip(labels[i], shape) {
        guard let known = lengths[label], !(label < 0 && known.length == 1) else {
          lengths[label] = (length, i)
          continue
        }
        // The axes of an ellipsis broadcast.
        guard known.length == length || label < 0 && length == 1 else {
          let name = Unicode.Scalar(UInt8(clamping: max(label, 0))).description
          throw .shape(
            "\(label < 0 ? "'...'" : name) of equation '\(text)' has length \(known.length) in input \(known.input), whose shape is "
              + "\(shapes[known.input]), but \(length) in input \(i), whose shape is \(shape)")
        }
      }
    }
    let output = Equation.labels(output, ellipsis: spread)
    return (labels, output, output.map { lengths[$0]?.length ?? 1 })
  }

  private static func labels(_ indices: [Index], ellipsis: Int) -> [Int] {
    indices.flatMap { index in
      switch index {
      case .letter(let letter): [Int(letter.asciiValue ?? 0)]
      case .ellipsis: Array(-ellipsis..<0)
      }
    }
  }
}

extension Equation.Index {
  /// As in a message.
  fileprivate var name: String {
    switch self {
    case .letter(let letter): "'\(letter)'"
    case .ellipsis: "'...'"
    }
  }
}
