import CKernels
import ZooPlugin

/// The logarithm of the standard normal density: where a flow ends.
///
///     log_density[n] = -sum_i z[n, i]^2 / 2 - D log(2 pi) / 2 + sum of the log-determinants of item n
///
/// With the log-determinants of the layers that made z of x, it is the density of x by the change of variables.
///
/// - Shapes: `z` is `[N, ...]`, of D elements in each item; log_determinant and log_density are `[N]`, in nats.
/// - Reference: Dinh, Sohl-Dickstein & Bengio 2017, equation 3, <https://arxiv.org/abs/1605.08803>.
struct StandardNormal: DifferentiableLayer {
  static var declaration: Declaration<Self> {
    Declaration(
      "flow.standard_normal", "The logarithm of the standard normal density, in nats: where a flow ends.",
      formula: "log_density[n] = -sum_i z[n, i]^2 / 2 - D log(2 pi) / 2 + sum of the log-determinants of item n",
      reference: "Dinh, Sohl-Dickstein & Bengio 2017, equation 3, arXiv:1605.08803",
      inputs: [
        Port("z", "[N, ...]"), Port("log_determinant", "[N]", "Those of the layers before, which are added.", [.optional, .variadic]),
      ], outputs: [Port("log_density", "[N]")])
  }

  private var items = 0
  private var width = 1

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let z = try request.items("z")
    (items, width) = (z.shape[0], z.count / z.shape[0])
    for i in 1..<max(request.inputs.count, 1) where request.inputs[i] != nil {
      try request.expectOne(i, "log_determinant", for: items)
    }
    var plan = Plan(outputs: [Spec([items])])
    plan.neededInputs = [0]
    plan.isRowIndependent = true
    plan.accumulates = request.inputs.count <= 64  // the protocol has no more bits for it
    plan.flops = 2 * Double(z.count)
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let (z, density) = (call.inputs[0].floats, call.outputs[0].floats)
    try call.items(items, features: width, grain: Grain.light) { part in
      zoo_standard_normal(z, Int64(width), density, Int64(part.lowerBound), Int64(part.upperBound))
    }
    for i in 1..<max(call.inputs.count, 1) {
      if let sums = call.inputs.optional(i)?.floats { zoo_accumulate(1, sums, density, Int64(items)) }
    }
  }

  func backward(_ call: Call) throws(LayerError) {
    let dy = call.outputGradients.optional(0)
    for i in 1..<max(call.inputs.count, 1) { call.pass(dy, to: i) }
    guard let dz = call.inputGradients.optional(0)?.floats else { return }
    let adds = call.accumulatesInput(0)
    guard let dy = dy?.floats else {
      if !adds { dz.update(repeating: 0, count: items * width) }
      return
    }
    let z = call.inputs[0].floats
    try call.items(items, features: width, grain: Grain.light) { part in
      for n in part {
        let row = n * width
        if adds {
          zoo_accumulate(-dy[n], z + row, dz + row, Int64(width))
        } else {
          zoo_linear(-dy[n], 0, z + row, dz + row, Int64(width))
        }
      }
    }
  }
}
