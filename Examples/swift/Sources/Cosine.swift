import ZooPlugin

/// A dense layer of directions alone: how much each row points where each of the weight's rows does.
///
///     y[r, u] = scale * <x[r], weight[u]> / (|x[r]| |weight[u]|), and 0 where either has no length
///
/// - Shapes: `x` is `[..., C]`, `weight` `[units, C]`, `y` `[..., units]`.
struct Cosine: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "angles.cosine", "A dense layer that looks at directions and not at lengths.",
      formula: "y = scale <x, w> / (|x| |w|) for each row w of the weight",
      reference: "Luo et al. 2018, Cosine normalization, arXiv:1702.05870",
      attributes: [
        Attribute("units", \.units, .required, in: 1...1_048_576, "How many directions x is compared with."),
        Attribute("scale", \.scale, "What the cosines are multiplied by."),
      ],
      inputs: [Port("x", "[..., C]")], outputs: [Port("y", "[..., units]")])
  }

  var units = 1
  var scale: Float = 1
  var rows = 0
  var width = 0

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.rows("x")
    guard x.rank > 0 else { throw .rank(of: "x", expected: "1 to 8", got: x) }
    (rows, width) = (x.rows, x.width)
    let output = Spec(x.shape.dropLast() + [units])
    let (elements, overflows) = max(rows, width).multipliedReportingOverflow(by: units)
    guard !overflows, elements < Int.max / 16 else { throw .shape("x is too large for \(units) units: its shape is \(x.shape)") }

    var plan = Plan(outputs: [output], parameters: [Parameter("weight", [units, width], .lecunUniform(fanIn: width))])
    plan.neededInputs = [0]
    // The directions of the weight's rows, and, in backward, how far the loss wants each of them to turn.
    plan.forwardScratch = units * MemoryLayout<Double>.stride
    plan.backwardScratch = (units + 1) * (width + 1) * MemoryLayout<Double>.stride
    plan.isRowIndependent = x.rank > 1
    plan.flops = 2 * Double(rows) * Double(width) * Double(units)
    return plan
  }

  /// 1 / |weight[u]|, or 0 for a row without a length.
  private func inverseLengths(_ weight: UnsafePointer<Float>, into inverse: UnsafeMutablePointer<Double>) {
    for u in 0..<units {
      let length = norm(weight + u * width, width)
      inverse[u] = length == 0 ? 0 : 1 / length
    }
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, weight, y) = (call.inputs[0].floats, call.parameters[0].floats, call.outputs[0].floats)
    let inverse = call.scratch.assumingMemoryBound(to: Double.self)
    inverseLengths(weight, into: inverse)
    try call.parallel(rows, grain: grain(width * units)) { part, _ in
      for row in part {
        let x = x + row * width
        let length = norm(x, width)
        for u in 0..<units {
          let cosine = length == 0 ? 0 : dot(x, weight + u * width, width) * inverse[u] / length
          y[row * units + u] = Float(Double(scale) * cosine)
        }
      }
    }
  }

  /// With unit vectors a = x / |x| and b = w / |w|: dx = scale dy (b - <a, b> a) / |x|, and dw likewise.
  ///
  /// On one thread, so that sums over rows keep their order.
  func backward(_ call: Call) throws(LayerError) {
    guard let dy = call.outputGradients.optional(0)?.floats else { return call.clearGradients() }
    let (x, weight) = (call.inputs[0].floats, call.parameters[0].floats)
    let (dx, dweight) = (call.inputGradients.optional(0)?.floats, call.parameterGradients.optional(0)?.floats)
    let inverse = call.scratch.assumingMemoryBound(to: Double.self)
    let turn = inverse + units  // [units, width]: the sum of scale dy (a - <a, b> b)
    let pull = turn + units * width  // [width]: the same for one row of x
    inverseLengths(weight, into: inverse)
    turn.update(repeating: 0, count: units * width)
    for row in 0..<rows {
      let x = x + row * width
      let length = norm(x, width)
      let inverseLength = length == 0 ? 0 : 1 / length
      pull.update(repeating: 0, count: width)
      for u in 0..<units {
        let w = weight + u * width
        let cosine = dot(x, w, width) * inverse[u] * inverseLength
        let slope = Double(scale) * Double(dy[row * units + u])
        for i in 0..<width {
          let (a, b) = (Double(x[i]) * inverseLength, Double(w[i]) * inverse[u])
          pull[i] += slope * (b - cosine * a)
          turn[u * width + i] += slope * (a - cosine * b)
        }
      }
      if let dx { for i in 0..<width { dx[row * width + i] = Float(pull[i] * inverseLength) } }
    }
    if let dweight { for u in 0..<units { for i in 0..<width { dweight[u * width + i] = Float(turn[u * width + i] * inverse[u]) } } }
  }
}
