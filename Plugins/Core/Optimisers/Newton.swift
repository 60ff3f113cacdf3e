import CKernels
import ZooPlugin

/// Newton's method: the step to the minimum of the second-order Taylor polynomial.
///
///     p = p - rate (H + damping I)^-1 g
///
/// It solves for the step by Cholesky's factorization in double precision, which takes n^3 / 3 operations and 8 n^2 bytes for n parameters.
/// The matrix must be positive definite, or the polynomial has no minimum; enough damping makes any matrix that, and turns the step
/// towards the gradient (Levenberg 1944).
///
/// The host supplies `hessian`, whose rows and columns are in the order of the parameter's elements. It is no state: nothing comes out.
///
/// - Shapes: parameter and gradient are alike, of n elements; `hessian` is `[n, n]`, of which the lower triangle is read.
/// - Reference: Nocedal & Wright 2006, "Numerical optimization", chapter 3.
struct Newton: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "core.newton", "Newton's method: the step to the minimum of the second-order Taylor polynomial.",
      formula: "p = p - rate (H + damping I)^-1 g", reference: "Nocedal & Wright 2006, Numerical optimization, chapter 3",
      attributes: [Attribute("damping", \.damping, in: 0...1e30, "Added to the diagonal, in units of the curvature.")],
      inputs: [
        Port("parameter", "[...]", "Of n elements.", .notDifferentiable), Port("gradient", "[...]", "", .notDifferentiable),
        Port("rate", "[]", "The share of the step that is taken.", .notDifferentiable),
        Port("step", "[]", "The number of this step, from 1; i64.", .notDifferentiable),
        Port("hessian", "[n, n]", "The second derivatives.", .notDifferentiable),
      ], outputs: [Port("parameter", "[...]", "", .notDifferentiable)], role: .update)
  }

  var damping = 0.0
  private var count = 0

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let (parameter, gradient) = (try request.float(0, "parameter"), try request.float(1, "gradient"))
    guard gradient.shape == parameter.shape else {
      throw .shape("gradient must have the shape of parameter, \(parameter.shape), but its shape is \(gradient.shape)")
    }
    _ = try request.float(2, "rate", rank: 0...0)
    guard request[3] == Spec([], .i64) else { throw .dtype("step must be an i64 scalar, but it is \(request[3])") }
    count = parameter.count
    let hessian = try request.float(4, "hessian", rank: 2...2)
    guard hessian.shape == [count, count] else {
      throw .shape("hessian must be [\(count), \(count)] for the \(count) elements of parameter, but its shape is \(hessian.shape)")
    }
    guard count <= 1 << 16 else {
      throw .shape("Newton's method solves for at most 65536 parameters at once, but there are \(count)")
    }
    var plan = Plan(outputs: [parameter])
    plan.aliases = [(output: 0, input: 0)]
    plan.forwardScratch = (count * count + count) * MemoryLayout<Double>.stride
    plan.flops = Double(count) * Double(count) * Double(count) / 3
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (n, parameter, gradient, new) = (Int64(count), call.inputs[0].floats, call.inputs[1].floats, call.outputs[0].floats)
    let (rate, hessian) = (Double(call.inputs[2].floats[0]), call.inputs[4].floats)
    let factor = call.scratch.assumingMemoryBound(to: Double.self)
    let direction = factor + count * count
    for i in 0..<count {
      for j in 0...i { factor[i * count + j] = Double(hessian[i * count + j]) + (i == j ? damping : 0) }
      direction[i] = Double(gradient[i])
    }
    // Of a row's own diagonal element, so that the units of the parameters do not matter: less is left by the rounding of f32 alone.
    let least = Double(count) * 0x1p-24
    for j in 0..<count {
      let diagonal = factor[j * count + j]
      let pivot = zoo_cholesky_pivot(factor, n, Int64(j))
      guard pivot > least * abs(diagonal) else {
        throw .data(
          "the Hessian is not positive definite: with a damping of \(damping), pivot \(j) of \(count) is \(pivot); more damping makes it so"
        )
      }
      try call.parallel(count - j - 1, grain: max(Grain.light / (j + 1), 1)) { part, _ in
        zoo_cholesky_column(factor, n, Int64(j), Int64(j + 1 + part.lowerBound), Int64(j + 1 + part.upperBound))
      }
    }
    zoo_cholesky_solve(factor, n, direction)
    for i in 0..<count { new[i] = Float(Double(parameter[i]) - rate * direction[i]) }
  }
}
