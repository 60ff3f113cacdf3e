import CKernels
import ZooPlugin

/// The features that a coupling keeps: what its network sees.
///
///     first: y[i] = x[i]; second: y[i] = x[ceil(D / 2) + i]; even: y[i] = x[2 i]; odd: y[i] = x[2 i + 1]
///
/// - Shapes: `x` is `[N, ..., D]`, `y` is `[N, ..., ceil(D / 2)]` for first and even, `[N, ..., floor(D / 2)]` for second and odd.
/// - Reference: Dinh, Sohl-Dickstein & Bengio 2017, <https://arxiv.org/abs/1605.08803>.
struct Half: DifferentiableLayer {
  /// Which half: as `Kept`, but there is always one.
  enum Part: String, CaseIterable, AttributeValue { case first, second, even, odd }

  static var declaration: Declaration<Self> {
    Declaration(
      "flow.half", "The features that a coupling keeps: what its network sees.",
      formula: "first: y[i] = x[i]; second: y[i] = x[ceil(D / 2) + i]; even: y[i] = x[2 i]; odd: y[i] = x[2 i + 1]",
      reference: "Dinh, Sohl-Dickstein & Bengio 2017, arXiv:1605.08803",
      attributes: [Attribute("keep", \.keep, "Which they are: the first or second half, or those with even or odd numbers, from 0.")],
      inputs: [Port("x", "[N, ..., D]")], outputs: [Port("y", "[N, ..., d]")])
  }

  var keep = Part.first
  private var kept = zoo_features()
  private var others = zoo_features()
  private var positions = 0

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let x = try request.items()
    (kept, others) = (Kept(rawValue: keep.rawValue) ?? .first).features(of: x.width)
    guard kept.count > 0 else { throw .shape("x must have two features or more to keep '\(keep)' of them, but its shape is \(x.shape)") }
    positions = x.rows
    var plan = Plan(outputs: [Spec(x.shape.dropLast() + [Int(kept.count)])])
    plan.isRowIndependent = true
    plan.accumulates = true
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (x, y) = (call.inputs[0].floats, call.outputs[0].floats)
    try call.items(positions, features: Int(kept.count), grain: Grain.light) { part in
      withUnsafePointer(to: kept) { zoo_features_take($0, x, y, Int64(part.lowerBound), Int64(part.upperBound)) }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    guard let dx = call.inputGradients.optional(0)?.floats else { return }
    let (dy, adds) = (call.outputGradients.optional(0)?.floats, call.accumulatesInput(0))
    try call.items(positions, features: Int(kept.count), grain: Grain.light) { part in
      let (from, to) = (Int64(part.lowerBound), Int64(part.upperBound))
      withUnsafePointer(to: kept) { zoo_features_put($0, dy, dx, from, to, adds ? 1 : 0) }
      if !adds { withUnsafePointer(to: others) { zoo_features_put($0, nil, dx, from, to, 0) } }
    }
  }
}
