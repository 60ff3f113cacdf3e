import Glibc
import ZooPlugin

/// Times as waves of many lengths, from which a network can read them.
///
///     y[n, i] = sin(time[n] w_i), y[n, h + i] = cos(time[n] w_i), w_i = period^(-i / (h - 1)), h = width / 2
///
/// - Shapes: `time` is `[N]`, or one number; `y` is `[N, width]`, or `[1, width]`. With an odd width, the last channel is 0.
/// - Reference: Ho et al. 2020, <https://arxiv.org/abs/2006.11239>, after Vaswani et al. 2017, <https://arxiv.org/abs/1706.03762>.
struct TimeEmbedding: Layer {
  static var declaration: Declaration<Self> {
    Declaration(
      "ddpm.time_embedding", "Times as waves of many lengths, from which a network can read them.",
      formula: "y[n, i] = sin(time[n] w_i), y[n, h + i] = cos(time[n] w_i), w_i = period^(-i / (h - 1)), h = width / 2",
      reference: "Ho et al. 2020, arXiv:2006.11239",
      attributes: [
        Attribute("width", \.width, .required, in: 4...1e6, "The channels of y."),
        Attribute("period", \.period, in: 1...1e12, "How much longer the longest wave is than the shortest."),
      ],
      inputs: [Port("time", "[N] or []", "Whole numbers.", .notDifferentiable)], outputs: [Port("y", "[N, width]")])
  }

  var width = 4
  var period = 10_000.0
  private var turns: [Double] = []
  private var rows = 1
  private var isWide = true

  init() {}

  mutating func plan(_ request: PlanRequest) throws(LayerError) -> Plan {
    let time = try request.indices(0, "time")
    guard time.rank <= 1 else { throw .rank(of: "time", expected: "0 or 1", got: time) }
    (rows, isWide) = (time.shape.first ?? 1, time.dtype == .i64)
    let half = width / 2
    turns = (0..<half).map { pow(period, -Double($0) / Double(half - 1)) }
    var plan = Plan(outputs: [Spec([rows, width])])
    plan.isRowIndependent = time.rank == 1
    return plan
  }

  func forward(_ call: Call) throws(LayerError) {
    let y = call.outputs[0].floats
    for n in 0..<rows {
      let time = isWide ? Double(call.inputs[0].pointer(to: Int64.self)[n]) : Double(call.inputs[0].pointer(to: Int32.self)[n])
      let row = y + n * width
      if !width.isMultiple(of: 2) { row[width - 1] = 0 }
      for (i, turn) in turns.enumerated() {
        row[i] = Float(sin(time * turn))
        row[turns.count + i] = Float(cos(time * turn))
      }
    }
  }
}
